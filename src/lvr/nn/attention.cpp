// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/attention.hpp>

#include <ATen/SDPBackend.h>
#include <ATen/ops/_fused_sdp_choice.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <optional>

namespace lvr::nn {
namespace {

/// Each of K heads N / K times. @return [B, N, L, H]
at::Tensor repeated(const at::Tensor& x_BKLH, std::int64_t heads) {
    const auto kv_heads = x_BKLH.size(1);
    if (kv_heads == heads) return x_BKLH;
    return x_BKLH.unsqueeze(2)
        .expand({-1, -1, heads / kv_heads, -1, -1})
        .reshape({x_BKLH.size(0), heads, x_BKLH.size(2), x_BKLH.size(3)});
}

/// Whether one of LibTorch's fused kernels does (CUDA's flash attention, of half precision): else it would
/// fall back on its formula, which keeps L^2 scores.
bool takes_fewer_heads(const at::Tensor& q_BNLH, const at::Tensor& k_BKLH, const at::Tensor& v_BKLH,
                       bool causal) {
    if (!q_BNLH.is_cuda()) return false;
    const auto choice =
        at::_fused_sdp_choice(q_BNLH, k_BKLH, v_BKLH, std::nullopt, 0.0, causal, std::nullopt, true);
    return choice != static_cast<std::int64_t>(at::SDPBackend::math);
}

at::Tensor attend(const SelfAttention& attention, const at::Tensor& q_BNLH, const at::Tensor& k_BKLH,
                  const at::Tensor& v_BKLH, const at::Tensor& mask_B1LL) {
    const auto mask = mask_B1LL.defined() ? std::optional(mask_B1LL) : std::nullopt;
    const bool causal = attention.causal && !mask;
    const bool grouped =
        attention.heads != attention.kv_heads && !mask && takes_fewer_heads(q_BNLH, k_BKLH, v_BKLH, causal);
    const auto k = grouped ? k_BKLH : repeated(k_BKLH, attention.heads);
    const auto v = grouped ? v_BKLH : repeated(v_BKLH, attention.heads);
    return at::scaled_dot_product_attention(q_BNLH, k, v, mask, 0.0, causal, std::nullopt, grouped);
}

}  // namespace

SelfAttention self_attention_from(const weights::WeightStore& store, const std::string& name,
                                  const AttentionShape& shape) {
    const auto rows = (shape.heads + 2 * shape.kv_heads) * shape.head_width;
    return {linear_from(store, name + ".qkv", rows, shape.width, shape.qkv_bias),
            linear_from(store, name + ".out", shape.width, shape.heads * shape.head_width, shape.out_bias),
            shape.heads, shape.kv_heads, shape.causal};
}

at::Tensor mix(const SelfAttention& attention, const at::Tensor& x_BLC, const AttentionContext& context) {
    const auto batch = x_BLC.size(0), length = x_BLC.size(1);
    const auto heads = attention.heads, kv_heads = attention.kv_heads;
    const auto head_width = attention.qkv.weight_OI.size(0) / (heads + 2 * kv_heads);
    const auto qkv = apply(attention.qkv, x_BLC).view({batch, length, heads + 2 * kv_heads, head_width});
    at::Tensor q_BLNH, k_BLKH, v_BLKH;
    if (context.rotation.cosine.defined()) {
        const auto parts = qkv.split_with_sizes({heads + kv_heads, kv_heads}, 2);
        const auto turned = rotate(parts[0], context.rotation).split_with_sizes({heads, kv_heads}, 2);
        q_BLNH = turned[0], k_BLKH = turned[1], v_BLKH = parts[1];
    } else {
        const auto parts = qkv.split_with_sizes({heads, kv_heads, kv_heads}, 2);
        q_BLNH = parts[0], k_BLKH = parts[1], v_BLKH = parts[2];
    }
    const auto mixed_BNLH = attend(attention, q_BLNH.transpose(1, 2), k_BLKH.transpose(1, 2),
                                   v_BLKH.transpose(1, 2), context.mask_B1LL);
    return mixed_BNLH.transpose(1, 2).reshape({batch, length, heads * head_width});
}

}  // namespace lvr::nn
