// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/linspace.h>
#include <catch2/catch.hpp>

#include <lvr/nn/causal_loss.hpp>

#include "nn_fixture.hpp"
#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;

namespace {

constexpr std::int64_t k_batch = 3, k_length = 7, k_width = 5, k_vocabulary = 11;

struct Example {
    at::Tensor hidden =
        at::linspace(0, 900, k_batch* k_length* k_width).sin().view({k_batch, k_length, k_width});
    at::Tensor head = at::linspace(1, 700, k_vocabulary* k_width).cos().view({k_vocabulary, k_width});
    at::Tensor labels = at::linspace(0, 1e4, k_batch* k_length)
                            .to(at::kLong)
                            .remainder(k_vocabulary)
                            .view({k_batch, k_length});

    Example() {
        labels.narrow(1, 0, 2).fill_(nn::k_ignored_label);
        labels[1].narrow(0, 4, 3).fill_(nn::k_ignored_label);
        for (auto* leaf : {&hidden, &head}) leaf->set_requires_grad(true);
    }
    /// All logits at once, by LibTorch's own cross-entropy. @return loss
    at::Tensor plain() const {
        const auto logits = at::linear(hidden, head).narrow(1, 0, k_length - 1).reshape({-1, k_vocabulary});
        return at::cross_entropy_loss(logits, labels.narrow(1, 1, k_length - 1).reshape({-1}));
    }
};

struct Outcome {
    at::Tensor loss, hidden, head;
};

Outcome outcome(const Example& example, const at::Tensor& loss, double scale = 1) {
    loss.mul(scale).backward();
    return {loss.detach(), example.hidden.grad(), example.head.grad()};
}

}  // namespace

TEST_CASE("the loss in chunks is the loss of all logits, with its gradients") {
    const Example whole;
    const auto wanted = outcome(whole, whole.plain());
    int compared = 0;
    for (const std::int64_t rows : {0, 1, 2, 3, 11, 12, 100}) {
        INFO(rows);
        const Example example;
        const auto ours = outcome(
            example, nn::causal_lm_loss(example.hidden, example.head, example.labels, {.chunk_rows = rows}));
        CHECK(relative_error(ours.loss, wanted.loss) < 1e-6);
        CHECK(relative_error(ours.hidden, wanted.hidden) < 1e-6);
        CHECK(relative_error(ours.head, wanted.head) < 1e-6);
        ++compared;
    }
    CHECK(compared == 7);
}

TEST_CASE("the loss may be scaled, and divided by another number of labels") {
    const Example whole, scaled, divided;
    const auto wanted = outcome(whole, whole.plain());
    const auto ours = outcome(scaled, nn::causal_lm_loss(scaled.hidden, scaled.head, scaled.labels), 3);
    CHECK(relative_error(ours.head, wanted.head.mul(3)) < 1e-6);
    const auto count = static_cast<double>(nn::learned_labels(divided.labels));
    CHECK(count == 12);
    const auto half = outcome(
        divided, nn::causal_lm_loss(divided.hidden, divided.head, divided.labels, {.divisor = 2 * count}));
    CHECK(relative_error(half.loss, wanted.loss.div(2)) < 1e-6);
    CHECK(relative_error(half.hidden, wanted.hidden.div(2)) < 1e-6);
}

TEST_CASE("gradients are computed for what asks for them") {
    const Example whole;
    const auto wanted = outcome(whole, whole.plain());
    Example frozen;
    frozen.head.set_requires_grad(false);
    nn::causal_lm_loss(frozen.hidden, frozen.head, frozen.labels).backward();
    CHECK(relative_error(frozen.hidden.grad(), wanted.hidden) < 1e-6);
    CHECK_FALSE(frozen.head.grad().defined());
    const at::NoGradGuard guard;
    const auto loss = nn::causal_lm_loss(whole.hidden, whole.head, whole.labels);
    CHECK_FALSE(loss.requires_grad());
    CHECK(relative_error(loss, wanted.loss) < 1e-6);
}

TEST_CASE("half precision keeps the loss in float32") {
    Example example;
    const auto wanted = outcome(example, example.plain());
    Example half;
    half.hidden = half.hidden.detach().to(at::kBFloat16).set_requires_grad(true);
    half.head = half.head.detach().to(at::kBFloat16).set_requires_grad(true);
    const auto ours =
        outcome(half, nn::causal_lm_loss(half.hidden, half.head, half.labels, {.chunk_rows = 2}));
    CHECK(ours.loss.scalar_type() == at::kFloat);
    CHECK(ours.head.scalar_type() == at::kBFloat16);
    CHECK(relative_error(ours.loss, wanted.loss) < 1e-2);
    CHECK(relative_error(ours.hidden, wanted.hidden) < 2e-2);
    CHECK(relative_error(ours.head, wanted.head) < 2e-2);
}

TEST_CASE("nothing to learn is no loss") {
    Example example;
    example.labels.fill_(nn::k_ignored_label);
    example.labels.narrow(1, 0, 1).fill_(4);  // nothing predicts a sample's first token
    const auto ours = outcome(example, nn::causal_lm_loss(example.hidden, example.head, example.labels));
    CHECK(ours.loss.item<double>() == 0);
    CHECK(ours.hidden.count_nonzero().item<std::int64_t>() == 0);
    CHECK(ours.head.count_nonzero().item<std::int64_t>() == 0);
    CHECK(nn::learned_labels(example.labels) == 0);
    const auto one =
        nn::causal_lm_loss(example.hidden.narrow(1, 0, 1), example.head, example.labels.narrow(1, 0, 1));
    CHECK(one.item<double>() == 0);
}

TEST_CASE("labels of another vocabulary are refused, and a second backward pass") {
    Example example;
    for (const std::int64_t label : {k_vocabulary, std::int64_t{-1}}) {
        example.labels[0][3] = label;
        CHECK(says(refusal([&] { nn::causal_lm_loss(example.hidden, example.head, example.labels); }),
                   "the label " + std::to_string(label) + " is none of the model's 11 tokens"));
    }
    example.labels[0][3] = 1;
    const auto loss = nn::causal_lm_loss(example.hidden, example.head, example.labels);
    loss.backward({}, true);
    CHECK_THROWS_WITH(loss.backward(), Catch::Contains("differentiated twice"));
}
