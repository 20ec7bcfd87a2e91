// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/eval/eval_config.hpp>
#include <lvr/run/job.hpp>

namespace lvr::eval {

/// Prints, for each benchmark that both models answered, how far the first is above the second, question by
/// question: the difference, its standard error clustered by picture, a 95 % interval and the p-value of no
/// difference.
/// @throws Error (input) if they have no benchmark in common, or answered different questions
int compare(const run::Job& job, const EvalConfig& config);

}  // namespace lvr::eval
