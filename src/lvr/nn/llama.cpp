// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/llama.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/cummax.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/nn/recompute.hpp>

namespace lvr::nn {
namespace {

LlamaBlock make_block(const LlamaConfig& config, const weights::WeightStore& store, const std::string& name) {
    const auto width = config.width, mlp_width = config.mlp_width;
    LlamaBlock block;
    block.norm1 = rms_norm_from(store, name + "norm1", width, config.eps);
    block.norm2 = rms_norm_from(store, name + "norm2", width, config.eps);
    block.attention = self_attention_from(store, name + "attention",
                                          {.width = width,
                                           .heads = config.heads,
                                           .kv_heads = config.kv_heads,
                                           .head_width = config.head_width,
                                           .qkv_bias = config.qkv_bias,
                                           .out_bias = config.out_bias,
                                           .causal = true});
    block.mlp = {linear_from(store, name + "mlp.up", 2 * mlp_width, width, config.mlp_bias),
                 linear_from(store, name + "mlp.down", width, mlp_width, config.mlp_bias), Activation::silu,
                 true};
    return block;
}

/// Old files have both, and transformers takes the embedding.
void check_tie(const weights::Checkpoint& checkpoint, const std::string& prefix) {
    const auto head = prefix + "lm_head.weight", embedding = prefix + "model.embed_tokens.weight";
    const auto& tensors = checkpoint.tensors();
    if (!tensors.contains(head) || !tensors.contains(embedding)) return;
    const auto read = [&](const std::string& name) { return checkpoint.read(name).to(at::kFloat); };
    if (at::equal(read(head), read(embedding))) return;
    throw core::input_error(
        fmt::format("{}: {} differs from {}, though config.json says that they are one (tie_word_embeddings)",
                    tensors.at(head).file.string(), head, embedding),
        "which of them is meant cannot be known",
        "set tie_word_embeddings to false, or take the model's own files");
}

}  // namespace

weights::WeightStore load_llama(const weights::Checkpoint& checkpoint, const LlamaConfig& config,
                                const weights::LoadOptions& options) {
    if (config.tied) check_tie(checkpoint, options.prefix);
    return weights::load_weights(checkpoint, llama_names(config), llama_shapes(config), options);
}

Llama make_llama(const LlamaConfig& config, const weights::WeightStore& store) {
    config.validate("the model's configuration");
    Llama model{.config = config};
    model.embedding_VD = store.get("embedding.weight", {config.vocabulary, config.width});
    for (std::int64_t i = 0; i < config.layers; ++i)
        model.blocks.push_back(make_block(config, store, fmt::format("blocks.{}.", i)));
    model.norm = rms_norm_from(store, "norm", config.width, config.eps);
    model.head_VD =
        config.tied ? model.embedding_VD : store.get("head.weight", {config.vocabulary, config.width});
    model.frequencies_H2 = frequencies(config.rotary, config.head_width).to(model.embedding_VD.device());
    return model;
}

at::Tensor embed(const Llama& model, const at::Tensor& ids_BL) {
    if (ids_BL.is_cpu() && ids_BL.numel() > 0) {
        const auto least = ids_BL.min().item<std::int64_t>(), most = ids_BL.max().item<std::int64_t>();
        if (least < 0 || most >= model.config.vocabulary)
            throw core::input_error(fmt::format("the token id {} is none of the model's {}",
                                                least < 0 ? least : most, model.config.vocabulary),
                                    "it has no embedding", "use the tokenizer that belongs to the model");
    }
    return at::embedding(model.embedding_VD, ids_BL.to(model.embedding_VD.device()));
}

LlamaSequence packed(const at::Tensor& sample_BL) {
    const auto length = sample_BL.size(1);
    const auto place = at::arange(length, sample_BL.options()).expand_as(sample_BL);
    auto begins = at::ones_like(sample_BL, at::kBool);
    begins.narrow(1, 1, length - 1)
        .copy_(sample_BL.narrow(1, 1, length - 1).ne(sample_BL.narrow(1, 0, length - 1)));
    const auto start = std::get<0>(at::cummax(place.mul(begins), 1));
    const auto same = sample_BL.unsqueeze(2).eq(sample_BL.unsqueeze(1));
    const auto behind = place.unsqueeze(2).ge(place.unsqueeze(1));
    return {place.sub(start), same.logical_and(behind).unsqueeze(1)};
}

AttentionContext context_for(const Llama& model, const at::Tensor& embeddings_BLD,
                             const LlamaSequence& sequence) {
    const auto device = embeddings_BLD.device();
    const auto positions =
        sequence.positions_BL.defined()
            ? sequence.positions_BL.to(device)
            : at::arange(embeddings_BLD.size(1), at::TensorOptions(at::kLong).device(device)).unsqueeze(0);
    return {rotation_at(model.frequencies_H2, positions, embeddings_BLD.scalar_type()),
            sequence.mask_B1LL.defined() ? sequence.mask_B1LL.to(device) : at::Tensor()};
}

at::Tensor apply(const LlamaBlock& block, const at::Tensor& x_BLD, const AttentionContext& context) {
    const auto mixed = mix(block.attention, apply(block.norm1, x_BLD), context);
    const auto x = x_BLD.add(apply(block.attention.out, mixed));
    return x.add(apply(block.mlp, apply(block.norm2, x)));
}

at::Tensor llama_forward(const Llama& model, const at::Tensor& embeddings_BLD, const LlamaSequence& sequence,
                         Activations activations) {
    const auto context = context_for(model, embeddings_BLD, sequence);
    at::Tensor x_BLD = embeddings_BLD;
    for (const auto& block : model.blocks) {
        const auto through = [block, context](const at::Tensor& x) { return apply(block, x, context); };
        x_BLD = activations == Activations::recomputed ? recomputed(through, x_BLD) : through(x_BLD);
    }
    return apply(model.norm, x_BLD);
}

at::Tensor logits(const Llama& model, const at::Tensor& hidden) { return at::linear(hidden, model.head_VD); }

}  // namespace lvr::nn
