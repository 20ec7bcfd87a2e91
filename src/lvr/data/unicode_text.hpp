// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lvr::data {

/// One code point and the bytes that it took; length 0 where the text is not UTF-8.
struct CodePoint {
    std::int32_t value = -1;
    std::size_t length = 0;
};

/// @param text must not be empty
CodePoint first_code_point(std::string_view text);
/// @param text must be UTF-8 and not empty
CodePoint last_code_point(std::string_view text);
void append_code_point(std::string& text, std::int32_t value);

/// @throws core::Error (input) at the first byte that is not UTF-8
void require_utf8(std::string_view text);
/// With U+FFFD for each longest part that could have been the beginning of a character (as Unicode
/// recommends).
std::string replace_broken_utf8(std::string_view bytes);

bool is_white_space(std::int32_t code_point);  ///< property White_Space
bool is_numeric(std::int32_t code_point);      ///< categories Nd, Nl, No
bool is_word(std::int32_t code_point);         ///< \w: letters, marks, decimal digits, connectors, joiners

enum class NormalForm { nfc, nfd, nfkc, nfkd };
/// @param text must be UTF-8
std::string normalised(std::string_view text, NormalForm form);

/// GPT-2's printable characters for the 256 bytes: the byte itself where it is visible in Latin-1, else
/// U+0100 onwards.
const std::array<std::int32_t, 256>& byte_characters();
/// The byte that a character of byte_characters() stands for.
std::optional<unsigned char> byte_of_character(std::int32_t code_point);

/// The byte that "<0x0A>" names, with two capital hexadecimal digits.
std::optional<unsigned char> byte_of_name(std::string_view token);

}  // namespace lvr::data
