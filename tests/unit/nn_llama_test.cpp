// SPDX-License-Identifier: Apache-2.0
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/where.h>
#include <catch2/catch.hpp>

#include <functional>

#include <lvr/nn/layers.hpp>
#include <lvr/nn/llama.hpp>
#include <lvr/weights/safetensors_write.hpp>

#include "nn_fixture.hpp"
#include "weights_fixture.hpp"

using namespace lvr;
using namespace lvr::test;

namespace {

constexpr double k_most = 1e-6;  // of float32, where another batch shape means another order of sums

at::Tensor hidden_of(const nn::Llama& model, const at::Tensor& ids, const nn::LlamaSequence& sequence = {}) {
    return nn::llama_forward(model, nn::embed(model, ids), sequence);
}

/// What is said of a golden model's configuration with one thing changed.
std::string about_config(const std::string& name, const std::function<void(core::Json&)>& change) {
    auto config = golden_model(name).snapshot.config;
    change(config);
    return refusal([&] { nn::read_llama_config(config, "some/config.json"); });
}

std::string with(const std::string& name, const std::string& key, const core::Json& value) {
    return about_config(name, [&](core::Json& config) { config[key] = value; });
}

std::string without(const std::string& name, const std::string& key) {
    return about_config(name, [&](core::Json& config) { config.erase(key); });
}

}  // namespace

TEST_CASE("a sample's output depends neither on its neighbours nor on the padding") {
    int compared = 0;
    for (const auto& golden : golden_models()) {
        const auto model = golden.model();
        const auto ids = golden.read("ids"), mask = golden.read("mask");
        const auto together = hidden_of(model, ids);
        for (std::int64_t i = 0; i < ids.size(0); ++i) {
            const auto length = mask[i].sum().item<std::int64_t>();
            const auto alone = hidden_of(model, ids.narrow(0, i, 1).narrow(1, 0, length));
            INFO(golden.name << " " << i);
            CHECK(relative_error(together[i].narrow(0, 0, length), alone[0]) <= k_most);
            ++compared;
        }
        const auto other = at::where(mask.to(at::kBool), ids, at::full({}, 7, ids.options()));
        CHECK(at_tokens(hidden_of(model, other), mask).equal(at_tokens(together, mask)));
    }
    CHECK(compared == 15);
}

TEST_CASE("samples packed into one row do not see each other") {
    int compared = 0;
    for (const auto& golden : golden_models()) {
        const auto model = golden.model();
        const auto ids = golden.read("ids");
        const std::vector<std::int64_t> lengths = {13, 9, 4};
        std::vector<at::Tensor> tokens, numbers;
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            tokens.push_back(ids[static_cast<std::int64_t>(i)].narrow(0, 0, lengths[i]));
            numbers.push_back(at::full({lengths[i]}, static_cast<std::int64_t>(i), at::kLong));
        }
        const auto sequence = nn::packed(at::cat(numbers).unsqueeze(0));
        const auto row = hidden_of(model, at::cat(tokens).unsqueeze(0), sequence)[0];
        std::int64_t begin = 0;
        for (std::size_t i = 0; i < lengths.size(); begin += lengths[i++]) {
            const auto alone = hidden_of(model, tokens[i].unsqueeze(0))[0];
            INFO(golden.name << " " << i);
            CHECK(relative_error(row.narrow(0, begin, lengths[i]), alone) <= k_most);
            ++compared;
        }
    }
    CHECK(compared == 15);
}

TEST_CASE("tokens of another vocabulary have no embedding") {
    const auto model = golden_model("llama_gqa").model();
    for (const std::int64_t id : {60, -1})
        CHECK(says(refusal([&] {
                       nn::embed(model, at::full({1, 1}, id, at::kLong));
                   }),
                   "the token id " + std::to_string(id) + " is none of the model's 60"));
}

