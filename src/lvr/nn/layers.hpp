// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include <lvr/weights/weight_store.hpp>

namespace lvr::nn {

struct Grid {
    std::int64_t rows = 0, columns = 0;
    friend bool operator==(const Grid&, const Grid&) = default;
};

struct Linear {
    at::Tensor weight_OI;  ///< [out, in]
    at::Tensor bias_O;     ///< undefined: none
};

/// LayerNorm over the last axis.
struct Norm {
    at::Tensor weight_C, bias_C;
    double eps = 1e-5;
};

/// weight * x / sqrt(mean of squares + eps) over the last axis (Zhang & Sennrich 2019): the quotient in
/// float32, then rounded to the input's dtype, then times the weight.
struct RmsNorm {
    at::Tensor weight_C;
    double eps = 1e-5;
};

enum class Activation {
    gelu,        ///< x Phi(x)
    gelu_tanh,   ///< its tanh approximation
    quick_gelu,  ///< x sigmoid(1.702 x)
    silu         ///< x sigmoid(x)
};

/// "gelu", "gelu_pytorch_tanh", "quick_gelu", "silu" and their synonyms, as config.json spells them. @param
/// where for the message @throws Error (input) for any other
Activation activation_named(const std::string& name, const std::string& where);

std::string name_of(Activation activation);

/// Two linear maps with an activation in between; gated: down(activation(first half of up) * second half).
struct Mlp {
    Linear up, down;
    Activation activation = Activation::gelu;
    bool gated = false;
};

Linear linear_from(const weights::WeightStore& store, const std::string& name, std::int64_t out,
                   std::int64_t in, bool bias = true);
Norm norm_from(const weights::WeightStore& store, const std::string& name, std::int64_t width, double eps);

RmsNorm rms_norm_from(const weights::WeightStore& store, const std::string& name, std::int64_t width,
                      double eps);

// What follows can be differentiated by autograd, but for add_to.

/// @return x W^T + b, [..., out]
at::Tensor apply(const Linear& linear, const at::Tensor& x);
/// sum += scale (x W^T) + b without a temporary. @param sum contiguous, [..., out]
void add_to(at::Tensor& sum, const Linear& linear, const at::Tensor& x, double scale = 1);
at::Tensor apply(const Norm& norm, const at::Tensor& x);
at::Tensor apply(const RmsNorm& norm, const at::Tensor& x);
at::Tensor apply(const Mlp& mlp, const at::Tensor& x);
/// sum += mlp(x). @param sum contiguous, [..., out]
void add_to(at::Tensor& sum, const Mlp& mlp, const at::Tensor& x);
/// In place unless autograd may need x. @return the same shape
at::Tensor activate(Activation activation, at::Tensor x);

}  // namespace lvr::nn
