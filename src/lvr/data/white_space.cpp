// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/white_space.hpp>

#include <array>

namespace lvr::data {
namespace {

using namespace std::string_view_literals;

/// U+0085, 00A0, 1680, 2000 to 200A, 2028, 2029, 202F, 205F and 3000.
constexpr std::array k_wide = {"\xc2\x85"sv,     "\xc2\xa0"sv,     "\xe1\x9a\x80"sv, "\xe2\x80\x80"sv,
                               "\xe2\x80\x81"sv, "\xe2\x80\x82"sv, "\xe2\x80\x83"sv, "\xe2\x80\x84"sv,
                               "\xe2\x80\x85"sv, "\xe2\x80\x86"sv, "\xe2\x80\x87"sv, "\xe2\x80\x88"sv,
                               "\xe2\x80\x89"sv, "\xe2\x80\x8a"sv, "\xe2\x80\xa8"sv, "\xe2\x80\xa9"sv,
                               "\xe2\x80\xaf"sv, "\xe2\x81\x9f"sv, "\xe3\x80\x80"sv};

bool is_narrow(char letter) {
    return letter == ' ' || (letter >= '\t' && letter <= '\r') || (letter >= '\x1c' && letter <= '\x1f');
}

bool may_be_wide(char letter) {
    return letter == '\xc2' || letter == '\xe1' || letter == '\xe2' || letter == '\xe3';
}

/// Bytes of the white space with which the text begins; 0 if it begins with none.
std::size_t space_in_front(std::string_view text) {
    if (text.empty()) return 0;
    if (is_narrow(text.front())) return 1;
    if (!may_be_wide(text.front())) return 0;
    for (const auto& space : k_wide)
        if (text.starts_with(space)) return space.size();
    return 0;
}

std::size_t space_at_end(std::string_view text) {
    if (text.empty()) return 0;
    if (is_narrow(text.back())) return 1;
    for (const auto& space : k_wide)
        if (text.ends_with(space)) return space.size();
    return 0;
}

}  // namespace

std::int64_t count_words(std::string_view text) {
    std::int64_t words = 0;
    bool within = false;
    while (!text.empty()) {
        const std::size_t space = space_in_front(text);
        words += space == 0 && !within ? 1 : 0;
        within = space == 0;
        text.remove_prefix(space == 0 ? 1 : space);
    }
    return words;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t begin = 0, at = 0;
    while (at < text.size()) {
        const std::size_t space = space_in_front(text.substr(at));
        if (space == 0) {
            ++at;
            continue;
        }
        if (at > begin) words.push_back(text.substr(begin, at - begin));
        begin = at += space;
    }
    if (at > begin) words.push_back(text.substr(begin));
    return words;
}

std::string_view strip(std::string_view text) {
    while (const std::size_t space = space_in_front(text)) text.remove_prefix(space);
    while (const std::size_t space = space_at_end(text)) text.remove_suffix(space);
    return text;
}

}  // namespace lvr::data
