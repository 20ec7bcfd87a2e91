// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/eval/eval_config.hpp>
#include <lvr/run/job.hpp>

namespace lvr::eval {

/// Compares the metrics with a file of computed cases and prints, for each, id, expected, got and the
/// verdict, and at the end "N passed, N failed"; with --format jsonl {"id", "got"} a line.
/// @return 0, or 1 if a case failed @throws Error (input) if the file is no such list
int check_metric_cases(const run::Job& job, const EvalConfig& config);

}  // namespace lvr::eval
