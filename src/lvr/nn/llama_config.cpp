// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/llama_config.hpp>

#include <fmt/format.h>

#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/weights/config_keys.hpp>
#include <lvr/weights/llama_names.hpp>

namespace lvr::nn {
namespace {

using weights::ConfigKeys;

constexpr double k_default_theta = 10000;  // of both families in transformers
constexpr std::int64_t k_most_layers = 4096;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    throw core::input_error(fmt::format("{}: {}", where, what),
                            "this is not computed here, and would go unnoticed", "use a model without it");
}

/// transformers 5 has all in rope_parameters; before, rope_theta stood alone and the rest in rope_scaling.
const core::Json& rotary_part(const ConfigKeys& keys, const core::Json& config) {
    static const core::Json k_none = core::Json::object();
    for (const char* key : {"rope_scaling", "rope_parameters"}) {  // transformers lets the older one win
        if (keys.has(key) && !config.at(key).empty()) return config.at(key);
    }
    return k_none;
}

Rotary read_rotary(const ConfigKeys& keys, const core::Json& config) {
    const ConfigKeys part(rotary_part(keys, config), keys.where() + ", rope_parameters");
    Rotary rotary{.theta = part.real("rope_theta", keys.real("rope_theta", k_default_theta))};
    if (part.real("partial_rotary_factor", keys.real("partial_rotary_factor", 1)) != 1)
        refuse(keys.where(), "only a part of each head is rotated (partial_rotary_factor)");
    const auto type = part.text("rope_type", part.text("type", "default"));
    if (type == "default") return rotary;
    if (type != "llama3")
        refuse(keys.where(), fmt::format("positions are scaled by the rule '{}' (rope_type)", type));
    Llama3Scaling scaling;
    scaling.factor = part.needed_real("factor");
    scaling.low_frequency_factor = part.needed_real("low_freq_factor");
    scaling.high_frequency_factor = part.needed_real("high_freq_factor");
    const std::string original = "original_max_position_embeddings";
    scaling.original_positions =
        part.has(original) ? part.count(original, 0) : keys.needed_count("max_position_embeddings");
    rotary.llama3 = scaling;
    return rotary;
}

void refuse_windows(const ConfigKeys& keys, const core::Json& config, std::int64_t layers) {
    const bool window = keys.flag("use_sliding_window", false) && keys.has("sliding_window");
    if (window && keys.count("max_window_layers", 0) < layers)
        refuse(keys.where(), "some layers see a sliding window only (use_sliding_window)");
    if (!keys.has("layer_types")) return;
    const auto& types = config.at("layer_types");
    if (!types.is_array()) keys.fail("layer_types", "not a list");
    for (const auto& type : types) {
        if (type != "full_attention")
            refuse(keys.where(), "has layers of the type " + type.dump() + " (layer_types)");
    }
}

void refuse_the_rest(const ConfigKeys& keys) {
    if (keys.real("attention_dropout", 0) != 0) refuse(keys.where(), "has dropout (attention_dropout)");
    if (keys.has("quantization_config"))
        refuse(keys.where(), "its weights are quantised (quantization_config)");
    const auto activation = keys.needed_text("hidden_act");
    if (activation != "silu" && activation != "swish")
        refuse(keys.where(), fmt::format("its activation is '{}', not silu (hidden_act)", activation));
}

std::int64_t read_head_width(const ConfigKeys& keys, const LlamaConfig& model) {
    if (keys.has("head_dim")) return keys.count("head_dim", 0);
    if (model.heads == 0 || model.width % model.heads != 0)
        keys.fail("hidden_size", fmt::format("{}, which {} heads do not divide", model.width, model.heads));
    return model.width / model.heads;
}

void add_linear(weights::Shapes& shapes, const std::string& name, std::int64_t out, std::int64_t in,
                bool bias) {
    shapes[name + ".weight"] = {out, in};
    if (bias) shapes[name + ".bias"] = {out};
}

}  // namespace

