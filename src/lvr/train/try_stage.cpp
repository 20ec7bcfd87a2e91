// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <lvr/train/stage.hpp>

namespace lvr::train {

std::string try_stage(const Stage& stage) { return fmt::format("{}\n", stage.name()); }

}  // namespace lvr::train
