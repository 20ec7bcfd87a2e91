// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/least_squares.hpp>

#include <Eigen/QR>
#include <Eigen/SVD>

#include <algorithm>
#include <cmath>

#include <analysis/law/normalise.hpp>

namespace lvr::analysis {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::RowVectorXd;
using Eigen::VectorXd;

namespace {

/// The mean of equal numbers may miss them by a rounding, and a column of nothing but roundings would pass
/// for one that varies: it becomes exactly zero.
template <class Values>
void clear_constant_columns(const Values& values, Values& centred) {
    for (Index j = 0; j < values.cols(); ++j) {
        if ((values.col(j).array() == values(0, j)).all()) centred.col(j).setZero();
    }
}

}  // namespace

CentredFit::CentredFit(const MatrixXd& columns, const VectorXd& y, double ridge)
    : columns_(columns), ridge_(ridge) {
    means_ = columns.colwise().mean();
    const double y_mean = y.mean();
    MatrixXd centred = columns.rowwise() - means_;
    clear_constant_columns(columns, centred);
    const Eigen::JacobiSVD<MatrixXd> svd(centred, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const VectorXd& values = svd.singularValues();
    const double cutoff = values.size() > 0 ? k_relative_cutoff * values[0] : 0;
    const Index rank = (values.array() > cutoff).count();
    left_ = svd.matrixU().leftCols(rank);
    right_ = svd.matrixV().leftCols(rank);
    singular_values_ = values.head(rank);
    const VectorXd gains = singular_values_.array() / (singular_values_.array().square() + ridge_);
    coefficients_.weights =
        right_ * (gains.asDiagonal() * (left_.transpose() * (y.array() - y_mean).matrix()));
    coefficients_.intercept = y_mean - means_.dot(coefficients_.weights);
}

VectorXd CentredFit::fitted() const {
    return (columns_ * coefficients_.weights).array() + coefficients_.intercept;
}

VectorXd CentredFit::leverages() const {
    const VectorXd squares = singular_values_.array().square();
    const VectorXd shrink = squares.array() / (squares.array() + ridge_);
    const VectorXd projected = left_.array().square().matrix() * shrink;
    return projected.array() + 1.0 / static_cast<double>(columns_.rows());
}

VectorXd CentredFit::covariance_diagonal() const {
    const MatrixXd scaled = right_ * singular_values_.cwiseInverse().asDiagonal();
    VectorXd diagonal(1 + columns_.cols());
    diagonal[0] = 1.0 / static_cast<double>(columns_.rows()) + (means_ * scaled).squaredNorm();
    diagonal.tail(columns_.cols()) = scaled.rowwise().squaredNorm();
    return diagonal;
}

namespace {

// A relative pivot between these may lie on either side of the cutoff once it is a singular value: for five
// columns the two differ by less than a factor of 40.
constexpr double k_surely_rank = 1e-8;
constexpr double k_surely_noise = 1e-12;
constexpr int k_small_rows = 32;
constexpr int k_small_columns = 5;
using Small = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, k_small_rows, k_small_columns>;
using SmallTransposed =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, k_small_columns, k_small_columns>;
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, k_small_rows, 1>;
using PivotedQr = Eigen::ColPivHouseholderQR<Small>;

/// The number of pivots that count, or -1 where they do not tell.
Index rank_by_pivots(const PivotedQr& qr) {
    const auto pivots = qr.matrixQR().diagonal().cwiseAbs();
    const double largest = pivots.size() > 0 ? pivots[0] : 0;
    Index rank = 0;
    for (const double pivot : pivots) {
        if (pivot > k_surely_rank * largest) {
            ++rank;
        } else if (pivot > k_surely_noise * largest) {
            return -1;
        }
    }
    return rank;
}

/// Minimum-norm solution of R w = z with R [rank, p] upper trapezoidal of full row rank.
template <class Upper, class Right>
VectorXd minimum_norm(const Upper& upper, const Right& z) {
    const SmallTransposed transposed = upper.transpose();
    const Eigen::HouseholderQR<SmallTransposed> qr(transposed);
    const Index rank = transposed.cols();
    SmallVector solution = SmallVector::Zero(transposed.rows());
    solution.head(rank) =
        qr.matrixQR().topRows(rank).template triangularView<Eigen::Upper>().transpose().solve(z.head(rank));
    solution.applyOnTheLeft(qr.householderQ());
    return solution;
}

/// @return the rank, or -1 where the pivots leave doubt about it
Index solve_by_pivots(const Small& centred, SmallVector y, VectorXd& weights) {
    const PivotedQr qr(centred);
    const Index rank = rank_by_pivots(qr);
    if (rank < 0) return rank;
    weights.setZero();
    if (rank == 0) return rank;
    y.applyOnTheLeft(qr.householderQ().adjoint());
    const auto upper = qr.matrixQR().topRows(rank);
    if (rank == centred.cols()) {
        weights = upper.template triangularView<Eigen::Upper>().solve(y.head(rank));
    } else {
        Small trapezoid = upper;
        trapezoid.template triangularView<Eigen::StrictlyLower>().setZero();
        weights = minimum_norm(trapezoid, y);
    }
    weights.applyOnTheLeft(qr.colsPermutation());
    return rank;
}

}  // namespace

SubsetSolver::SubsetSolver(MatrixXd columns, VectorXd y)
    : columns_(std::move(columns)), y_(std::move(y)), predictions_(columns_.rows()) {
    coefficients_.weights.resize(columns_.cols());
}

const Coefficients& SubsetSolver::fit(const std::vector<int>& rows) {
    const auto n = static_cast<Index>(rows.size());
    if (n > k_small_rows || columns_.cols() > k_small_columns || !fit_small(rows)) {
        MatrixXd chosen(n, columns_.cols());
        for (Index i = 0; i < n; ++i) chosen.row(i) = columns_.row(rows[static_cast<std::size_t>(i)]);
        const CentredFit fit(chosen, rows_of(y_, rows));
        coefficients_ = fit.coefficients();
        rank_ = fit.rank();
    }
    return coefficients_;
}

bool SubsetSolver::fit_small(const std::vector<int>& rows) {
    const auto n = static_cast<Index>(rows.size());
    Small chosen(n, columns_.cols());
    SmallVector y(n);
    for (Index i = 0; i < n; ++i) {
        chosen.row(i) = columns_.row(rows[static_cast<std::size_t>(i)]);
        y[i] = y_[rows[static_cast<std::size_t>(i)]];
    }
    const Eigen::Matrix<double, 1, Eigen::Dynamic, 1, 1, k_small_columns> means = chosen.colwise().mean();
    const double y_mean = y.mean();
    Small centred = chosen.rowwise() - means;
    clear_constant_columns(chosen, centred);
    y.array() -= y_mean;
    rank_ = static_cast<int>(solve_by_pivots(centred, y, coefficients_.weights));
    if (rank_ < 0) return false;
    coefficients_.intercept = y_mean - means.dot(coefficients_.weights);
    return true;
}

const VectorXd& SubsetSolver::predict_all() {
    predictions_.noalias() = columns_ * coefficients_.weights;
    predictions_.array() += coefficients_.intercept;
    return predictions_;
}

}  // namespace lvr::analysis
