// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include <lvr/kernels/best_match.hpp>

namespace lvr::kernels {

// What the CPU's and the GPU's search share.

inline constexpr double k_norm_epsilon = 1e-10, k_norm_floor = 1e-8;

/// What a token's products are divided by: norm' = norm / (norm + 1e-10), and the divisor is (norm + 1e-10)
/// max(norm', 1e-8).
inline double divisor_of(double norm) { return std::max(norm, k_norm_floor * (norm + k_norm_epsilon)); }

/// The largest possible error of a cosine from products of `length` terms, summed in any order in arithmetic
/// of this unit roundoff; with some room for the divisions (Higham, Accuracy and Stability of Numerical
/// Algorithms, 3.1). At most 2: there it says nothing.
inline double product_error(std::int64_t length, double roundoff) {
    const double n = static_cast<double>(length + 8) * roundoff;
    return n < 0.5 ? n / (1 - n) : 2;
}

at::Tensor best_match_on_gpu(const at::Tensor& x_ND, const at::Tensor& y_MD, MatchPrecision precision);

}  // namespace lvr::kernels
