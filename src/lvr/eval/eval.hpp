// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/eval/eval_config.hpp>
#include <lvr/run/job.hpp>

namespace lvr::eval {

/// What lvr-eval does. @return the exit status: that of the first model that failed, 7 if a score was refused
/// for pictures that could not be read, else 0
int eval(run::Job& job, const EvalConfig& config);

}  // namespace lvr::eval
