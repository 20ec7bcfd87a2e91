// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/attention.hpp>

#include <ATen/ops/scaled_dot_product_attention.h>

namespace lvr::nn {

SelfAttention self_attention_from(const weights::WeightStore& store, const std::string& name,
                                  std::int64_t width, std::int64_t heads, bool qkv_bias) {
    return {linear_from(store, name + ".qkv", 3 * width, width, qkv_bias),
            linear_from(store, name + ".out", width, width), heads};
}

at::Tensor mix(const SelfAttention& attention, const at::Tensor& x_BLC) {
    const auto batch = x_BLC.size(0), length = x_BLC.size(1), width = x_BLC.size(2);
    const auto qkv_3BNLH = apply(attention.qkv, x_BLC)
                               .view({batch, length, 3, attention.heads, width / attention.heads})
                               .permute({2, 0, 3, 1, 4});
    const auto mixed_BNLH = at::scaled_dot_product_attention(qkv_3BNLH[0], qkv_3BNLH[1], qkv_3BNLH[2]);
    return mixed_BNLH.transpose(1, 2).reshape({batch, length, width});
}

}  // namespace lvr::nn
