// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/rank_correlation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double k_undefined = std::numeric_limits<double>::quiet_NaN();

int sign(double value) { return (value > 0) - (value < 0); }

/// sum_{i<j} w(i,j) sgn(x) sgn(y) over the square root of the same sums with (x,x) and (y,y).
template <class Weight>
double weighted_inner_correlation(const VectorXd& x, const VectorXd& y, Weight weight) {
    double xy = 0, xx = 0, yy = 0;
    for (Index i = 0; i < x.size(); ++i) {
        for (Index j = 0; j < i; ++j) {
            const double w = weight(i, j);
            const int sx = sign(x[i] - x[j]), sy = sign(y[i] - y[j]);
            xy += w * sx * sy;
            xx += w * sx * sx;
            yy += w * sy * sy;
        }
    }
    return xx > 0 && yy > 0 ? xy / std::sqrt(xx) / std::sqrt(yy) : k_undefined;
}

/// Ranks from 0 by decreasing (first, second), as SciPy's default order of the elements.
std::vector<double> decreasing_ranks(const VectorXd& first, const VectorXd& second) {
    std::vector<Index> order(static_cast<std::size_t>(first.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) {
        return first[i] != first[j] ? first[i] < first[j] : second[i] < second[j];
    });
    std::vector<double> rank(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
        rank[static_cast<std::size_t>(order[k])] = static_cast<double>(order.size() - 1 - k);
    }
    return rank;
}

double hyperbolic_tau(const VectorXd& x, const VectorXd& y) {
    const auto rank = decreasing_ranks(x, y);
    return weighted_inner_correlation(x, y, [&](Index i, Index j) {
        return 1 / (1 + rank[static_cast<std::size_t>(i)]) + 1 / (1 + rank[static_cast<std::size_t>(j)]);
    });
}

VectorXd mid_ranks(const VectorXd& values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return values.unaryExpr([&](double value) {
        const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
        return 0.5 * static_cast<double>((first - sorted.begin()) + (last - sorted.begin()) + 1);
    });
}

}  // namespace

double kendall_tau(const VectorXd& x, const VectorXd& y) {
    return weighted_inner_correlation(x, y, [](Index, Index) { return 1.0; });
}

double weighted_tau(const VectorXd& x, const VectorXd& y) {
    return 0.5 * (hyperbolic_tau(x, y) + hyperbolic_tau(y, x));
}

double spearman_rho(const VectorXd& x, const VectorXd& y) {
    if (x.size() < 2) return k_undefined;
    const VectorXd u = mid_ranks(x).array() - 0.5 * static_cast<double>(x.size() + 1);
    const VectorXd v = mid_ranks(y).array() - 0.5 * static_cast<double>(y.size() + 1);
    const double norm = u.norm() * v.norm();
    return norm > 0 ? u.dot(v) / norm : k_undefined;
}

}  // namespace lvr::analysis
