// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/run/job.hpp>
#include <lvr/score/correspond_config.hpp>

namespace lvr::score {

/// `lvr-score correspond`: the C score of representations. @return an exit status (lvr/run/exit_codes.hpp)
int correspond(run::Job& job, const CorrespondConfig& config);

}  // namespace lvr::score
