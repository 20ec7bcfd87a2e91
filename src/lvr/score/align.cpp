// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align.hpp>

#include <lvr/core/error.hpp>

namespace lvr::score {

int align(run::Job&, const AlignConfig&) { throw core::usage_error("not there yet"); }

}  // namespace lvr::score
