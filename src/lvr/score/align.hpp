// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/run/job.hpp>
#include <lvr/score/align_config.hpp>

namespace lvr::score {

/// `lvr-score align`: the A score of representations. @return an exit status (lvr/run/exit_codes.hpp)
int align(run::Job& job, const AlignConfig& config);

}  // namespace lvr::score
