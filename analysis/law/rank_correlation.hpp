// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace lvr::analysis {

// Correlations of two rankings of the same n things; NaN where undefined (n < 2, or one side all equal).

/// Kendall's tau-b (ties corrected), as scipy.stats.kendalltau.
double kendall_tau(const Eigen::VectorXd& x, const Eigen::VectorXd& y);

/// Vigna's weighted tau with additive hyperbolic weights, averaged over ranking by x and by y, as
/// scipy.stats.weightedtau (Vigna, "A weighted correlation index for rankings with ties", WWW 2015).
double weighted_tau(const Eigen::VectorXd& x, const Eigen::VectorXd& y);

/// Spearman's rho: Pearson correlation of mid-ranks, as scipy.stats.spearmanr.
double spearman_rho(const Eigen::VectorXd& x, const Eigen::VectorXd& y);

}  // namespace lvr::analysis
