// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>

#include <lvr/core/error.hpp>

#include "unit/llava_fixture.hpp"

using namespace lvr;

namespace {

constexpr double k_most = 1e-5;  // float32: ‖ours − reference‖ / ‖reference‖

double relative_error(const at::Tensor& ours, const at::Tensor& reference) {
    REQUIRE(ours.sizes() == reference.sizes());
    return ours.sub(reference).norm().item<double>() / reference.norm().item<double>();
}

/// The name of a tensor of a language model within transformers' LLaVA.
std::string within_llava(const std::string& name) {
    const std::string inner = "model.";
    return name.starts_with(inner) ? "model.language_model." + name.substr(inner.size()) : name;
}

}  // namespace

TEST_CASE("a tiny LLaVA's logits, loss and gradients are transformers'") {
    int gradients = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        INFO(name);
        const test::TinyLlava tiny(name);
        for (const auto& [parameter, tensor] : tiny.store.all()) tensor.requires_grad_(true);
        const auto model = vlm::make_mllm(tiny.config, tiny.store);
        const auto batch = tiny.samples("");
        const auto features = tiny.features("");

        const auto [hidden, labels] = vlm::forward(model, batch, features);
        const auto logits = nn::logits(model.llm, hidden), wanted = tiny.expected("logits");
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const auto row = static_cast<std::int64_t>(i);
            const auto images = features[i].defined() ? features[i].size(0) - 1 : 0;
            const auto length = static_cast<std::int64_t>(batch[i].ids.size()) + images;
            CHECK(relative_error(logits[row].narrow(0, 0, length), wanted[row].narrow(0, 0, length)) <=
                  k_most);
        }

        const auto loss = vlm::loss(model, batch, features);
        CHECK(loss.item<double>() == Approx(tiny.expected("loss").item<double>()).epsilon(1e-6));
        loss.backward();
        weights::WeightStore llm;
        for (const auto& [parameter, tensor] : tiny.store.all()) {
            REQUIRE(tensor.grad().defined());
            if (parameter.starts_with(vlm::k_llm_prefix))
                llm.put(parameter.substr(vlm::k_llm_prefix.size()), tensor.grad());
        }
        for (const auto& [parameter, gradient] : weights::export_weights(llm, nn::llama_names(tiny.config))) {
            INFO(parameter);
            CHECK(relative_error(gradient, tiny.expected("gradient." + within_llava(parameter))) <= k_most);
            ++gradients;
        }
        for (const std::string layer : {"1", "2"}) {
            for (const std::string part : {"weight", "bias"}) {
                const auto& ours =
                    tiny.store.all().at("projector." + std::string(layer == "1" ? "0." : "2.") + part);
                const std::string theirs =
                    "gradient.model.multi_modal_projector.linear_" + layer + "." + part;
                CHECK(relative_error(ours.grad(), tiny.expected(theirs)) <= k_most);
                ++gradients;
            }
        }
    }
    CHECK(gradients == 2 * (3 + 2 * 9 + 4) + 2 * 3);  // Qwen2 has biases of q, k and v
}

namespace {

/// The loss of the three samples, and the gradients of what is trained.
std::map<std::string, at::Tensor> loss_and_gradients(const test::TinyLlava& tiny, bool with_llm,
                                                     const vlm::ForwardOptions& how) {
    weights::WeightStore store;
    for (const auto& [name, tensor] : tiny.store.all())
        store.put(name, tensor.clone().requires_grad_(with_llm || name.starts_with(vlm::k_projector_prefix)));
    const auto model = vlm::make_mllm(tiny.config, store);
    const auto loss = vlm::loss(model, tiny.samples(""), tiny.features(""), {}, how);
    loss.backward();
    std::map<std::string, at::Tensor> found = {{"the loss", loss.detach()}};
    for (const auto& [name, tensor] : store.all())
        if (tensor.grad().defined()) found[name] = tensor.grad();
    return found;
}

constexpr std::size_t k_projector_tensors = 4;

}  // namespace

TEST_CASE("computing blocks again changes no bit of either stage's loss and gradients") {
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        for (const bool with_llm : {false, true}) {
            INFO(name << ", language model trained: " << with_llm);
            const auto kept = loss_and_gradients(tiny, with_llm, {});
            const auto again =
                loss_and_gradients(tiny, with_llm, {.activations = nn::Activations::recomputed});
            CHECK(kept.size() == 1 + (with_llm ? tiny.store.all().size() : k_projector_tensors));
            REQUIRE(again.size() == kept.size());
            for (const auto& [parameter, gradient] : kept) {
                INFO(parameter);
                CHECK(again.at(parameter).equal(gradient));
                ++compared;
            }
        }
    }
    CHECK(compared > 50);
}

