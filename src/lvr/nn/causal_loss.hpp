// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace lvr::nn {

inline constexpr std::int64_t k_ignored_label = -100;  // as PyTorch's cross-entropy has it

struct LossOptions {
    double divisor =
        0;  ///< of the sum over labels, e.g. their number in the whole batch; 0 = their number here
    std::int64_t chunk_rows = 0;  ///< positions whose logits are held at a time; 0 = as many as fit into 64
                                  ///< MB (a GPU: 256 MB) in float32
};

/// How many positions' logits are held at a time, unless the caller says.
std::int64_t chunk_rows(std::int64_t vocabulary, at::Device device);

/// How many labels causal_lm_loss learns from: those that are not ignored, the first of each sample left out.
std::int64_t learned_labels(const at::Tensor& labels_BL);

/// The sum over positions t with a label at t + 1 that is not ignored of logsumexp(z) - z[label], where z =
/// hidden_t head^T, divided by their number; 0, with zero gradients, if there are none. Logits are computed
/// in the dtype of hidden and head for a chunk of positions at a time, which have labels; all behind them is
/// float32, and so is the sum of the head's gradient over chunks. The gradients of hidden and head are
/// computed on the way, where they are asked for, so backward may run once only.
/// @param hidden [B, L, D], from llama_forward @param head [V, D]
/// @param labels [B, L] int64, best on the CPU, where they are looked at @return a float32 scalar
/// @throws Error (input) for a label that is none of the V nor k_ignored_label
at::Tensor causal_lm_loss(const at::Tensor& hidden_BLD, const at::Tensor& head_VD,
                          const at::Tensor& labels_BL, const LossOptions& options = {});

}  // namespace lvr::nn
