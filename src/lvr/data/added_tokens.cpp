// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/added_tokens.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/unicode_text.hpp>

namespace lvr::data {
namespace {

/// Where the white space at the end of a text begins.
std::size_t trailing_space(std::string_view text) {
    while (!text.empty()) {
        const CodePoint last = last_code_point(text);
        if (!is_white_space(last.value)) break;
        text.remove_suffix(last.length);
    }
    return text.size();
}

/// How many bytes of white space a text begins with.
std::size_t leading_space(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size()) {
        const CodePoint next = first_code_point(text.substr(length));
        if (!is_white_space(next.value)) break;
        length += next.length;
    }
    return length;
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
    const bool joined_before = begin > 0 && is_word(last_code_point(text.substr(0, begin)).value);
    const bool joined_behind = end < text.size() && is_word(first_code_point(text.substr(end)).value);
    return !joined_before && !joined_behind;
}

}  // namespace

void AddedTokens::add(AddedToken token, const std::string& file) {
    const auto wrong = [&](const std::string& problem) {
        return core::input_error(file + ": " + problem, "a token must be one id, and an id one token",
                                 "restore the tokenizer's files from one copy");
    };
    if (token.content.empty()) throw wrong(fmt::format("added token {} is empty", token.id));
    if (token.id < 0) throw wrong(fmt::format("added token \"{}\" has the id {}", token.content, token.id));
    if (const auto known = ids_.find(token.content); known != ids_.end()) {
        if (known->second == token.id) return;
        throw wrong(
            fmt::format("added token \"{}\" has two ids, {} and {}", token.content, known->second, token.id));
    }
    if (const auto known = by_id_.find(token.id); known != by_id_.end()) {
        throw wrong(fmt::format("id {} is two added tokens, \"{}\" and \"{}\"", token.id,
                                known->second.content, token.content));
    }
    ids_.emplace(token.content, token.id);
    const auto id = token.id;
    by_id_.emplace(id, std::move(token));
}

const AddedToken* AddedTokens::find(std::int64_t id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

const AddedToken* AddedTokens::find(std::string_view content) const {
    const auto found = ids_.find(content);
    return found == ids_.end() ? nullptr : find(found->second);
}

void TokenFinder::look_for(std::string pattern, const AddedToken* token) {
    if (pattern.empty()) return;
    auto& patterns = by_first_byte_[static_cast<unsigned char>(pattern.front())];
    patterns.push_back({std::move(pattern), token});
    std::stable_sort(patterns.begin(), patterns.end(),
                     [](const auto& a, const auto& b) { return a.text.size() > b.text.size(); });
}

const TokenFinder::Pattern* TokenFinder::at(std::string_view text) const {
    for (const auto& pattern : by_first_byte_[static_cast<unsigned char>(text.front())]) {
        if (text.starts_with(pattern.text)) return &pattern;
    }
    return nullptr;
}

void TokenFinder::split(std::string_view text, std::vector<TextSection>& sections) const {
    std::size_t done = 0;
    for (std::size_t at_byte = 0; at_byte < text.size();) {
        const Pattern* const pattern = at(text.substr(at_byte));
        if (!pattern) {
            ++at_byte;
            continue;
        }
        std::size_t begin = at_byte;
        std::size_t end = at_byte + pattern->text.size();
        at_byte = end;
        if (pattern->token->single_word && !stands_alone(text, begin, end)) continue;
        if (pattern->token->left_strip) begin = std::max(trailing_space(text.substr(0, begin)), done);
        if (pattern->token->right_strip) end += leading_space(text.substr(end));
        if (done < begin) sections.push_back({text.substr(done, begin - done), nullptr});
        begin = std::min(begin, end);  // the token before may have taken this one along, if it is white space
        sections.push_back({text.substr(begin, end - begin), pattern->token});
        done = std::max(done, end);
    }
    if (done < text.size()) sections.push_back({text.substr(done), nullptr});
}

}  // namespace lvr::data
