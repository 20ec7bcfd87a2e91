// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/nn/rotary.hpp>
#include <lvr/weights/name_map.hpp>

namespace lvr::nn {

/// LlamaForCausalLM or Qwen2ForCausalLM, which differ in their biases only.
struct LlamaConfig {
    std::int64_t width = 0;       ///< D
    std::int64_t mlp_width = 0;   ///< of one half: gate or up
    std::int64_t layers = 0;      ///< blocks
    std::int64_t heads = 0;       ///< N
    std::int64_t kv_heads = 0;    ///< K, a divisor of N
    std::int64_t head_width = 0;  ///< H; N H may differ from D
    std::int64_t vocabulary = 0;  ///< V
    /// That the model was trained with. Not a limit: rotations know none.
    std::int64_t max_positions = 0;
    double eps = 0;     ///< of every RMSNorm
    bool tied = false;  ///< the head is the embedding
    bool qkv_bias = false, out_bias = false, mlp_bias = false;
    Rotary rotary;

    /// @param where the file that says so, for messages
    /// @throws Error (input) naming what is impossible, e.g. key heads that do not divide the heads
    void validate(const std::string& where) const;
};

/// Reads what a config.json says of the language model. Of the keys that may be absent only these are filled
/// in, as transformers does: head_dim (hidden_size / heads), rope_theta (10000), rope_parameters, and false
/// for tie_word_embeddings, attention_bias and mlp_bias; for llama also num_key_value_heads (as many as
/// heads).
/// @param config the whole of config.json, or the part of it ("text_config") that describes the language
/// model
/// @param where the file, for messages
/// @throws Error (input) for another model_type, a key that is missing, wrong or asks for what is not
/// computed here:
///         sliding windows, other activations than silu, dropout, quantised weights, other rotations than the
///         default and llama3's
LlamaConfig read_llama_config(const core::Json& config, const std::string& where);

/// All that decides the output besides the weights, for provenance.
core::Json to_json(const LlamaConfig& config);

/// The tensors that such a model asks its store for, by canonical name.
weights::Shapes llama_shapes(const LlamaConfig& config);

/// For loading and for export.
weights::NameMap llama_names(const LlamaConfig& config);

}  // namespace lvr::nn
