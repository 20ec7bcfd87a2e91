// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include <lvr/data/tokenizer_settings.hpp>

namespace lvr::data {

/// A tokenizer.model as the tokenizer.json that transformers' LlamaTokenizer makes of it: a byte-fallback BPE
/// whose merges are every way to put a piece together from two others, in the pieces' order.
/// @return nothing if the model is no BPE @throws core::Error (input) if it is no SentencePiece model
std::optional<TokenizerJson> sentence_piece_json(const std::filesystem::path& model,
                                                 const TokenizerSettings& settings);

}  // namespace lvr::data
