// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace lvr::nn {

// Where gradients are recorded, these keep less for backward than their formulas written with single
// operators: what is quickly made from the rest is made again there. Results are the formulas' to the bit.

/// weight * (x s), s = 1 / sqrt(mean of squares + eps) over the last axis, computed in float32 and x s
/// rounded to x's dtype; keeps x and s.
at::Tensor lean_rms_norm(const at::Tensor& x, const at::Tensor& weight_C, double eps);

/// (silu(g) u) W^T, g and u being the halves of the last axis; keeps g and u, neither silu(g) nor the
/// product.
/// @param gate_up_M2F [M, 2 F] @param weight_OF [O, F] @return [M, O]
at::Tensor lean_gated_linear(const at::Tensor& gate_up_M2F, const at::Tensor& weight_OF);

/// Halves (a, b) of the last axis to (a cos - b sin, b cos + a sin); keeps cos and sin.
/// @param cosine, sine of half the last axis, to be broadcast; no gradients flow to them
at::Tensor lean_rotation(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);

}  // namespace lvr::nn
