// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Cholesky>

#include <cmath>

#include <analysis/law/gp_model.hpp>

namespace lvr::analysis {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// [n, B]: which benchmark's constant an observation has.
MatrixXd incidence(const std::vector<Observation>& seen, int benchmarks) {
    MatrixXd h = MatrixXd::Zero(static_cast<Index>(seen.size()), benchmarks);
    for (std::size_t i = 0; i < seen.size(); ++i) h(static_cast<Index>(i), seen[i].benchmark) = 1;
    return h;
}

}  // namespace

/// Universal kriging with one constant per benchmark: all families share the covariance, each has its own
/// mean.
void GpModel::update() {
    const auto& places = seen_.front();  // families differ in the scores believed, not in where
    const Index n = static_cast<Index>(places.size());
    const int benchmarks = space_.benchmarks(), size = space_.size();
    MatrixXd r(n, n);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
            const auto &left = places[static_cast<std::size_t>(i)],
                       &right = places[static_cast<std::size_t>(j)];
            r(i, j) = covariance(left, right) + noise(left, right);
        }
    }
    const Eigen::LLT<MatrixXd> factor(r);
    const MatrixXd h = incidence(places, benchmarks), rh = factor.solve(h);
    const Eigen::LLT<MatrixXd> constants(h.transpose() * rh);

    std::vector<VectorXd> weights(seen_.size()), beta(seen_.size());
    MatrixXd centre(benchmarks, static_cast<Index>(seen_.size()));
    for (std::size_t k = 0; k < seen_.size(); ++k) {
        const auto f = static_cast<Index>(k);
        VectorXd sum = VectorXd::Zero(benchmarks), z(n);
        for (const auto& seen : seen_[k]) sum[seen.benchmark] += seen.score;
        centre.col(f) =
            sum.cwiseQuotient(h.colwise().sum().transpose());  // keeps the digits of scores like 1500.3
        for (Index i = 0; i < n; ++i) {
            const auto& seen = seen_[k][static_cast<std::size_t>(i)];
            z[i] = (seen.score - centre(seen.benchmark, f)) / scales_(seen.benchmark, f) -
                   families_.signs[k] * prior_mean(seen.benchmark, seen.representation);
        }
        beta[k] = constants.solve(rh.transpose() * z);
        weights[k] = factor.solve(z - h * beta[k]);
    }

    mean_.assign(seen_.size(), MatrixXd(benchmarks, size));
    spread_.assign(seen_.size(), MatrixXd(benchmarks, size));
    VectorXd along(n);
    for (int b = 0; b < benchmarks; ++b) {
        for (int i = 0; i < size; ++i) {
            const Observation at{b, i, 0};
            for (Index j = 0; j < n; ++j) along[j] = covariance(at, places[static_cast<std::size_t>(j)]);
            const VectorXd w = factor.solve(along);
            VectorXd rest = -h.transpose() * w;
            rest[b] += 1;
            const double variance =
                covariance(at, at) + noise(at, at) - along.dot(w) + rest.dot(constants.solve(rest));
            for (std::size_t k = 0; k < seen_.size(); ++k) {
                const auto f = static_cast<Index>(k);
                const double standard =
                    beta[k][b] + families_.signs[k] * prior_mean(b, i) + along.dot(weights[k]);
                mean_[k](b, i) = centre(b, f) + scales_(b, f) * standard;
                spread_[k](b, i) = scales_(b, f) * std::sqrt(std::max(variance, 0.0));
            }
        }
    }
}

}  // namespace lvr::analysis
