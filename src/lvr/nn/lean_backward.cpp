// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/lean_backward.hpp>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <torch/csrc/autograd/custom_function.h>

namespace lvr::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class RmsNormStep : public torch::autograd::Function<RmsNormStep> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight_C,
                              double eps) {
        const auto wide = x.to(at::kFloat);
        const auto scale = wide.square().mean(-1, true).add_(eps).rsqrt_();
        context->save_for_backward({x, weight_C, scale});
        return weight_C.mul(wide.mul(scale).to(x.scalar_type()));
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], weight_C = saved[1], scale = saved[2], slope = gradients[0];
        const auto quotient = x.to(at::kFloat).mul(scale);
        at::Tensor of_x, of_weight;
        if (context->needs_input_grad(1)) {
            const auto flat = [](const at::Tensor& y) { return y.reshape({-1, y.size(-1)}); };
            of_weight = flat(slope).mul(flat(quotient.to(x.scalar_type()))).sum(0);
        }
        if (context->needs_input_grad(0)) {
            auto along = slope.mul(weight_C).to(at::kFloat);
            const auto mean = along.mul(quotient).mean(-1, true);
            of_x = along.addcmul_(quotient, mean, -1).mul_(scale).to(x.scalar_type());
        }
        return {of_x, of_weight, at::Tensor()};
    }
};

class GatedLinear : public torch::autograd::Function<GatedLinear> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up_M2F,
                              const at::Tensor& weight_OF) {
        context->save_for_backward({gate_up_M2F, weight_OF});
        const auto halves = gate_up_M2F.chunk(2, -1);
        return at::mm(at::silu(halves[0]).mul_(halves[1]), weight_OF.t());
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &gate_up = saved[0], weight = saved[1], slope = gradients[0];
        const auto halves = gate_up.chunk(2, -1);
        auto gate = at::silu(halves[0]);
        at::Tensor of_halves, of_weight;
        if (context->needs_input_grad(1)) of_weight = at::mm(slope.t(), gate.mul(halves[1]));
        if (context->needs_input_grad(0)) {
            of_halves = at::empty_like(gate_up);
            auto parts = of_halves.chunk(2, -1);
            auto along = at::mm(slope, weight);
            at::mul_out(parts[1], along, gate);
            at::silu_backward_out(parts[0], along.mul_(halves[1]), halves[0]);
        }
        return {of_halves, of_weight};
    }
};

/// @param sign 1: forwards, -1: back
at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine, int sign) {
    auto result = at::empty_like(x, at::MemoryFormat::Contiguous);
    const auto from = x.chunk(2, -1);
    auto to = result.chunk(2, -1);
    at::mul_out(to[0], from[0], cosine).sub_(from[1].mul(sine), sign);
    at::mul_out(to[1], from[1], cosine).add_(from[0].mul(sine), sign);
    return result;
}

class RotationStep : public torch::autograd::Function<RotationStep> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosine,
                              const at::Tensor& sine) {
        context->save_for_backward({cosine, sine});
        return rotated(x, cosine, sine, 1);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        return {rotated(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor lean_rms_norm(const at::Tensor& x, const at::Tensor& weight_C, double eps) {
    return RmsNormStep::apply(x, weight_C, eps);
}

at::Tensor lean_gated_linear(const at::Tensor& gate_up_M2F, const at::Tensor& weight_OF) {
    return GatedLinear::apply(gate_up_M2F, weight_OF);
}

at::Tensor lean_rotation(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
    return RotationStep::apply(x, cosine, sine);
}

}  // namespace lvr::nn
