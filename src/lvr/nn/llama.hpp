// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include <lvr/nn/attention.hpp>
#include <lvr/nn/layers.hpp>
#include <lvr/nn/llama_config.hpp>
#include <lvr/weights/checkpoint.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::nn {

// Shapes: B samples of L positions, D channels (width), V tokens in the vocabulary.

struct LlamaBlock {
    RmsNorm norm1, norm2;
    SelfAttention attention;
    Mlp mlp;
};

/// The model as handles on the tensors of a store, of one dtype on one device. All of it can be
/// differentiated by autograd: a tensor of the store that requires a gradient gets one.
struct Llama {
    LlamaConfig config;
    at::Tensor embedding_VD;
    std::vector<LlamaBlock> blocks;
    RmsNorm norm;
    at::Tensor head_VD;         ///< with tied weights the embedding itself
    at::Tensor frequencies_H2;  ///< of the rotations, float32
};

/// The weights of a LlamaForCausalLM or Qwen2ForCausalLM.
/// @throws Error (input) that lists every tensor that is missing, of another shape or not of the model; also
/// where the
///         model is tied and the checkpoint has another lm_head than embedding
weights::WeightStore load_llama(const weights::Checkpoint& checkpoint, const LlamaConfig& config,
                                const weights::LoadOptions& options);

/// @throws Error (input) if a tensor is missing or has another shape
Llama make_llama(const LlamaConfig& config, const weights::WeightStore& store);

/// @param ids_BL int64, on the CPU or the model's device @return [B, L, D]
/// @throws Error (input) for an id that is none of the vocabulary's, if they are on the CPU
at::Tensor embed(const Llama& model, const at::Tensor& ids_BL);

/// Which positions a batch has, and who sees whom. Samples that are padded at their end need neither: nobody
/// looks ahead, so that no token sees the padding behind it, whose own output is to be ignored.
struct LlamaSequence {
    at::Tensor positions_BL;  ///< whole numbers, B may be 1; undefined: 0, 1, 2, ...
    at::Tensor mask_B1LL;     ///< bool, true = is seen; undefined: what is not ahead
};

/// Several samples in each row, one behind the other: each sees itself alone, and its positions begin at 0.
/// @param sample_BL the number of the sample that each position belongs to, int64; equal numbers stand
/// together
LlamaSequence packed(const at::Tensor& sample_BL);

/// What the blocks need besides their input, made once for all of them.
AttentionContext context_for(const Llama& model, const at::Tensor& embeddings_BLD,
                             const LlamaSequence& sequence = {});

/// One block, for those who decide between the blocks what to keep. @return [B, L, D]
at::Tensor apply(const LlamaBlock& block, const at::Tensor& x_BLD, const AttentionContext& context);

/// What backward finds of a block.
enum class Activations {
    kept,       ///< all that it needs
    recomputed  ///< the block's input alone; the rest is computed again: less memory for a third more work
};

/// All blocks and the last norm. @param embeddings [B, L, D] of the model's dtype and device @return [B, L,
/// D]
at::Tensor llama_forward(const Llama& model, const at::Tensor& embeddings_BLD,
                         const LlamaSequence& sequence = {}, Activations activations = Activations::kept);

/// hidden head^T. For the few positions whose successor is asked for: for losses there is causal_lm_loss.
/// @param hidden [..., D], from llama_forward @return [..., V]
at::Tensor logits(const Llama& model, const at::Tensor& hidden);

}  // namespace lvr::nn
