// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace lvr::kernels {

// The A score's matching ("Law of Vision Representation in MLLMs", the code of its first version). A token x
// is divided by |x| + 1e-10, then by the larger of its new norm and 1e-8, so that a token of zeros has the
// cosine 0 with everything and any token above 1e-18 is a unit vector.

enum class MatchPrecision {
    float64,  ///< the best matches are found by a quick product, and their cosines computed in double
    float32,  ///< the maxima of a product in single precision
};

/// For each token of x the largest cosine over the tokens of y.
///
/// float64: one quick product, a tile at a time, in single precision (or in bfloat16, where the processor is
/// quicker at it and few cosines lie near each row's largest); what lies within twice the largest possible
/// error of a row's maximum is computed again in double from the tokens themselves, in an order of our own.
/// So the result is the maximum over all cosines in double, and does not depend on the BLAS, the processor,
/// the threads or the tiles. On a GPU likewise, with the same bits: there the product is in half precision
/// and never leaves the chip.
/// @param x_ND, y_MD [n, D] and [m, D] (or [B, n, D] and [B, m, D]: pair by pair) on one device, m and D at
/// least 1; float32, or what float32 holds exactly (float16, bfloat16)
/// @return [n] (or [B, n]), float64, within [-1, 1]; NaN for a token that holds a value that is not finite,
/// and for all tokens if y holds one
/// @throws Error (internal) for other shapes or types
at::Tensor best_match(const at::Tensor& x_ND, const at::Tensor& y_MD,
                      MatchPrecision precision = MatchPrecision::float64);

/// The same by the definition, pair by pair in double: slow, and easy to read. On the CPU.
/// @return [n], float64
at::Tensor best_match_twin(const at::Tensor& x_ND, const at::Tensor& y_MD);

/// The mean over x of its best matches as the published table has it: everything in bfloat16, as PyTorch 2.11
/// does it on a CPU. Both divisions, each product of two elements, each cosine (summed in single) and the
/// mean (likewise) are rounded to bfloat16; so it is no matrix product, and a cosine may come out above 1. On
/// the CPU.
/// @param x_ND, y_MD as for best_match; rounded to bfloat16 first
/// @return a bfloat16 number; NaN where something is not finite
double published_alignment(const at::Tensor& x_ND, const at::Tensor& y_MD);

}  // namespace lvr::kernels
