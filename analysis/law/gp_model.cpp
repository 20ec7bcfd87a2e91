// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/gp_model.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <lvr/core/error.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double k_slope = 0.25;            // of the prior mean in u and v
constexpr double k_signal_variance = 0.09;  // 0.3^2
constexpr double k_noise_variance = 0.01;   // 0.1^2
constexpr double k_range = 0.6;             // on a, c in [0, 1]
constexpr double k_shared_signal = 0.8;     // between benchmarks
constexpr double k_shared_noise = 0.5;      // of one representation between benchmarks
constexpr double k_second_order = 0.125;    // standard deviation of the regression's u^2, uv, v^2
constexpr double k_equal_scores = 1e-12;    // relative: scores as close as this have no scale

VectorXd unit(const VectorXd& values) {
    const Scale scale = min_max(values);
    return (values.maxCoeff() > values.minCoeff()) ? VectorXd(2 * apply(scale, values).array() - 1)
                                                   : VectorXd(VectorXd::Zero(values.size()));
}

/// @param square squared distance in (u, v), which is four times that in (a, c)
double matern(double square) {
    const double r = std::sqrt(square / 4) / k_range, root = std::sqrt(5.0);
    return k_signal_variance * (1 + root * r + 5 * r * r / 3) * std::exp(-root * r);
}

/// Covariance of a quadratic with independent normal coefficients.
double linear_regression(double u1, double v1, double u2, double v2) {
    const double first = k_slope * k_slope * (u1 * u2 + v1 * v2);
    return first +
           k_second_order * k_second_order * (u1 * u1 * u2 * u2 + u1 * v1 * u2 * v2 + v1 * v1 * v2 * v2);
}

double cumulative(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double density(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }

double improvement(double mean, double spread, double best) {
    const double z = (mean - best) / spread;
    return std::max(0.0, spread * (z * cumulative(z) + density(z)));
}

}  // namespace

PlanSpace plan_space(const MatrixXd& a, const VectorXd& c) {
    PlanSpace space{MatrixXd(a.rows(), a.cols()), unit(c)};
    for (Index b = 0; b < a.rows(); ++b) space.u.row(b) = unit(a.row(b));
    return space;
}

int first_largest(const VectorXd& values, const std::vector<bool>& excluded) {
    int best = -1;
    for (int i = 0; i < static_cast<int>(values.size()); ++i) {
        if (!excluded[static_cast<std::size_t>(i)] && (best < 0 || values[i] > values[best])) best = i;
    }
    return best;
}

GpModel::GpModel(PlanSpace space, PriorFamilies families, Kernel kernel)
    : space_(std::move(space)), families_(std::move(families)), kernel_(kernel) {
    const Index count = static_cast<Index>(families_.signs.size());
    scaled_.assign(static_cast<std::size_t>(space_.benchmarks()), false);
    scales_ = MatrixXd::Ones(space_.benchmarks(), count);
    weights_ = MatrixXd::Zero(space_.benchmarks(), count);
    weights_.col(0).setOnes();
    best_ = VectorXd::Zero(space_.benchmarks());
    seen_.resize(families_.signs.size());
}

double GpModel::prior_mean(int benchmark, int representation) const {
    return k_slope * (space_.u(benchmark, representation) + space_.v[representation]);
}

double GpModel::covariance(const Observation& left, const Observation& right) const {
    const double u1 = space_.u(left.benchmark, left.representation), v1 = space_.v[left.representation];
    const double u2 = space_.u(right.benchmark, right.representation), v2 = space_.v[right.representation];
    const double together = kernel_ == Kernel::matern ? matern((u1 - u2) * (u1 - u2) + (v1 - v2) * (v1 - v2))
                                                      : linear_regression(u1, v1, u2, v2);
    return left.benchmark == right.benchmark ? together : k_shared_signal * together;
}

double GpModel::noise(const Observation& left, const Observation& right) {
    if (left.representation != right.representation) return 0;
    return left.benchmark == right.benchmark ? k_noise_variance : k_shared_noise * k_noise_variance;
}

