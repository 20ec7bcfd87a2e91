// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/normalise.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace lvr::analysis {

Scale min_max(const Eigen::VectorXd& values) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const double value : values) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    if (low > high) return {};
    return {low, high > low ? high - low : 1.0};
}

Eigen::VectorXd apply(const Scale& scale, const Eigen::VectorXd& values) {
    return values.unaryExpr([&](double value) { return scale.forward(value); });
}

Eigen::VectorXd rows_of(const Eigen::VectorXd& values, const std::vector<int>& rows) {
    Eigen::VectorXd chosen(static_cast<Eigen::Index>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) chosen[static_cast<Eigen::Index>(i)] = values[rows[i]];
    return chosen;
}

}  // namespace lvr::analysis
