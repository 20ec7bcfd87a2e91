// SPDX-License-Identifier: Apache-2.0
// Language models against transformers (tests/reference/llama_lm.py).
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>  // ATen's operators bring a CHECK of their own: Catch's must come behind them
#include <catch2/catch.hpp>

#include <lvr/nn/causal_loss.hpp>
#include <lvr/nn/llama.hpp>

#include "nn_fixture.hpp"

using namespace lvr;
using namespace lvr::test;

namespace {

constexpr double k_most_fp32 = 1e-5, k_most_bf16 = 2e-2;  // the issue's

at::Tensor logits_of(const nn::Llama& model, const at::Tensor& ids, const nn::LlamaSequence& sequence = {}) {
    return nn::logits(model, nn::llama_forward(model, nn::embed(model, ids), sequence));
}

double logits_error(const GoldenModel& golden, const at::Tensor& ours, const std::string& key) {
    const auto mask = golden.read("mask");
    return relative_error(at_tokens(ours, mask), at_tokens(golden.read(key), mask));
}

/// What the backward pass left, by transformers' names.
std::map<std::string, at::Tensor> gradients_of(const GoldenModel& golden, const weights::WeightStore& store) {
    weights::WeightStore gradients;
    for (const auto& [name, weight] : store.all()) {
        INFO(name);
        REQUIRE(weight.grad().defined());
        gradients.put(name, weight.grad());
    }
    return weights::export_weights(gradients, nn::llama_names(golden.config()));
}

}  // namespace

TEST_CASE("logits are those of transformers in float32", "[reference]") {
    int compared = 0;
    for (const auto& golden : golden_models()) {
        const double off = logits_error(golden, logits_of(golden.model(), golden.read("ids")), "logits");
        INFO(golden.name << ": " << off << ", allowed " << k_most_fp32);
        CHECK(off <= k_most_fp32);
        ++compared;
    }
    CHECK(compared == 5);
}

TEST_CASE("the loss and every parameter's gradient are those of transformers", "[reference]") {
    int models = 0, gradients = 0;
    for (const auto& golden : golden_models()) {
        const auto store = golden.store();
        for (const auto& [name, weight] : store.all()) weight.set_requires_grad(true);
        const auto model = nn::make_llama(golden.config(), store);
        const auto hidden = nn::llama_forward(model, nn::embed(model, golden.read("ids")));
        const auto loss = nn::causal_lm_loss(hidden, model.head_VD, golden.read("labels"), {.chunk_rows = 3});
        loss.backward();
        const double loss_off = relative_error(loss.detach(), golden.read("loss"));
        INFO(golden.name << ": loss off by " << loss_off << ", allowed " << k_most_fp32);
        CHECK(loss_off <= k_most_fp32);
        std::size_t wanted = 0;
        for (const auto& [name, info] : golden.expected.tensors()) wanted += name.starts_with("gradient.");
        const auto ours = gradients_of(golden, store);
        CHECK(ours.size() == wanted);
        for (const auto& [name, gradient] : ours) {
            const double off = relative_error(gradient, golden.read("gradient." + name));
            INFO(name << ": " << off << ", allowed " << k_most_fp32);
            CHECK(off <= k_most_fp32);
            ++gradients;
        }
        ++models;
    }
    CHECK(models == 5);
    CHECK(gradients > 100);
}

TEST_CASE("bfloat16 stays near transformers' bfloat16", "[reference]") {
    int compared = 0;
    for (const auto& golden : golden_models()) {
        const auto model = nn::make_llama(golden.config(), golden.store(at::kBFloat16));
        const auto ours = logits_of(model, golden.read("ids"));
        CHECK(ours.scalar_type() == at::kBFloat16);
        const double off = logits_error(golden, ours, "logits_bf16");
        INFO(golden.name << ": " << off << ", allowed " << k_most_bf16);
        CHECK(off <= k_most_bf16);
        ++compared;
    }
    CHECK(compared == 5);
}

TEST_CASE("positions may be anywhere, and frequencies rounded as in the published training", "[reference]") {
    int compared = 0;
    for (const auto& golden : golden_models()) {
        if (!golden.has("positions")) continue;
        auto config = golden.config();
        const nn::LlamaSequence sequence{golden.read("positions"), {}};
        for (const auto& [key, rounded] :
             {std::pair("logits_positions", false), std::pair("logits_bf16_frequencies", true)}) {
            config.rotary.bfloat16_frequencies = rounded;
            const auto model = nn::make_llama(config, golden.store());
            const auto ours = logits_of(model, golden.read("ids"), sequence);
            const double off = logits_error(golden, ours, key);
            INFO(golden.name << ", " << key << ": " << off << ", allowed " << k_most_fp32);
            CHECK(off <= k_most_fp32);
            CHECK(logits_error(golden, ours, rounded ? "logits_positions" : "logits_bf16_frequencies") >
                  1e-3);
            ++compared;
        }
    }
    CHECK(compared == 4);
}