TEST_CASE("activations leave what autograd needs") {
    int compared = 0;
    for (const auto activation : {nn::Activation::gelu, nn::Activation::gelu_tanh, nn::Activation::quick_gelu,
                                  nn::Activation::silu}) {
        INFO(nn::name_of(activation));
        const auto x = at::linspace(-3, 3, 12, at::kDouble), step = at::full({}, 1e-6, at::kDouble);
        const auto leaf = x.clone().set_requires_grad(true);
        const auto y = nn::activate(activation, leaf.mul(1));
        y.sum().backward();
        const auto slope =
            nn::activate(activation, x.add(step)).sub(nn::activate(activation, x.sub(step))).div(2e-6);
        CHECK(relative_error(leaf.grad(), slope) < 1e-8);
        CHECK(relative_error(y.detach(), nn::activate(activation, x.clone())) < 1e-12);
        ++compared;
    }
    CHECK(compared == 4);
}

TEST_CASE("a configuration says all, or is refused by its key") {
    for (const char* name : {"llama_gqa", "qwen2"}) CHECK(about_config(name, [](core::Json&) {}).empty());
    int refused = 0;
    for (const char* key : {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                            "vocab_size", "max_position_embeddings", "rms_norm_eps", "hidden_act"}) {
        CHECK(says(without("llama_gqa", key), std::string("some/config.json: ") + key + " is missing"));
        CHECK(says(with("llama_gqa", key, nullptr), std::string(key) + " is missing"));
        CHECK(says(with("llama_gqa", key, core::Json::array()), key));
        ++refused;
    }
    CHECK(refused == 8);
    CHECK(says(without("qwen2", "num_key_value_heads"), "num_key_value_heads is missing"));
    CHECK(says(with("llama_gqa", "model_type", "mistral"), "the model type 'mistral' is not one of ours"));
    CHECK(says(with("llama_gqa", "hidden_act", "gelu"), "its activation is 'gelu', not silu"));
    CHECK(says(with("llama_gqa", "hidden_size", 1 << 21), "hidden_size is not a sensible whole number"));
    CHECK(says(with("llama_gqa", "num_hidden_layers", 0), "has 0 layers"));
    CHECK(says(with("llama_gqa", "num_attention_heads", 0), "0 heads"));
    CHECK(says(with("llama_gqa", "num_key_value_heads", 3), "3 key heads cannot serve 4 heads"));
    CHECK(says(with("llama_gqa", "num_key_value_heads", 0), "0 key heads cannot serve 4 heads"));
    CHECK(says(with("llama_gqa", "head_dim", 7), "heads of 7 channels have no halves to rotate"));
    CHECK(says(with("llama_gqa", "rms_norm_eps", -1), "rms_norm_eps is no sensible number"));
    CHECK(says(refusal([] { nn::read_llama_config(core::Json::array(), "x.json"); }),
               "x.json: the content is not an object"));
}

TEST_CASE("what is not computed is refused") {
    CHECK(says(with("llama_gqa", "attention_dropout", 0.1), "has dropout"));
    CHECK(says(with("llama_gqa", "quantization_config", core::Json::object()), "its weights are quantised"));
    CHECK(says(with("llama_gqa", "partial_rotary_factor", 0.5), "only a part of each head is rotated"));
    CHECK(says(with("llama_gqa", "rope_parameters", {{"rope_type", "yarn"}}), "scaled by the rule 'yarn'"));
    CHECK(says(with("llama_gqa", "rope_scaling", {{"type", "linear"}, {"factor", 2}}),
               "scaled by the rule 'linear'"));
    CHECK(says(with("llama_gqa", "rope_scaling", 3), "rope_parameters: the content is not an object"));
    CHECK(says(with("llama_gqa", "rope_parameters", {{"rope_type", "llama3"}}), "factor is missing"));
    CHECK(
        says(with("llama_gqa", "rope_parameters", {{"rope_theta", 0}}), "rope_theta is no sensible number"));
    CHECK(says(with("qwen2", "layer_types", {"full_attention", "sliding_attention"}),
               "layers of the type \"sliding_attention\""));
    CHECK(says(about_config("qwen2",
                            [](core::Json& config) {
                                config["use_sliding_window"] = true;
                                config["sliding_window"] = 8;
                                config["max_window_layers"] = 1;
                            }),
               "some layers see a sliding window only"));
    CHECK(with("qwen2", "use_sliding_window", true).empty());  // its window is null
}

