// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/pre_tokenizer.hpp>

#include <fmt/format.h>

#include <lvr/data/unicode_text.hpp>

namespace lvr::data {
namespace {

using Words = std::vector<std::string_view>;

// GPT-2's words (Radford et al. 2019, encoder.py).
constexpr const char* k_byte_level_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void keep(std::string_view word, Words& words) {
    if (!word.empty()) words.push_back(word);
}

enum class Kept { all, matches, gaps };

void cut_at_matches(const Regex& regex, Kept kept, std::string_view text, Words& words) {
    thread_local std::vector<Regex::Match> matches;
    matches.clear();
    regex.find_all(text, matches);
    std::size_t done = 0;
    for (const auto& match : matches) {
        if (kept != Kept::matches) keep(text.substr(done, match.begin - done), words);
        if (kept != Kept::gaps) keep(text.substr(match.begin, match.end - match.begin), words);
        done = match.end;
    }
    if (kept != Kept::matches) keep(text.substr(done), words);
}

void cut_at_digits(bool each, std::string_view text, Words& words) {
    std::size_t begin = 0;
    bool in_number = false;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint next = first_code_point(text.substr(at));
        const bool is_digit = is_numeric(next.value);
        if (is_digit != in_number || (is_digit && each)) {
            keep(text.substr(begin, at - begin), words);
            begin = at;
        }
        in_number = is_digit;
        at += next.length;
    }
    keep(text.substr(begin), words);
}

std::string escaped(std::string_view text) {
    std::string pattern;
    for (const char letter : text) {
        if (std::string_view(R"(\^$.|?*+()[]{}-#&~ /)").find(letter) != std::string_view::npos)
            pattern += '\\';
        pattern += letter;
    }
    return pattern;
}

Regex read_pattern(const TokenizerJson& json, const std::string& file) {
    const std::string what = file + ": the pattern of a pre_tokenizer";
    if (member(json, "Regex").is_string()) return {text_of(json, "Regex", file), what};
    if (member(json, "String").is_string()) return {escaped(text_of(json, "String", file)), what};
    throw bad_tokenizer(file, "a pre_tokenizer's \"pattern\" is neither a Regex nor a String");
}

}  // namespace

PreTokenizer::PreTokenizer(const TokenizerJson& json, const std::string& file) {
    if (!json.is_null()) read(json, file, 0);
    if (!ends_in_bytes_) throw unknown_to_us(file, "a pre_tokenizer without ByteLevel at its end");
}

void PreTokenizer::read(const TokenizerJson& json, const std::string& file, int depth) {
    const auto type = text_of(json, "type", file);
    if (ends_in_bytes_) throw unknown_to_us(file, "a pre_tokenizer \"" + type + "\" behind ByteLevel");
    if (type == "Sequence" && depth < 4) {
        const auto& parts = member(json, "pretokenizers");
        if (!parts.is_array()) throw bad_tokenizer(file, "\"pretokenizers\" is missing, or no list");
        for (const auto& part : parts) read(part, file, depth + 1);
    } else if (type == "Split") {
        read_split(json, file);
    } else if (type == "Digits") {
        read_digits(json, file);
    } else if (type == "ByteLevel") {
        read_byte_level(json, file);
    } else {
        throw unknown_to_us(file, "a pre_tokenizer \"" + type + "\"");
    }
}

void PreTokenizer::read_split(const TokenizerJson& json, const std::string& file) {
    const auto behaviour = text_of(json, "behavior", file);
    const bool inverted = flag(json, "invert", false, file);
    if (behaviour != "Isolated" && behaviour != "Removed") {
        throw unknown_to_us(file, "a Split with \"behavior\" \"" + behaviour + "\"");
    }
    const Kept kept = behaviour == "Isolated" ? Kept::all : inverted ? Kept::matches : Kept::gaps;
    const Regex regex = read_pattern(member(json, "pattern"), file);
    steps_.emplace_back(
        [regex, kept](std::string_view text, Words& words) { cut_at_matches(regex, kept, text, words); });
}

void PreTokenizer::read_digits(const TokenizerJson& json, const std::string& file) {
    const bool each = flag(json, "individual_digits", false, file);
    steps_.emplace_back([each](std::string_view text, Words& words) { cut_at_digits(each, text, words); });
}

void PreTokenizer::read_byte_level(const TokenizerJson& json, const std::string& file) {
    ends_in_bytes_ = true;
    adds_space_ = flag(json, "add_prefix_space", true, file);
    if (adds_space_ && !steps_.empty()) {
        throw unknown_to_us(file, "ByteLevel's \"add_prefix_space\" behind another pre_tokenizer");
    }
    if (!flag(json, "use_regex", true, file)) return;
    const Regex regex(k_byte_level_words, "ByteLevel's pattern");
    steps_.emplace_back(
        [regex](std::string_view text, Words& words) { cut_at_matches(regex, Kept::all, text, words); });
}

void PreTokenizer::split(std::string_view text, std::vector<std::string_view>& words) const {
    if (steps_.empty()) return keep(text, words);
    if (steps_.size() == 1) return steps_.front()(text, words);
    Words before{text}, behind;
    for (const auto& step : steps_) {
        behind.clear();
        for (const auto word : before) step(word, behind);
        before.swap(behind);
    }
    words.insert(words.end(), before.begin(), before.end());
}

}  // namespace lvr::data
