// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lvr/nn/causal_loss.hpp>
#include <lvr/nn/llama.hpp>
#include <lvr/nn/projector.hpp>
#include <lvr/vlm/splice.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::vlm {

/// A multimodal language model of the LLaVA recipe: the features of a frozen encoder go through the projector
/// and stand among the text's embeddings.
struct Mllm {
    nn::Projector projector;
    nn::Llama llm;
};

/// "llm." and the language model's own names, "projector.0.weight", "projector.0.bias", "projector.2.weight",
/// ...
inline const std::string k_llm_prefix = "llm.", k_projector_prefix = "projector.";

/// Both parts in one store: whose tensors are trained, sharded, kept and exported.
weights::WeightStore mllm_store(const weights::WeightStore& llm, const nn::Projector& projector);

/// A language model's own names in the order in which forward uses them: embedding; of each block norm1, qkv,
/// out, norm2, up, down; norm; head, unless it is the embedding. A bias is behind its weight.
std::vector<std::string> llm_names(const nn::LlamaConfig& config);

/// The names of a store in the order in which forward uses them, so that backward completes their gradients
/// from the last to the first: projector, then the language model's.
std::vector<std::string> trained_names(const nn::LlamaConfig& config, const weights::WeightStore& store,
                                       bool with_llm);

/// The model as handles on a store's tensors. @throws Error (input) if one is missing or of another shape
Mllm make_mllm(const nn::LlamaConfig& config, const weights::WeightStore& store);

/// The last hidden states of a batch, and the labels beside them.
struct Hidden {
    at::Tensor hidden_BLD;
    at::Tensor labels_BL;  ///< int64, k_ignore_label where nothing is learned
};

struct ForwardOptions {
    SpliceOptions splice;
    nn::Activations activations = nn::Activations::kept;  ///< of the language model's blocks
};

/// Samples that share a row (splice.packs) do not see each other, and each begins at position 0.
/// @param features the samples' images in order, [T, C] as the encoder gives them, as splice takes images
/// @throws Error (input) as splice
Hidden forward(const Mllm& model, std::span<const Tokens> batch, std::span<const at::Tensor> features,
               const ForwardOptions& options = {});

/// The mean cross-entropy of the labels that are learned. @throws Error (input) as splice
at::Tensor loss(const Mllm& model, std::span<const Tokens> batch, std::span<const at::Tensor> features,
                const nn::LossOptions& options = {}, const ForwardOptions& how = {});

}  // namespace lvr::vlm
