// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <analysis/law/law_fit.hpp>
#include <analysis/law/least_squares.hpp>

namespace lvr::analysis {

/// Fills the permutation p-value and the bootstrap intervals of `law`.
/// Permutation: (1 + draws with R2 >= observed) / (1 + draws), y permuted over rows.
/// Bootstrap: rows drawn with replacement; percentile intervals over the draws that reach the full sample's
/// rank; that of R2 over those of them with more distinct rows than the fit has coefficients and a constant.
void resample(const Problem& problem, const Eigen::MatrixXd& columns, const CentredFit& fit,
              const FitChoice& choice, LawFit& law);

/// So many of the draws asked for that a table of thousands of rows stays a matter of seconds: at most four
/// million visits of a row, but 200 draws in any case. Every kind of draw has this limit, and each figure
/// reports how many there were.
std::int64_t affordable_draws(std::int64_t draws, Eigen::Index rows);

/// The central interval of the draws at `level` (linear interpolation between order statistics, as
/// numpy.quantile).
Interval central_interval(std::vector<double> draws, double level);

}  // namespace lvr::analysis
