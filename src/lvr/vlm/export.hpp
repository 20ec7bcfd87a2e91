// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include <lvr/encoders/encoder_card.hpp>
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

/// An encoder that transformers' LLaVA knows.
struct LlavaEncoder {
    std::filesystem::path snapshot;  ///< a CLIP's folder
    std::int64_t tap = -2;           ///< hidden state that the features are, as the card counts
};

/// @param models where hub ids are looked up first
/// @return nothing if a folder for transformers cannot say what the card asks for: another family, several
/// encoders, another size than the model's own, pictures prepared otherwise than by its processor
/// @throws Error (input) if the snapshot is missing or damaged
std::optional<LlavaEncoder> llava_encoder(const encoders::EncoderCard& card,
                                          const std::filesystem::path& models);

/// The parts of a LLaVA that training does not change.
struct LlavaParts {
    LlavaEncoder encoder;
    std::filesystem::path llm;  ///< the language model's folder that training began with
};

/// How weights are written.
struct WeightsForm {
    at::ScalarType dtype = at::kFloat;
    std::uint64_t shard_bytes = 5'000'000'000;
};

/// Writes a folder that transformers (4.37 and later) loads as LlavaForConditionalGeneration and
/// LlavaProcessor: the encoder, and projector and language model of a store, whose projector must be two
/// layers with biases and a GELU. The tokenizer gets a token "<image>", if it has none; it takes the first
/// row of the embedding behind the tokenizer's own, and the embedding grows where there is none.
/// @throws Error (output) if it cannot be written, (input) if a file of the parts is missing or damaged
void export_llava(const std::filesystem::path& folder, const LlavaParts& parts, const nn::LlamaConfig& config,
                  const weights::WeightStore& store, const WeightsForm& form = {});

}  // namespace lvr::vlm
