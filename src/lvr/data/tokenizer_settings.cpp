// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/tokenizer_settings.hpp>

#include <fmt/format.h>

#include <charconv>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>

namespace lvr::data {
namespace {

constexpr std::int64_t k_most_tokens = std::int64_t{1} << 24;  // a hundred times what the largest have

std::optional<TokenizerJson> read_if_there(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return {};
    return read_tokenizer_json(file);
}

/// A special token is its text, or an object with the text and flags.
std::optional<std::string> content_of(const TokenizerJson& value, const std::string& name,
                                      const std::string& file) {
    if (value.is_null()) return {};
    if (value.is_string()) return value.get<std::string>();
    if (value.is_object()) return text_of(value, "content", file);
    throw bad_tokenizer(file, fmt::format("\"{}\" is neither a text nor an object", name));
}

void read_special(const TokenizerJson& json, const std::string& file, TokenizerSettings& settings) {
    const auto take = [&](std::optional<std::string>& known, const std::string& name) {
        if (!known) known = content_of(member(json, name), name, file);
    };
    take(settings.bos, "bos_token");
    take(settings.eos, "eos_token");
    take(settings.pad, "pad_token");
    take(settings.unk, "unk_token");
    for (const std::string name : {"additional_special_tokens", "extra_special_tokens"}) {
        const auto& list = member(json, name);  // or an object: a name for each of them
        if (list.is_null()) continue;
        if (!list.is_structured()) throw bad_tokenizer(file, "\"" + name + "\" is no list");
        for (const auto& entry : list) {
            if (const auto content = content_of(entry, name, file)) settings.more_special.push_back(*content);
        }
    }
}

void read_decoder_table(const TokenizerJson& json, TokenizerSettings& settings) {
    const auto& table = member(json, "added_tokens_decoder");
    if (table.is_null()) return;
    if (!table.is_object()) throw bad_tokenizer(settings.file, "\"added_tokens_decoder\" is no object");
    for (const auto& [key, entry] : table.items()) {
        std::int64_t id = -1;
        const char* const end = key.data() + key.size();
        const auto read = std::from_chars(key.data(), end, id);
        if (read.ec != std::errc{} || read.ptr != end || id < 0 || id >= k_most_tokens) {
            throw bad_tokenizer(settings.file,
                                fmt::format("\"added_tokens_decoder\": \"{}\" is no token id", key));
        }
        settings.added.push_back(read_added_token(entry, id, settings.file));
    }
}

void read_plain_table(const std::filesystem::path& path, TokenizerSettings& settings) {
    const auto json = read_if_there(path);
    if (!json) return;
    for (const auto& [content, id] : json->items()) {
        AddedToken token;
        token.id = id_of(id, fmt::format("\"{}\"", content), path.string());
        token.content = content;
        settings.added.push_back(token);
    }
}

}  // namespace

core::Error bad_tokenizer(const std::string& file, const std::string& problem) {
    return core::input_error(file + ": " + problem, "", "restore the tokenizer's files from one copy");
}

core::Error unknown_to_us(const std::string& file, const std::string& what) {
    return core::input_error(file + " asks for " + what + ", which is not known here",
                             "without it the ids would be others than the model was trained with",
                             "use a model with a SentencePiece tokenizer.model (LLaMA) or a byte-level BPE "
                             "tokenizer.json (GPT-2, Qwen2, SmolLM2, LLaMA 3)");
}

TokenizerJson read_tokenizer_json(const std::filesystem::path& file) {
    const std::string text = core::read_text(file);
    const auto check_depth = [&](int depth, TokenizerJson::parse_event_t, const TokenizerJson&) {
        if (depth > core::k_deepest_json) throw bad_tokenizer(file.string(), "is nested too deeply");
        return true;
    };
    TokenizerJson json;
    try {
        json = TokenizerJson::parse(text, check_depth);
    } catch (const TokenizerJson::exception& error) {
        throw bad_tokenizer(file.string(), fmt::format("is not JSON ({})", error.what()));
    }
    if (!json.is_object()) throw bad_tokenizer(file.string(), "is no JSON object");
    return json;
}

const TokenizerJson& member(const TokenizerJson& object, std::string_view name) {
    static const TokenizerJson nothing;
    if (!object.is_object()) return nothing;
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

bool flag(const TokenizerJson& object, std::string_view name, bool otherwise, const std::string& file) {
    const auto& value = member(object, name);
    if (value.is_null()) return otherwise;
    if (!value.is_boolean()) throw bad_tokenizer(file, fmt::format("\"{}\" is neither true nor false", name));
    return value.get<bool>();
}

std::string text_of(const TokenizerJson& object, std::string_view name, const std::string& file) {
    const auto& value = member(object, name);
    if (!value.is_string()) throw bad_tokenizer(file, fmt::format("\"{}\" is missing, or no text", name));
    return value.get<std::string>();
}

std::int64_t id_of(const TokenizerJson& value, const std::string& what, const std::string& file) {
    const bool fits =
        value.is_number_unsigned() && value.get<std::uint64_t>() < static_cast<std::uint64_t>(k_most_tokens);
    if (!fits) {
        throw bad_tokenizer(
            file, fmt::format("the id of {} is no whole number from 0 to {}", what, k_most_tokens - 1));
    }
    return value.get<std::int64_t>();
}

AddedToken read_added_token(const TokenizerJson& entry, std::int64_t id, const std::string& file) {
    AddedToken token;
    token.id = id;
    token.content = text_of(entry, "content", file);
    token.special = flag(entry, "special", false, file);
    token.left_strip = flag(entry, "lstrip", false, file);
    token.right_strip = flag(entry, "rstrip", false, file);
    token.single_word = flag(entry, "single_word", false, file);
    token.normalised = flag(entry, "normalized", !token.special, file);
    return token;
}

TokenizerSettings read_tokenizer_settings(const std::filesystem::path& folder) {
    TokenizerSettings settings;
    const auto file = folder / "tokenizer_config.json";
    settings.file = file.string();
    if (const auto json = read_if_there(file)) {
        read_special(*json, settings.file, settings);
        read_decoder_table(*json, settings);
        const auto choice = [&](const char* name) -> std::optional<bool> {
            if (member(*json, name).is_null()) return {};
            return flag(*json, name, false, settings.file);
        };
        settings.add_bos = choice("add_bos_token");
        settings.add_eos = choice("add_eos_token");
        settings.legacy = flag(*json, "legacy", true, settings.file);
        settings.add_prefix_space = flag(*json, "add_prefix_space", true, settings.file);
        const auto& options = member(*json, "sp_model_kwargs");
        if (!options.is_null() && !options.empty())
            throw unknown_to_us(settings.file, "sp_model_kwargs " + options.dump());
    }
    const auto map_file = folder / "special_tokens_map.json";
    if (const auto json = read_if_there(map_file)) read_special(*json, map_file.string(), settings);
    read_plain_table(folder / "added_tokens.json", settings);
    return settings;
}

}  // namespace lvr::data
