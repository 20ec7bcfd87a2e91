// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <lvr/data/tokenizer.hpp>
#include <lvr/data/tokenizer_settings.hpp>

namespace lvr::data {

/// A tokenizer.model by the rules of the slow LlamaTokenizer. @throws core::Error (input) as open_tokenizer
/// does
std::shared_ptr<const Tokenizer> open_sentence_piece(const std::filesystem::path& file,
                                                     const TokenizerSettings& settings);

}  // namespace lvr::data
