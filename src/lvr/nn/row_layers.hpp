// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <lvr/nn/layers.hpp>
#include <lvr/nn/projector.hpp>

namespace lvr::nn {

// Layers for answering, without autograd. In float32 on the CPU no row's result depends on the others, or on
// the number of threads, to the last bit (kernels/decoder_rows.hpp); elsewhere they are LibTorch's.

/// Whether it is so for tensors like this one.
bool are_rows_independent(const at::Tensor& like);

/// @param x [M, in] @return [M, out]
at::Tensor rows_through(const Linear& linear, const at::Tensor& x);
/// sum += what the layer makes of x. @param sum [M, out], contiguous
void add_rows_through(at::Tensor& sum, const Linear& linear, const at::Tensor& x);
at::Tensor rows_through(const RmsNorm& norm, const at::Tensor& x);
/// silu(first half) * second half. @param x [M, 2 F] @return [M, F]
at::Tensor gated_rows(const at::Tensor& x);
/// @param features [T, inputs] of the projector's dtype and device @return [T, channels]
at::Tensor rows_through(const Projector& projector, const at::Tensor& features);

}  // namespace lvr::nn
