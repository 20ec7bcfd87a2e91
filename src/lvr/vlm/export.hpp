// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include <lvr/nn/llama_config.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::vlm {

/// Writes the projector of a store (see mllm_store) by LLaVA's names, "model.mm_projector.0.weight": what
/// lvr-extract --project takes. @throws Error (output)
void export_projector(const std::filesystem::path& file, const weights::WeightStore& store,
                      at::ScalarType dtype);

/// Writes the language model of a store as a Hugging Face folder: its weights, and of the folder it came from
/// config.json, generation_config.json and the tokenizer's files.
/// @param shard_bytes of a weights file at most
/// @throws Error (output) if it cannot be written, (input) if `source` has no config.json
void export_llm(const std::filesystem::path& folder, const std::filesystem::path& source,
                const nn::LlamaConfig& config, const weights::WeightStore& store, at::ScalarType dtype,
                std::uint64_t shard_bytes = 5'000'000'000);

}  // namespace lvr::vlm