/// Scale (profiled) and log evidence of every family from one benchmark's measured scores.
void GpModel::weigh(int benchmark, const std::vector<Observation>& measured) {
    const Index n = static_cast<Index>(measured.size());
    VectorXd y(n), m(n);
    MatrixXd r(n, n);
    for (Index i = 0; i < n; ++i) {
        const auto& left = measured[static_cast<std::size_t>(i)];
        y[i] = left.score;
        m[i] = prior_mean(benchmark, left.representation);
        for (Index j = 0; j < n; ++j) {
            const auto& right = measured[static_cast<std::size_t>(j)];
            r(i, j) = covariance(left, right) + noise(left, right);
        }
    }
    best_[benchmark] = y.maxCoeff();
    scales_.row(benchmark).setOnes();
    weights_.row(benchmark).setZero();
    weights_(benchmark, 0) = 1;
    const VectorXd centred = y.array() - y.mean();
    scaled_[static_cast<std::size_t>(benchmark)] =
        n >= 2 && centred.cwiseAbs().maxCoeff() > k_equal_scores * y.cwiseAbs().maxCoeff();
    if (!scaled_[static_cast<std::size_t>(benchmark)]) return;

    // P x: R^-1 x with the constant projected out.
    const Eigen::LLT<MatrixXd> factor(r);
    const VectorXd ones = factor.solve(VectorXd::Ones(n));
    const auto project = [&](const VectorXd& x) {
        return VectorXd(factor.solve(x) - ones * (ones.dot(x) / ones.sum()));
    };
    const VectorXd py = project(centred);
    const double q = centred.dot(py), freedom = static_cast<double>(n - 1);
    VectorXd log_weight(static_cast<Index>(families_.signs.size()));
    for (Index k = 0; k < log_weight.size(); ++k) {
        const VectorXd mean = families_.signs[static_cast<std::size_t>(k)] * m;
        const double t = mean.dot(py), p = mean.dot(project(mean)), root = std::sqrt(t * t + 4 * freedom * q);
        const double inverse =
            t >= 0 ? (t + root) / (2 * q) : 2 * freedom / (root - t);  // 1 / s without cancellation
        scales_(benchmark, k) = 1 / inverse;
        log_weight[k] = std::log(families_.prior[static_cast<std::size_t>(k)]) + freedom * std::log(inverse) -
                        0.5 * (q * inverse * inverse - 2 * t * inverse + p) -
                        0.5 * std::log(freedom + q * inverse * inverse);
    }
    if (n < families_.fewest) return;
    const VectorXd weight = (log_weight.array() - log_weight.maxCoeff()).exp();
    weights_.row(benchmark) = weight / weight.sum();
}

void GpModel::measure(const std::vector<Observation>& measured) {
    for (int b = 0; b < space_.benchmarks(); ++b) {
        std::vector<Observation> own;
        std::copy_if(measured.begin(), measured.end(), std::back_inserter(own),
                     [&](const Observation& seen) { return seen.benchmark == b; });
        core::ensure(!own.empty(), "the planner needs a measured score on every benchmark");
        weigh(b, own);
    }
    for (auto& seen : seen_) seen = measured;
    update();
}

void GpModel::believe_prior(int representation) {
    for (std::size_t k = 0; k < seen_.size(); ++k) {
        for (int b = 0; b < space_.benchmarks(); ++b) {
            seen_[k].push_back({b, representation, families_.signs[k] * prior_mean(b, representation)});
            if (k == 0) best_[b] = seen_[k].back().score;
        }
    }
    update();
}

void GpModel::believe(int representation) {
    for (std::size_t k = 0; k < seen_.size(); ++k) {
        for (int b = 0; b < space_.benchmarks(); ++b) {
            seen_[k].push_back({b, representation, mean_[k](b, representation)});
        }
    }
    update();
}

int GpModel::first_pick(std::vector<bool> excluded) const {
    excluded.resize(static_cast<std::size_t>(space_.size()));
    VectorXd sum(space_.size());
    for (int i = 0; i < space_.size(); ++i) {
        sum[i] = 0;
        for (int b = 0; b < space_.benchmarks(); ++b) sum[i] += prior_mean(b, i);
    }
    return first_largest(sum, excluded);
}

Eigen::VectorXd GpModel::mean(int benchmark) const {
    VectorXd mean = VectorXd::Zero(space_.size());
    for (std::size_t k = 0; k < mean_.size(); ++k) {
        mean += weights_(benchmark, static_cast<Index>(k)) * mean_[k].row(benchmark).transpose();
    }
    return mean;
}

Eigen::VectorXd GpModel::expected_improvement() const {
    VectorXd total = VectorXd::Zero(space_.size());
    for (int b = 0; b < space_.benchmarks(); ++b) {
        const double unit = space_.benchmarks() == 1 ? 1 : weights_.row(b).dot(scales_.row(b));
        for (std::size_t k = 0; k < mean_.size(); ++k) {
            const double weight = weights_(b, static_cast<Index>(k));
            if (weight == 0) continue;
            for (int i = 0; i < space_.size(); ++i) {
                total[i] += weight * improvement(mean_[k](b, i), spread_[k](b, i), best_[b]) / unit;
            }
        }
    }
    return total;
}

Interval GpModel::interval(int benchmark, int representation, double level) const {
    constexpr double far = 9;  // standard deviations
    const auto quantile = [&](double share) {
        double low = std::numeric_limits<double>::infinity(), high = -low;
        for (std::size_t k = 0; k < mean_.size(); ++k) {
            low = std::min(low,
                           mean_[k](benchmark, representation) - far * spread_[k](benchmark, representation));
            high = std::max(
                high, mean_[k](benchmark, representation) + far * spread_[k](benchmark, representation));
        }
        for (int step = 0; step < 200; ++step) {
            const double middle = 0.5 * (low + high);
            double below = 0;
            for (std::size_t k = 0; k < mean_.size(); ++k) {
                below += weights_(benchmark, static_cast<Index>(k)) *
                         cumulative((middle - mean_[k](benchmark, representation)) /
                                    spread_[k](benchmark, representation));
            }
            (below < share ? low : high) = middle;
        }
        return 0.5 * (low + high);
    };
    return {quantile((1 - level) / 2), quantile((1 + level) / 2)};
}

bool GpModel::has_scale() const { return std::find(scaled_.begin(), scaled_.end(), false) == scaled_.end(); }

}  // namespace lvr::analysis
