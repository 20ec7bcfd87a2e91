// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/data/added_tokens.hpp>

namespace lvr::data {

/// Sorted by key: core::Json would look through a vocabulary once for each of its entries.
using TokenizerJson = nlohmann::json;

/// @throws core::Error (input) if the file is missing, not JSON, nested too deeply or no object
TokenizerJson read_tokenizer_json(const std::filesystem::path& file);

/// "FILE: PROBLEM", with what to do about a tokenizer's file that is not as it should be.
core::Error bad_tokenizer(const std::string& file, const std::string& problem);
/// The same for something that a file asks for and that is not known here.
core::Error unknown_to_us(const std::string& file, const std::string& what);

/// A member of a JSON object, null if it is not there. @param object may be anything
const TokenizerJson& member(const TokenizerJson& object, std::string_view name);
/// A member that is true, false, or missing or null (then `otherwise`). @throws core::Error (input) if it is
/// not
bool flag(const TokenizerJson& object, std::string_view name, bool otherwise, const std::string& file);
/// A member that must be a text.
std::string text_of(const TokenizerJson& object, std::string_view name, const std::string& file);
/// A number that can be a token's id. @param what names it
std::int64_t id_of(const TokenizerJson& value, const std::string& what, const std::string& file);

/// An added token by its flags. @param entry an object with "content"
AddedToken read_added_token(const TokenizerJson& entry, std::int64_t id, const std::string& file);

/// What the files beside the vocabulary say.
struct TokenizerSettings {
    std::string file;  ///< the folder's tokenizer_config.json, for messages
    std::optional<std::string> bos, eos, pad, unk;
    std::vector<std::string> more_special;  ///< additional_special_tokens, extra_special_tokens
    std::vector<AddedToken> added;          ///< with ids, from added_tokens_decoder and added_tokens.json
    std::optional<bool> add_bos, add_eos;
    bool legacy = true;
    bool add_prefix_space = true;
};

/// From tokenizer_config.json, special_tokens_map.json (for what the first does not name) and
/// added_tokens.json; each may be missing.
TokenizerSettings read_tokenizer_settings(const std::filesystem::path& folder);

}  // namespace lvr::data