TEST_CASE("older configurations are understood") {
    const auto config = [](const core::Json& more) {
        auto json = golden_model("llama_biases_tied").snapshot.config;
        json.update(more);
        return nn::read_llama_config(json, "config.json");
    };
    const auto plain = config(core::Json::object());
    CHECK(plain.rotary.theta == 10000);
    CHECK(plain.kv_heads == 4);
    CHECK(plain.head_width == 8);
    CHECK(config({{"rope_theta", 5e5}}).rotary.theta == 5e5);
    const core::Json llama3 = {{"rope_type", "llama3"},
                               {"factor", 32},
                               {"low_freq_factor", 1},
                               {"high_freq_factor", 4},
                               {"original_max_position_embeddings", 16}};
    const auto scaled = config({{"rope_theta", 5e5}, {"rope_scaling", llama3}});
    CHECK(scaled.rotary.theta == 5e5);
    REQUIRE(scaled.rotary.llama3);
    CHECK(scaled.rotary.llama3->factor == 32);
    CHECK(scaled.rotary.llama3->original_positions == 16);
}

TEST_CASE("weights that are not the model's are refused by name") {
    const auto golden = golden_model("qwen2");
    const auto checkpoint = weights::Checkpoint::open(golden.snapshot.folder);
    const auto about = [&](const std::function<void(nn::LlamaConfig&)>& change) {
        auto config = golden.config();
        change(config);
        return refusal([&] { nn::load_llama(checkpoint, config, {}); });
    };
    CHECK(about([](auto&) {}).empty());
    CHECK(says(about([](auto& config) { config.layers = 3; }),
               "model.layers.2.mlp.down_proj.weight: is not in the file"));
    CHECK(says(about([](auto& config) { config.layers = 1; }), "but this model has no blocks.1."));
    CHECK(says(about([](auto& config) { config.qkv_bias = false; }),
               "this model has no blocks.0.attention.qkv.bias"));
    CHECK(says(about([](auto& config) { config.out_bias = true; }),
               "model.layers.0.self_attn.o_proj.bias: is not in the file"));
    CHECK(
        says(about([](auto& config) { config.vocabulary = 61; }), "model.embed_tokens.weight: is [60, 32]"));
    CHECK(says(about([](auto& config) { config.heads = 2, config.kv_heads = 3; }),
               "should be 16 long on axis 0"));
    CHECK(says(about([](auto& config) { config.tied = true; }),
               "lm_head.weight differs from model.embed_tokens.weight"));
    CHECK(says(about([](auto& config) { config.layers = 3; }), "qwen2/model.safetensors"));
}

TEST_CASE("what is exported is the model again, by transformers' names") {
    int models = 0, tensors = 0;
    for (const auto& golden : golden_models()) {
        INFO(golden.name);
        const auto store = golden.store();
        const TemporaryTree tree;
        weights::write_checkpoint(tree.root(),
                                  weights::export_weights(store, nn::llama_names(golden.config())), 30000);
        const auto written = weights::Checkpoint::open(tree.root()),
                   original = weights::Checkpoint::open(golden.snapshot.folder);
        for (const auto& [name, info] : original.tensors()) {
            INFO(name);
            const bool dropped =
                name.ends_with("inv_freq") || (golden.config().tied && name == "lm_head.weight");
            REQUIRE(written.tensors().contains(name) != dropped);
            if (dropped) continue;
            CHECK(written.read(name).equal(original.read(name)));
            ++tensors;
        }
        const auto again = nn::load_llama(written, golden.config(), {});
        for (const auto& [name, tensor] : store.all()) CHECK(again.all().at(name).equal(tensor));
        ++models;
    }
    CHECK(models == 5);
    CHECK(tensors > 100);
}
