// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/token_decoder.hpp>

#include <optional>
#include <utility>

#include <lvr/data/unicode_text.hpp>

namespace lvr::data {
namespace {

using Tokens = std::vector<std::string>;

std::string joined(const Tokens& tokens) {
    std::string text;
    for (const auto& token : tokens) text += token;
    return text;
}

/// A token's bytes, if all of its characters stand for some; else the token as it is.
std::string bytes_of_token(const std::string& token) {
    std::string bytes;
    for (std::string_view rest = token; !rest.empty();) {
        const CodePoint next = first_code_point(rest);
        const auto byte = next.length > 0 ? byte_of_character(next.value) : std::nullopt;
        if (!byte) return token;
        bytes += static_cast<char>(*byte);
        rest.remove_prefix(next.length);
    }
    return bytes;
}

void decode_bytes(Tokens& tokens) {
    std::string bytes;
    for (const auto& token : tokens) bytes += bytes_of_token(token);
    tokens = {replace_broken_utf8(bytes)};
}

/// Neighbouring tokens <0xE4> become the text that their bytes are, or U+FFFD for each where they are none.
void decode_byte_names(Tokens& tokens) {
    Tokens out;
    std::string bytes;
    const auto end_run = [&] {
        if (bytes.empty()) return;
        const bool is_text = replace_broken_utf8(bytes) == bytes;
        if (is_text) out.push_back(bytes);
        for (std::size_t i = 0; !is_text && i < bytes.size(); ++i) out.emplace_back("\xEF\xBF\xBD");
        bytes.clear();
    };
    for (auto& token : tokens) {
        if (const auto byte = byte_of_name(token)) {
            bytes += static_cast<char>(*byte);
            continue;
        }
        end_run();
        out.push_back(std::move(token));
    }
    end_run();
    tokens = std::move(out);
}

std::string replaced(const std::string& text, const std::string& from, const std::string& to) {
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, done)) {
        out.append(text, done, at - done).append(to);
        done = at + from.size();
    }
    return out.append(text, done);
}

std::size_t count_of(const TokenizerJson& json, std::string_view name, const std::string& file) {
    return static_cast<std::size_t>(id_of(member(json, name), "Strip's count", file));
}

}  // namespace

TokenDecoder::TokenDecoder(const TokenizerJson& json, const std::string& file) {
    if (json.is_null()) throw unknown_to_us(file, "no decoder");
    read(json, file, 0);
}

void TokenDecoder::read(const TokenizerJson& json, const std::string& file, int depth) {
    const auto type = text_of(json, "type", file);
    if (type == "Sequence" && depth < 4) {
        const auto& parts = member(json, "decoders");
        if (!parts.is_array()) throw bad_tokenizer(file, "\"decoders\" is missing, or no list");
        for (const auto& part : parts) read(part, file, depth + 1);
    } else if (type == "ByteLevel") {
        steps_.emplace_back(decode_bytes);
    } else if (type == "ByteFallback") {
        steps_.emplace_back(decode_byte_names);
    } else if (type == "Fuse") {
        steps_.emplace_back([](Tokens& tokens) { tokens = {joined(tokens)}; });
    } else if (type == "Replace") {
        read_replace(json, file);
    } else if (type == "Strip") {
        read_strip(json, file);
    } else {
        throw unknown_to_us(file, "a decoder \"" + type + "\"");
    }
}

void TokenDecoder::read_replace(const TokenizerJson& json, const std::string& file) {
    const auto& pattern = member(json, "pattern");
    if (!member(pattern, "String").is_string())
        throw unknown_to_us(file, "a decoder Replace of " + pattern.dump());
    const auto from = text_of(pattern, "String", file);
    const auto to = text_of(json, "content", file);
    if (from.empty()) throw bad_tokenizer(file, "a decoder replaces the empty text");
    steps_.emplace_back([from, to](Tokens& tokens) {
        for (auto& token : tokens) token = replaced(token, from, to);
    });
}

void TokenDecoder::read_strip(const TokenizerJson& json, const std::string& file) {
    const auto content = text_of(json, "content", file);
    const std::size_t most_left = count_of(json, "start", file), most_right = count_of(json, "stop", file);
    if (content.empty()) throw bad_tokenizer(file, "a decoder strips the empty text");
    steps_.emplace_back([content, most_left, most_right](Tokens& tokens) {
        for (auto& token : tokens) {
            for (std::size_t i = 0; i < most_left && token.starts_with(content); ++i)
                token.erase(0, content.size());
            for (std::size_t i = 0; i < most_right && token.ends_with(content); ++i) {
                token.resize(token.size() - content.size());
            }
        }
    });
}

std::string TokenDecoder::decode(std::vector<std::string> tokens) const {
    for (const auto& step : steps_) step(tokens);
    return joined(tokens);
}

}  // namespace lvr::data
