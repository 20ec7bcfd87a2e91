// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <vector>

namespace lvr::analysis {

/// An affine map onto [0, 1]: normalised = (value - offset) / width.
struct Scale {
    double offset = 0;
    double width = 1;

    double forward(double value) const { return (value - offset) / width; }
    double back(double normalised) const { return offset + width * normalised; }
};

/// Min-max scale over the finite values. All equal (or none finite): width 1, so that every value maps to 0.
Scale min_max(const Eigen::VectorXd& values);

/// The map of `scale`, value by value; NaN stays NaN.
Eigen::VectorXd apply(const Scale& scale, const Eigen::VectorXd& values);

/// The rows named by `rows`, in that order.
Eigen::VectorXd rows_of(const Eigen::VectorXd& values, const std::vector<int>& rows);

}  // namespace lvr::analysis
