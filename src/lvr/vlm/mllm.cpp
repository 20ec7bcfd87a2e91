// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/mllm.hpp>

#include <fmt/format.h>

#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

/// The tensors whose names begin so, without it.
weights::WeightStore under(const weights::WeightStore& store, const std::string& prefix) {
    weights::WeightStore part;
    for (const auto& [name, tensor] : store.all())
        if (name.starts_with(prefix)) part.put(name.substr(prefix.size()), tensor);
    return part;
}

std::string layer_name(std::size_t layer) { return fmt::format("{}{}.", k_projector_prefix, 2 * layer); }

std::size_t projector_layers(const weights::WeightStore& store) {
    std::size_t layers = 0;
    while (store.has(layer_name(layers) + "weight")) ++layers;
    return layers;
}

nn::Projector projector_in(const weights::WeightStore& store) {
    nn::Projector projector;
    for (std::size_t i = 0; i < projector_layers(store); ++i) {
        const auto& weight = store.all().at(layer_name(i) + "weight");
        nn::Linear layer{weight, {}};
        if (store.has(layer_name(i) + "bias"))
            layer.bias_O = store.get(layer_name(i) + "bias", {weight.size(0)});
        projector.layers.push_back(std::move(layer));
    }
    return projector;
}

}  // namespace

weights::WeightStore mllm_store(const weights::WeightStore& llm, const nn::Projector& projector) {
    weights::WeightStore store;
    for (const auto& [name, tensor] : llm.all()) store.put(k_llm_prefix + name, tensor);
    for (std::size_t i = 0; i < projector.layers.size(); ++i) {
        store.put(layer_name(i) + "weight", projector.layers[i].weight_OI);
        if (projector.layers[i].bias_O.defined())
            store.put(layer_name(i) + "bias", projector.layers[i].bias_O);
    }
    return store;
}

std::vector<std::string> llm_names(const nn::LlamaConfig& config) {
    const auto shapes = nn::llama_shapes(config);
    std::vector<std::string> names;
    const auto add = [&](const std::string& layer) {
        for (const char* const part : {".weight", ".bias"})
            if (shapes.contains(layer + part)) names.push_back(layer + part);
    };
    add("embedding");
    for (std::int64_t i = 0; i < config.layers; ++i)
        for (const char* const layer :
             {"norm1", "attention.qkv", "attention.out", "norm2", "mlp.up", "mlp.down"})
            add(fmt::format("blocks.{}.{}", i, layer));
    add("norm");
    add("head");
    core::ensure(names.size() == shapes.size(), "a tensor of the language model that forward does not use");
    return names;
}

std::vector<std::string> trained_names(const nn::LlamaConfig& config, const weights::WeightStore& store,
                                       bool with_llm) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (store.has(name)) names.push_back(name);
    };
    for (std::size_t i = 0; i < projector_layers(store); ++i)
        for (const char* const part : {"weight", "bias"}) add(layer_name(i) + part);
    if (!with_llm) return names;
    for (const auto& name : llm_names(config)) add(k_llm_prefix + name);
    return names;
}

Mllm make_mllm(const nn::LlamaConfig& config, const weights::WeightStore& store) {
    Mllm model{projector_in(store), nn::make_llama(config, under(store, k_llm_prefix))};
    if (model.projector.layers.empty())
        throw core::input_error("the weights have no projector", "features could not be put into the text",
                                "start from stage 1, or name its projector");
    if (model.projector.channels() != config.width)
        throw core::input_error(fmt::format("the projector gives {} channels, the language model takes {}",
                                            model.projector.channels(), config.width),
                                "it was trained for another model", "name the projector of this one");
    return model;
}

Hidden forward(const Mllm& model, std::span<const Tokens> batch, std::span<const at::Tensor> features,
               const ForwardOptions& options) {
    std::vector<at::Tensor> images;
    for (const auto& one : features) {
        if (!one.defined()) {
            images.push_back(one);
            continue;
        }
        // What an encoder gives was made in inference mode, which autograd refuses to keep.
        const auto tokens = one.is_inference() ? one.clone() : one;
        images.push_back(nn::apply(model.projector, tokens.unsqueeze(0)).squeeze(0));
    }
    const auto spliced = splice(batch, images, model.llm.embedding_VD, options.splice);
    // Padding is behind each sample's end, where nobody looks: a sample alone in its row needs no mask.
    const auto sequence = options.splice.packs.empty()
                              ? nn::LlamaSequence{}
                              : nn::packed(spliced.sample_BL.to(model.llm.embedding_VD.device()));
    return {nn::llama_forward(model.llm, spliced.embeddings_BLD, sequence, options.activations),
            spliced.labels_BL};
}

at::Tensor loss(const Mllm& model, std::span<const Tokens> batch, std::span<const at::Tensor> features,
                const nn::LossOptions& options, const ForwardOptions& how) {
    const auto [hidden_BLD, labels_BL] = forward(model, batch, features, how);
    return nn::causal_lm_loss(hidden_BLD, model.llm.head_VD, labels_BL, options);
}

}  // namespace lvr::vlm
