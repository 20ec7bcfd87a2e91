// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/recompute.hpp>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::nn {
namespace {

using Function = std::function<at::Tensor(const at::Tensor&)>;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A function as a value that a context can keep.
struct Kept : torch::CustomClassHolder {
    explicit Kept(Function function) : f(std::move(function)) {}
    Function f;
};

/// As it is computed where gradients are recorded: with the same operators, hence the same bits.
at::Tensor recorded(const Function& f, const at::Tensor& x) {
    const at::AutoGradMode records(true);
    return f(x);
}

class Recomputed : public torch::autograd::Function<Recomputed> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const c10::intrusive_ptr<Kept>& kept) {
        context->save_for_backward({x});
        context->saved_data["f"] = c10::IValue::make_capsule(kept);
        return recorded(kept->f, x.detach().requires_grad_(true)).detach();
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["f"].toCapsule());
        const auto x = context->get_saved_variables()[0].detach().requires_grad_(true);
        const auto y = recorded(kept->f, x);
        core::ensure(y.requires_grad(), "a function to be differentiated that does not look at its argument");
        // A backward within the backward: leaves take their gradients as in any other.
        torch::autograd::backward({y}, {gradients[0]});
        return {x.grad(), at::Tensor()};
    }
};

}  // namespace

at::Tensor recomputed(const Function& f, const at::Tensor& x) {
    if (!at::GradMode::is_enabled() || !x.requires_grad()) return f(x);
    return Recomputed::apply(x, c10::make_intrusive<Kept>(f));
}

}  // namespace lvr::nn
