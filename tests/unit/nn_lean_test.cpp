// SPDX-License-Identifier: Apache-2.0
// Steps that keep less for backward, against their formulas in single operators and autograd.
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <catch2/catch.hpp>

#include <functional>
#include <vector>

#include <lvr/nn/lean_backward.hpp>

#include "nn_fixture.hpp"

using namespace lvr;

namespace {

using Tensors = std::vector<at::Tensor>;
using Step = std::function<at::Tensor(const Tensors&)>;

/// The result, and the gradients of what requires one.
Tensors run(const Step& step, const Tensors& values, const std::vector<bool>& trained, at::ScalarType dtype) {
    Tensors leaves, found;
    for (std::size_t i = 0; i < values.size(); ++i)
        leaves.push_back(values[i].to(dtype).clone().requires_grad_(trained[i]));
    const auto result = step(leaves);
    found.push_back(result.detach());
    if (!result.requires_grad()) return found;
    result.to(at::kFloat).square().mul(0.5).sum().backward();
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        REQUIRE(leaves[i].grad().defined() == trained[i]);
        if (trained[i]) found.push_back(leaves[i].grad());
    }
    return found;
}

/// For every choice of what is trained. @return how many tensors were compared
int compare(const Step& lean, const Step& formula, const Tensors& values, std::size_t trainable) {
    int compared = 0;
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
        for (unsigned choice = 0; choice < 1U << trainable; ++choice) {
            std::vector<bool> trained(values.size(), false);
            for (std::size_t i = 0; i < trainable; ++i) trained[i] = (choice >> i & 1U) != 0;
            const auto ours = run(lean, values, trained, dtype),
                       wanted = run(formula, values, trained, dtype);
            INFO(choice << (dtype == at::kFloat ? " float32" : " bfloat16"));
            REQUIRE(ours.size() == wanted.size());
            CHECK(ours[0].equal(wanted[0]));
            for (std::size_t i = 1; i < ours.size(); ++i, ++compared)
                CHECK(test::relative_error(ours[i], wanted[i]) <= (dtype == at::kFloat ? 1e-6 : 6e-3));
        }
    }
    return compared;
}

}  // namespace

TEST_CASE("a lean RMSNorm is its formula") {
    const Step lean = [](const Tensors& in) { return nn::lean_rms_norm(in[0], in[1], 1e-5); };
    const Step formula = [](const Tensors& in) {
        const auto wide = in[0].to(at::kFloat);
        const auto scale = wide.square().mean(-1, true).add(1e-5).rsqrt();
        return in[1].mul(wide.mul(scale).to(in[0].scalar_type()));
    };
    CHECK(compare(lean, formula, {at::randn({3, 7, 24}).mul(3), at::randn({24})}, 2) == 8);
}

TEST_CASE("a lean gated linear map is its formula") {
    const Step lean = [](const Tensors& in) { return nn::lean_gated_linear(in[0], in[1]); };
    const Step formula = [](const Tensors& in) {
        const auto halves = in[0].chunk(2, -1);
        return at::linear(at::silu(halves[0]).mul(halves[1]), in[1]);
    };
    CHECK(compare(lean, formula, {at::randn({21, 2 * 40}).mul(2), at::randn({24, 40})}, 2) == 8);
}

TEST_CASE("a lean rotation is its formula, and may be given a view") {
    const auto view = [](const at::Tensor& x) { return x.narrow(2, 1, 3); };
    const Step lean = [&](const Tensors& in) { return nn::lean_rotation(view(in[0]), in[1], in[2]); };
    const Step formula = [&](const Tensors& in) {
        const auto halves = view(in[0]).chunk(2, -1);
        return at::cat(
            {halves[0].mul(in[1]).sub(halves[1].mul(in[2])), halves[1].mul(in[1]).add(halves[0].mul(in[2]))},
            -1);
    };
    const auto angle = at::randn({1, 7, 1, 8});
    CHECK(compare(lean, formula, {at::randn({2, 7, 5, 16}), angle.cos(), angle.sin()}, 1) == 2);
}
