// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <lvr/data/tokenizer.hpp>
#include <lvr/data/tokenizer_settings.hpp>

namespace lvr::data {

/// The byte-level BPE of a tokenizer.json. @throws core::Error (input) as open_tokenizer does
std::shared_ptr<const Tokenizer> open_byte_level_bpe(const std::filesystem::path& file,
                                                     const TokenizerSettings& settings);

}  // namespace lvr::data
