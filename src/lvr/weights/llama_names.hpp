// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lvr/weights/name_map.hpp>

namespace lvr::weights {

/// How LlamaForCausalLM and Qwen2ForCausalLM are called in Hugging Face's checkpoints. The canonical names:
///   embedding.weight [V, D], blocks.{}.norm1.weight, blocks.{}.attention.qkv.{weight,bias} (q, k, v in this
///   order on axis 0), blocks.{}.attention.out.{weight,bias}, blocks.{}.norm2.weight,
///   blocks.{}.mlp.up.{weight,bias} (gate_proj, then up_proj, on axis 0), blocks.{}.mlp.down.{weight,bias},
///   norm.weight, head.weight [V, D] unless it is tied.
/// Dropped: the rotations' frequencies, which old checkpoints hold, and a tied model's lm_head.
/// @param query_rows, key_rows the rows of q_proj and of k_proj (as many as of v_proj)
NameMap llama_names(std::int64_t query_rows, std::int64_t key_rows, bool tied);

}  // namespace lvr::weights