void LlamaConfig::validate(const std::string& where) const {
    const auto demand = [&](bool condition, const std::string& problem) {
        if (!condition) throw core::input_error(where + ": " + problem, "", "correct config.json");
    };
    demand(width > 0 && mlp_width > 0 && vocabulary > 0 && max_positions > 0, "a size is zero or negative");
    demand(layers > 0 && layers <= k_most_layers, fmt::format("has {} layers", layers));
    demand(heads > 0 && kv_heads > 0 && heads % kv_heads == 0,
           fmt::format("{} key heads cannot serve {} heads", kv_heads, heads));
    demand(head_width > 0 && head_width % 2 == 0,
           fmt::format("heads of {} channels have no halves to rotate", head_width));
    demand(std::isfinite(eps) && eps >= 0, "rms_norm_eps is no sensible number");
    demand(std::isfinite(rotary.theta) && rotary.theta > 0, "rope_theta is no sensible number");
    if (!rotary.llama3) return;
    const auto& [factor, low, high, original] = *rotary.llama3;
    demand(
        factor > 0 && low > 0 && high > low && std::isfinite(factor) && std::isfinite(high) && original > 0,
        "the numbers of rope_parameters are impossible");
}

LlamaConfig read_llama_config(const core::Json& config, const std::string& where) {
    const ConfigKeys keys(config, where);
    const auto type = keys.text("model_type", "");
    if (type != "llama" && type != "qwen2")
        throw core::input_error(fmt::format("{}: the model type '{}' is not one of ours", where, type),
                                "we do not know how its language model is built",
                                "use a llama or qwen2 model");
    const bool is_qwen = type == "qwen2";
    LlamaConfig model;
    model.width = keys.needed_count("hidden_size");
    model.mlp_width = keys.needed_count("intermediate_size");
    model.layers = keys.needed_count("num_hidden_layers");
    model.heads = keys.needed_count("num_attention_heads");
    model.kv_heads =
        is_qwen ? keys.needed_count("num_key_value_heads") : keys.count("num_key_value_heads", model.heads);
    model.head_width = read_head_width(keys, model);
    model.vocabulary = keys.needed_count("vocab_size");
    model.max_positions = keys.needed_count("max_position_embeddings");
    model.eps = keys.needed_real("rms_norm_eps");
    model.tied = keys.flag("tie_word_embeddings", false);
    model.qkv_bias = is_qwen || keys.flag("attention_bias", false);
    model.out_bias = !is_qwen && keys.flag("attention_bias", false);
    model.mlp_bias = !is_qwen && keys.flag("mlp_bias", false);
    model.rotary = read_rotary(keys, config);
    refuse_windows(keys, config, model.layers);
    refuse_the_rest(keys);
    model.validate(where);
    return model;
}

core::Json to_json(const LlamaConfig& config) {
    core::Json json = {{"width", config.width},
                       {"mlp_width", config.mlp_width},
                       {"layers", config.layers},
                       {"heads", config.heads},
                       {"kv_heads", config.kv_heads},
                       {"head_width", config.head_width},
                       {"vocabulary", config.vocabulary},
                       {"max_positions", config.max_positions},
                       {"eps", config.eps},
                       {"tied", config.tied},
                       {"qkv_bias", config.qkv_bias},
                       {"out_bias", config.out_bias},
                       {"mlp_bias", config.mlp_bias},
                       {"rope_theta", config.rotary.theta},
                       {"bfloat16_frequencies", config.rotary.bfloat16_frequencies}};
    if (const auto& scaling = config.rotary.llama3)
        json["llama3"] = {{"factor", scaling->factor},
                          {"low_frequency_factor", scaling->low_frequency_factor},
                          {"high_frequency_factor", scaling->high_frequency_factor},
                          {"original_positions", scaling->original_positions}};
    return json;
}

weights::Shapes llama_shapes(const LlamaConfig& config) {
    const auto width = config.width;
    weights::Shapes shapes = {{"embedding.weight", {config.vocabulary, width}}, {"norm.weight", {width}}};
    if (!config.tied) shapes["head.weight"] = {config.vocabulary, width};
    for (std::int64_t i = 0; i < config.layers; ++i) {
        const auto name = fmt::format("blocks.{}.", i);
        shapes[name + "norm1.weight"] = shapes[name + "norm2.weight"] = {width};
        add_linear(shapes, name + "attention.qkv", (config.heads + 2 * config.kv_heads) * config.head_width,
                   width, config.qkv_bias);
        add_linear(shapes, name + "attention.out", width, config.heads * config.head_width, config.out_bias);
        add_linear(shapes, name + "mlp.up", 2 * config.mlp_width, width, config.mlp_bias);
        add_linear(shapes, name + "mlp.down", width, config.mlp_width, config.mlp_bias);
    }
    return shapes;
}

weights::NameMap llama_names(const LlamaConfig& config) {
    return weights::llama_names(config.heads * config.head_width, config.kv_heads * config.head_width,
                                config.tied);
}

}  // namespace lvr::nn
