// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <vector>

namespace lvr::analysis {

/// Singular values at or below this times the largest count as zero. The smallest true relative singular
/// value over all subsets of the paper's tables is 1.5e-7 (v1) and 3.3e-9 (v3), rounding noise 3e-16: a
/// cutoff at eps keeps noise.
inline constexpr double k_relative_cutoff = 1e-10;

/// y ~ intercept + columns * weights.
struct Coefficients {
    double intercept = 0;
    Eigen::VectorXd weights;  ///< [p]

    double predict(const Eigen::Ref<const Eigen::RowVectorXd>& columns) const {
        return intercept + columns.dot(weights);
    }
};

/// What one centred singular value decomposition of the columns gives.
/// Centred: column means and the mean of y are taken off first, and the minimum norm is that of the weights
/// alone.
class CentredFit {
  public:
    /// @param columns [n, p], n >= 1 @param y [n], finite @param ridge penalty on the squared norm of the
    /// weights
    CentredFit(const Eigen::MatrixXd& columns, const Eigen::VectorXd& y, double ridge = 0);

    const Coefficients& coefficients() const { return coefficients_; }
    int rank() const { return static_cast<int>(left_.cols()); }
    /// More unknowns than the rows determine: the answer is the one of minimum norm.
    bool underdetermined() const { return rank() < right_.rows(); }
    Eigen::VectorXd fitted() const;     ///< [n]
    Eigen::VectorXd leverages() const;  ///< [n], diagonal of the hat matrix, the mean's 1/n included
    const Eigen::MatrixXd& left() const {
        return left_;
    }  ///< [n, rank], orthonormal: projects centred y (no ridge)

    /// Diagonal of the coefficients' covariance over sigma^2: [1 + p], the intercept first.
    /// Not defined when underdetermined.
    Eigen::VectorXd covariance_diagonal() const;

  private:
    Eigen::MatrixXd columns_;
    Eigen::RowVectorXd means_;
    Eigen::MatrixXd left_, right_;     // [n, rank], [p, rank]
    Eigen::VectorXd singular_values_;  // [rank]
    Coefficients coefficients_;
    double ridge_ = 0;
};

/// The same answer as CentredFit's coefficients, for many small problems: a pivoted QR decomposition where
/// its pivots leave no doubt about the rank, the singular value decomposition where they do.
class SubsetSolver {
  public:
    /// @param columns [N, p] of all rows @param y [N]
    SubsetSolver(Eigen::MatrixXd columns, Eigen::VectorXd y);

    /// Fits on `rows` (size >= 1, indices below N). The result is valid until the next call.
    const Coefficients& fit(const std::vector<int>& rows);

    /// @return [N] predictions of all rows by the last fit
    const Eigen::VectorXd& predict_all();

    int rank() const { return rank_; }  ///< of the centred columns in the last fit
    const Eigen::VectorXd& y() const { return y_; }
    Eigen::Index rows() const { return columns_.rows(); }

  private:
    bool fit_small(const std::vector<int>& rows);

    Eigen::MatrixXd columns_;
    Eigen::VectorXd y_;
    Coefficients coefficients_;
    int rank_ = 0;
    Eigen::VectorXd predictions_;
};

}  // namespace lvr::analysis
