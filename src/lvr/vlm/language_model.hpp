// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>

#include <lvr/data/tokenizer.hpp>
#include <lvr/nn/llama_config.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::vlm {

/// A language model as its Hugging Face folder has it, and its tokenizer.
struct LanguageModel {
    std::filesystem::path folder;
    nn::LlamaConfig config;
    std::shared_ptr<const data::Tokenizer> tokenizer;
    std::string sha256;  ///< of its weights, where somebody has asked for it

    /// Its weights. @throws Error (input) as nn::load_llama
    weights::WeightStore load(at::ScalarType dtype, at::Device device) const;

    /// Reads all of its files. @return see weights::fingerprint
    std::string fingerprint() const;
};

/// @param name a folder or a hub id @param models where hub ids are looked up first
/// @throws Error (input) if a file is missing, wrong, or the tokenizer has more tokens than the model
LanguageModel open_language_model(const std::string& name, const std::filesystem::path& models);

}  // namespace lvr::vlm
