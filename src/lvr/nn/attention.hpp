// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include <lvr/nn/layers.hpp>

namespace lvr::nn {

/// Multi-head self-attention with queries, keys and values from one matrix.
struct SelfAttention {
    Linear qkv;  ///< [3 C, C]: q, then k, then v, each with its heads side by side
    Linear out;  ///< [C, C]
    std::int64_t heads = 1;
};

SelfAttention self_attention_from(const weights::WeightStore& store, const std::string& name,
                                  std::int64_t width, std::int64_t heads, bool qkv_bias);

/// softmax(q k^T / sqrt(C / heads)) v through LibTorch's fused attention, ahead of `out`. @return [B, L, C]
at::Tensor mix(const SelfAttention& attention, const at::Tensor& x_BLC);

}  // namespace lvr::nn
