// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include <lvr/nn/layers.hpp>
#include <lvr/nn/rotary.hpp>

namespace lvr::nn {

struct AttentionShape {
    std::int64_t width = 0;       ///< C
    std::int64_t heads = 1;       ///< N
    std::int64_t kv_heads = 1;    ///< K, a divisor of N: each serves N / K heads side by side
    std::int64_t head_width = 1;  ///< H; ViTs have C / N
    bool qkv_bias = true, out_bias = true;
    bool causal = false;  ///< a position sees itself and those before it, nothing ahead
};

/// Multi-head self-attention with queries, keys and values from one matrix.
struct SelfAttention {
    Linear qkv;  ///< [(N + 2 K) H, C]: q, then k, then v, each with its heads side by side
    Linear out;  ///< [C, N H]
    std::int64_t heads = 1, kv_heads = 1;
    bool causal = false;
};

SelfAttention self_attention_from(const weights::WeightStore& store, const std::string& name,
                                  const AttentionShape& shape);

/// What attention depends on besides its input; the same for all blocks of a model.
struct AttentionContext {
    Rotation rotation;     ///< of queries and keys; undefined: none
    at::Tensor mask_B1LL;  ///< bool [B or 1, 1, L, L], true = is seen, instead of the causal rule; undefined:
                           ///< that rule
};

/// softmax(q k^T / sqrt(H)) v through LibTorch's fused attention, ahead of `out`. @return [B, L, N H]
at::Tensor mix(const SelfAttention& attention, const at::Tensor& x_BLC, const AttentionContext& context = {});

}  // namespace lvr::nn
