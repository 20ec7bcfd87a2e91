// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/row_layers.hpp>

#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>

#include <lvr/kernels/decoder_rows.hpp>

namespace lvr::nn {

bool are_rows_independent(const at::Tensor& like) {
    return like.is_cpu() && like.scalar_type() == at::kFloat;
}

at::Tensor rows_through(const Linear& linear, const at::Tensor& x) {
    return are_rows_independent(x) ? kernels::multiply_rows(x, linear.weight_OI, linear.bias_O)
                                   : apply(linear, x);
}

void add_rows_through(at::Tensor& sum, const Linear& linear, const at::Tensor& x) {
    if (are_rows_independent(x))
        kernels::add_product(sum, x, linear.weight_OI, linear.bias_O);
    else
        add_to(sum, linear, x);
}

at::Tensor rows_through(const RmsNorm& norm, const at::Tensor& x) {
    if (are_rows_independent(x)) return kernels::rms_norm_rows(x, norm.weight_C, norm.eps);
    return at::rms_norm(x, {x.size(-1)}, std::nullopt, norm.eps).mul_(norm.weight_C);
}

at::Tensor gated_rows(const at::Tensor& x) {
    if (are_rows_independent(x)) return kernels::gate_rows(x);
    const auto halves = x.chunk(2, -1);
    return at::silu(halves[0]).mul_(halves[1]);
}

at::Tensor rows_through(const Projector& projector, const at::Tensor& features) {
    if (!are_rows_independent(features)) return apply(projector, features.unsqueeze(0)).squeeze(0);
    auto x = features;
    for (std::size_t i = 0; i < projector.layers.size(); ++i) {
        if (i > 0) kernels::gelu_rows(x);
        x = rows_through(projector.layers[i], x);
    }
    return x;
}

}  // namespace lvr::nn
