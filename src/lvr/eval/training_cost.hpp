// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace lvr::eval {

/// GPU hours that lvr-train spent on a model, both stages, as their folders say; NaN if they do not, or it
/// was trained on CPUs.
double training_gpu_hours(const std::filesystem::path& folder);

}  // namespace lvr::eval
