// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lvr/kernels/best_match.hpp>
#include <lvr/kernels/best_match_divisor.hpp>

namespace lvr::kernels {

// What the CPU's and the GPU's search share.

/// The largest possible error of a cosine from products of `length` terms, summed in any order in arithmetic
/// of this unit roundoff; with some room for the divisions (Higham, Accuracy and Stability of Numerical
/// Algorithms, 3.1). At most 2: there it says nothing.
inline double product_error(std::int64_t length, double roundoff) {
    const double n = static_cast<double>(length + 32) * roundoff;
    return n < 0.5 ? n / (1 - n) : 2;
}

struct MatchWay {
    MatchPrecision precision = MatchPrecision::float64;
    bool may_round =
        true;  ///< candidates by a product in bfloat16 where that is quicker; the result is the same
};

/// best_match for tokens on the CPU.
at::Tensor best_match_on_cpu(const at::Tensor& x_ND, const at::Tensor& y_MD, const MatchWay& way);

/// best_match for tokens on a GPU. @throws Error (internal) in a build without CUDA
at::Tensor best_match_on_gpu(const at::Tensor& x_ND, const at::Tensor& y_MD, MatchPrecision precision);

}  // namespace lvr::kernels
