// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <lvr/tasks/score.hpp>

namespace lvr::tasks {

/// The sum over strata of the mean of their units' values. @throws core::Error (internal) if there are no
/// units
double sum_of_means(std::span<const ScoreUnit> units);

/// The standard error of sum_of_means() over questions that might have been asked (Miller, "Adding Error Bars
/// to Evals", arXiv 2411.00640, section 2), with units of one cluster as one draw, also where it reaches over
/// strata: sqrt(sum over clusters of (sum over their units of c_s (value - mean_s) / n_s)^2), with n_s units
/// and c_s^2 = G_s / (G_s - 1) for the G_s clusters of stratum s. In one stratum that is the cluster-robust
/// error of a regression on a constant (CR1), and where every unit is a cluster of its own, the usual s /
/// sqrt(n).
/// @return NaN if a stratum has but one cluster
double standard_error(std::span<const ScoreUnit> units);

/// Two models on the same questions.
struct Comparison {
    double difference = 0;      ///< the first's score less the second's, in their unit
    double standard_error = 0;  ///< of the difference, from the units' differences
    double confidence = 0;      ///< of the interval
    double low = 0, high = 0;
    double p_value = 1;  ///< two-sided, of no difference
    std::int64_t units = 0, clusters = 0;
    std::int64_t differing = 0;  ///< units whose values differ
};

/// The paired comparison; where all differences are the same number above or below 0, or there is one
/// cluster, interval and p-value are NaN. Student's t with (clusters - strata) degrees of freedom.
/// @param confidence in (0, 1)
/// @throws core::Error (input) naming units that only one of them has, or that differ in stratum or cluster
Comparison compare(const Score& first, const Score& second, double confidence = 0.95);

/// Sets `reported` and `standard_error` from the units.
/// @throws core::Error (input) if there are none: no question counted
void settle(Score& score);

}  // namespace lvr::tasks
