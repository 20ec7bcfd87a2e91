// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/correspond.hpp>

#include <lvr/core/error.hpp>

namespace lvr::score {

int correspond(run::Job&, const CorrespondConfig&) { throw core::usage_error("not there yet"); }

}  // namespace lvr::score
