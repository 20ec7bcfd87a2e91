// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/eval/eval_config.hpp>
#include <lvr/run/job.hpp>

namespace lvr::eval {

/// Prints the ids of a benchmark's pictures, one a line, as lvr-extract names them where --images is the
/// benchmark's folder. With --longest N those of the N questions that the reference asks first: it sorts by
/// the tokens of the bare context, most first, then by the context's text; questions on which it fails leave
/// no features and do not count.
int list_ids(const run::Job& job, const EvalConfig& config);

}  // namespace lvr::eval