TEST_CASE("a batch without images has no gradients in stage 1, whether blocks are computed again or not") {
    const test::TinyLlava tiny("llama");
    for (const auto& [name, tensor] : tiny.store.all())
        tensor.requires_grad_(name.starts_with(vlm::k_projector_prefix));
    const auto model = vlm::make_mllm(tiny.config, tiny.store);
    const auto samples = tiny.samples("");
    const std::vector<at::Tensor> none(1);
    std::vector<double> losses;
    for (const auto activations : {nn::Activations::kept, nn::Activations::recomputed}) {
        const auto loss =
            vlm::loss(model, std::span(samples).last(1), none, {}, {.activations = activations});
        CHECK_FALSE(loss.requires_grad());
        losses.push_back(loss.item<double>());
    }
    CHECK(losses[0] == losses[1]);
}

TEST_CASE("samples that share a row have the loss and gradients that they have in rows of their own") {
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        const auto alone = loss_and_gradients(tiny, true, {});
        for (const auto& packs :
             std::vector<std::vector<std::vector<std::int64_t>>>{{{0, 1, 2}}, {{2, 0}, {1}}, {{1, 0}, {2}}}) {
            for (const auto activations : {nn::Activations::kept, nn::Activations::recomputed}) {
                const auto packed =
                    loss_and_gradients(tiny, true, {.splice = {.packs = packs}, .activations = activations});
                REQUIRE(packed.size() == alone.size());
                for (const auto& [parameter, gradient] : alone) {
                    INFO(name << ", " << packs.size() << " rows: " << parameter);
                    CHECK(relative_error(packed.at(parameter), gradient) <= 1e-6);
                    ++compared;
                }
            }
        }
    }
    CHECK(compared > 200);
}

TEST_CASE("what is trained, in forward's order") {
    const test::TinyLlava tiny("llama");
    const auto align = vlm::trained_names(tiny.config, tiny.store, false);
    CHECK(align == std::vector<std::string>{"projector.0.weight", "projector.0.bias", "projector.2.weight",
                                            "projector.2.bias"});
    const auto all = vlm::trained_names(tiny.config, tiny.store, true);
    CHECK(all.size() == tiny.store.all().size());
    CHECK(all[4] == "llm.embedding.weight");
    CHECK(all[5].starts_with("llm.blocks.0."));
    CHECK(all.back() == "llm.head.weight");
}

TEST_CASE("backward completes the gradients from the last of the names to the first") {
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        for (const bool tied : {false, true}) {
            for (const auto activations : {nn::Activations::kept, nn::Activations::recomputed}) {
                const test::TinyLlava tiny(name);
                auto config = tiny.config;
                config.tied = tied;
                weights::WeightStore store;
                for (const auto& [parameter, tensor] : tiny.store.all())
                    if (!tied || parameter != "llm.head.weight") store.put(parameter, tensor.clone());
                std::vector<std::string> order;
                for (const auto& [parameter, tensor] : store.all())
                    tensor.requires_grad_(true).register_hook(
                        [&order, parameter = parameter](const at::Tensor& gradient) {
                            order.push_back(parameter);
                            return gradient;
                        });
                vlm::loss(vlm::make_mllm(config, store), tiny.samples(""), tiny.features(""), {},
                          {.activations = activations})
                    .backward();
                auto wanted = vlm::trained_names(config, store, true);
                CHECK(wanted.size() == store.all().size());
                std::reverse(wanted.begin(), wanted.end());
                INFO(name << ", tied: " << tied);
                CHECK(order == wanted);
                ++compared;
            }
        }
    }
    CHECK(compared == 8);
}

TEST_CASE("a projector that is missing or of another model is refused") {
    const test::TinyLlava tiny("llama");
    weights::WeightStore none, narrow;
    for (const auto& [name, tensor] : tiny.store.all()) {
        if (!name.starts_with("projector.")) none.put(name, tensor);
        const bool is_last = name.starts_with("projector.2.");
        narrow.put(name, is_last ? tensor.narrow(0, 0, 8) : tensor);
    }
    CHECK_THROWS_WITH(vlm::make_mllm(tiny.config, none), Catch::Contains("have no projector"));
    CHECK_THROWS_WITH(vlm::make_mllm(tiny.config, narrow), Catch::Contains("gives 8 channels"));
}
