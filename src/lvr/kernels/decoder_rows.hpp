// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace lvr::kernels {

// Steps of a language model over rows of float32 numbers on the CPU. Every row's result is the same to the
// last bit whatever other rows there are and however many threads (decoder_loops.hpp); rows are contiguous,
// but may lie apart. Shapes: M rows, I inputs, O outputs, C channels, F channels of the MLP, N heads of H
// channels.

/// x_MI w_OI^T + bias_O. @param bias_O undefined: none @return [M, O]
at::Tensor multiply_rows(const at::Tensor& x_MI, const at::Tensor& w_OI, const at::Tensor& bias_O);

/// The same, added to sum_MO.
void add_product(const at::Tensor& sum_MO, const at::Tensor& x_MI, const at::Tensor& w_OI,
                 const at::Tensor& bias_O);

/// weight_C * (x / sqrt(mean of squares + eps)). @return [M, C]
at::Tensor rms_norm_rows(const at::Tensor& x_MC, const at::Tensor& weight_C, double eps);

/// silu(first half) * second half. @return [M, F]
at::Tensor gate_rows(const at::Tensor& x_M2F);

/// x Phi(x), in place.
void gelu_rows(const at::Tensor& x_MC);

/// Sequences that are extended: each adds `count` rows, in turn, to the `held` positions of row `row` of a
/// cache.
struct RowSpan {
    std::int64_t row = 0, held = 0, count = 1;
};

/// A block's keys and values: R sequences, K heads that serve N / K each, C positions, H channels.
struct CacheBlock {
    at::Tensor keys_RKCH, values_RKCH;
};

/// Turns queries and keys of q, k, v side by side ([M, (N + 2 K) H]) by the angles of their positions, the
/// queries in place; keys and values go into the cache, behind what is held.
/// @param cosine, sine [C, H / 2] of each position; channel i turns with channel i + H / 2
void store_in_cache(const at::Tensor& qkv, const at::Tensor& cosine, const at::Tensor& sine,
                    std::span<const RowSpan> spans, const CacheBlock& cache);

/// Causal attention of what has been stored, each sequence over its own positions alone.
/// @param is_last of each span only its last row is asked for @return [M or spans, N H]
at::Tensor attend_cache(const at::Tensor& qkv, std::span<const RowSpan> spans, const CacheBlock& cache,
                        bool is_last);

/// Of each row the place of the largest number, the first of equal ones; -1 if one is no number.
/// @param likeliest as many as rows
void argmax_rows(const at::Tensor& x_MO, std::span<std::int64_t> likeliest);

}  // namespace lvr::kernels
