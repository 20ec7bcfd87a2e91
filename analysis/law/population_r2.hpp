// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <analysis/law/law_fit.hpp>

namespace lvr::analysis {

/// Central interval at `level` of the population R2 = lambda / (lambda + n), by inverting the distribution of
/// F = (R2 / rank) / ((1 - R2) / freedom): noncentral F with lambda = sum of squares of the true law's
/// centred values over sigma^2. An end is 0 where even lambda = 0 gives so large a probability.
/// It holds for the columns as given (not as a sample of representations) and normal errors.
/// @param rank, freedom at least 1; n = rank + freedom + 1
Interval population_r2_interval(double r2, int rank, int freedom, double level);

}  // namespace lvr::analysis
