// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/layers.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/nn/lean_backward.hpp>

namespace lvr::nn {
namespace {

constexpr double k_quick_gelu = 1.702;  // Hendrycks & Gimpel 2016, section 2

bool is_recorded(const at::Tensor& x) { return x.requires_grad() && at::GradMode::is_enabled(); }

}  // namespace

Activation activation_named(const std::string& name, const std::string& where) {
    if (name == "gelu" || name == "gelu_python") return Activation::gelu;
    if (name == "gelu_pytorch_tanh" || name == "gelu_new" || name == "gelu_fast" ||
        name == "gelu_python_tanh" || name == "gelu_accurate")
        return Activation::gelu_tanh;
    if (name == "quick_gelu") return Activation::quick_gelu;
    if (name == "silu" || name == "swish") return Activation::silu;
    throw core::input_error(fmt::format("{}: unknown activation '{}'", where, name),
                            "the features would be wrong",
                            "known are gelu, gelu_pytorch_tanh, quick_gelu and silu");
}

std::string name_of(Activation activation) {
    switch (activation) {
        case Activation::gelu:
            return "gelu";
        case Activation::gelu_tanh:
            return "gelu_pytorch_tanh";
        case Activation::quick_gelu:
            return "quick_gelu";
        case Activation::silu:
            return "silu";
    }
    core::ensure(false, "an activation without a name");
    return "";
}

Linear linear_from(const weights::WeightStore& store, const std::string& name, std::int64_t out,
                   std::int64_t in, bool bias) {
    return {store.get(name + ".weight", {out, in}), bias ? store.get(name + ".bias", {out}) : at::Tensor()};
}

Norm norm_from(const weights::WeightStore& store, const std::string& name, std::int64_t width, double eps) {
    return {store.get(name + ".weight", {width}), store.get(name + ".bias", {width}), eps};
}

RmsNorm rms_norm_from(const weights::WeightStore& store, const std::string& name, std::int64_t width,
                      double eps) {
    return {store.get(name + ".weight", {width}), eps};
}

at::Tensor apply(const Linear& linear, const at::Tensor& x) {
    return at::linear(x, linear.weight_OI, linear.bias_O);
}

at::Tensor apply(const Norm& norm, const at::Tensor& x) {
    return at::layer_norm(x, {norm.weight_C.size(0)}, norm.weight_C, norm.bias_C, norm.eps);
}

at::Tensor apply(const RmsNorm& norm, const at::Tensor& x) {
    return lean_rms_norm(x, norm.weight_C, norm.eps);
}

namespace {

at::Tensor activated(Activation activation, const at::Tensor& x) {
    switch (activation) {
        case Activation::gelu:
            return at::gelu(x, "none");
        case Activation::gelu_tanh:
            return at::gelu(x, "tanh");
        case Activation::quick_gelu:
            return at::silu(x.mul(k_quick_gelu)).div(k_quick_gelu);
        case Activation::silu:
            return at::silu(x);
    }
    core::ensure(false, "an activation without a formula");
    return x;
}

}  // namespace

at::Tensor activate(Activation activation, at::Tensor x) {
    if (is_recorded(x)) return activated(activation, x);
    switch (activation) {
        case Activation::gelu:
            return at::gelu_(x, "none");
        case Activation::gelu_tanh:
            return at::gelu_(x, "tanh");
        case Activation::quick_gelu:
            return at::silu_(x.mul_(k_quick_gelu)).div_(k_quick_gelu);
        case Activation::silu:
            return at::silu_(x);
    }
    core::ensure(false, "an activation without a formula");
    return x;
}

namespace {

at::Tensor flat(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

/// x sigmoid(k x) = silu(k x) / k, so that k and 1 / k go into the products on either side.
at::Tensor hidden_of(const Mlp& mlp, const at::Tensor& x, double& owed) {
    owed = 1;
    if (mlp.activation == Activation::quick_gelu && !mlp.gated && mlp.up.bias_O.defined()) {
        owed = 1 / k_quick_gelu;
        return activate(Activation::silu,
                        at::addmm(mlp.up.bias_O, flat(x), mlp.up.weight_OI.t(), k_quick_gelu, k_quick_gelu));
    }
    at::Tensor hidden = apply(mlp.up, flat(x));
    if (!mlp.gated) return activate(mlp.activation, std::move(hidden));
    const auto halves = hidden.chunk(2, -1);
    if (is_recorded(hidden)) return activated(mlp.activation, halves[0]).mul(halves[1]);
    return activate(mlp.activation, halves[0].contiguous()).mul_(halves[1]);
}

}  // namespace

void add_to(at::Tensor& sum, const Linear& linear, const at::Tensor& x, double scale) {
    if (sum.scalar_type() != at::kFloat &&
        linear.bias_O.defined()) {  // in half precision each sum is rounded: product first
        sum.view({-1, sum.size(-1)}).add_(at::addmm(linear.bias_O, flat(x), linear.weight_OI.t(), 1, scale));
        return;
    }
    if (linear.bias_O.defined()) sum.add_(linear.bias_O);
    sum.view({-1, sum.size(-1)}).addmm_(flat(x), linear.weight_OI.t(), 1, scale);
}

void add_to(at::Tensor& sum, const Mlp& mlp, const at::Tensor& x) {
    double owed = 1;
    const at::Tensor hidden = hidden_of(mlp, x, owed);
    add_to(sum, mlp.down, hidden, owed);
}

at::Tensor apply(const Mlp& mlp, const at::Tensor& x) {
    auto shape = x.sizes().vec();
    shape.back() = mlp.down.weight_OI.size(0);
    if (mlp.gated && mlp.activation == Activation::silu && at::GradMode::is_enabled()) {
        const auto result = lean_gated_linear(apply(mlp.up, flat(x)), mlp.down.weight_OI);
        return (mlp.down.bias_O.defined() ? result.add(mlp.down.bias_O) : result).view(shape);
    }
    double owed = 1;
    const at::Tensor hidden = hidden_of(mlp, x, owed);
    if (owed == 1) return apply(mlp.down, hidden).view(shape);
    at::Tensor result = at::zeros(shape, x.options());
    add_to(result, mlp.down, hidden, owed);
    return result;
}

}  // namespace lvr::nn
