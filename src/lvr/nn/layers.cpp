// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/layers.hpp>

#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <fmt/format.h>

#include <lvr/core/error.hpp>

namespace lvr::nn {

Activation activation_named(const std::string& name, const std::string& where) {
    if (name == "gelu" || name == "gelu_python") return Activation::gelu;
    if (name == "gelu_pytorch_tanh" || name == "gelu_new") return Activation::gelu_tanh;
    if (name == "quick_gelu") return Activation::quick_gelu;
    if (name == "silu" || name == "swish") return Activation::silu;
    throw core::input_error(fmt::format("{}: unknown activation '{}'", where, name),
                            "the features would be wrong",
                            "known are gelu, gelu_pytorch_tanh, quick_gelu and silu");
}

Linear linear_from(const weights::WeightStore& store, const std::string& name, std::int64_t out,
                   std::int64_t in, bool bias) {
    return {store.get(name + ".weight", {out, in}), bias ? store.get(name + ".bias", {out}) : at::Tensor()};
}

Norm norm_from(const weights::WeightStore& store, const std::string& name, std::int64_t width, double eps) {
    return {store.get(name + ".weight", {width}), store.get(name + ".bias", {width}), eps};
}

at::Tensor apply(const Linear& linear, const at::Tensor& x) {
    return at::linear(x, linear.weight_OI, linear.bias_O);
}

at::Tensor apply(const Norm& norm, const at::Tensor& x) {
    return at::layer_norm(x, {norm.weight_C.size(0)}, norm.weight_C, norm.bias_C, norm.eps);
}

at::Tensor activate(Activation activation, at::Tensor x) {
    constexpr double k_quick_gelu = 1.702;  // Hendrycks & Gimpel 2016, section 2
    switch (activation) {
        case Activation::gelu:
            return at::gelu_(x, "none");
        case Activation::gelu_tanh:
            return at::gelu_(x, "tanh");
        case Activation::quick_gelu:
            return x.mul_(at::sigmoid(x.mul(k_quick_gelu)));
        case Activation::silu:
            return at::silu_(x);
    }
    core::ensure(false, "an activation without a formula");
    return x;
}

at::Tensor apply(const Mlp& mlp, const at::Tensor& x) {
    at::Tensor hidden = apply(mlp.up, x);
    if (!mlp.gated) return apply(mlp.down, activate(mlp.activation, std::move(hidden)));
    const auto halves = hidden.chunk(2, -1);
    return apply(mlp.down, activate(mlp.activation, halves[0].contiguous()).mul_(halves[1]));
}

}  // namespace lvr::nn
