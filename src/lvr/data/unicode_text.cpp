// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/unicode_text.hpp>

#include <fmt/format.h>
#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include <lvr/core/error.hpp>

namespace lvr::data {
namespace {

const utf8proc_uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

bool is_ascii(std::string_view text) {
    for (const char letter : text) {
        if (static_cast<unsigned char>(letter) >= 0x80) return false;
    }
    return true;
}

bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// How many bytes at the front of a broken text could have begun one character.
std::size_t broken_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t wanted = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < 2 || !continues(byte(1))) return 1;
    const unsigned char second = byte(1);
    const bool impossible = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                            (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    if (impossible) return 1;
    std::size_t length = 2;
    while (length < wanted && length < text.size() && continues(byte(length))) ++length;
    return length;
}

std::array<std::int32_t, 256> make_byte_characters() {
    std::array<std::int32_t, 256> characters{};
    std::int32_t next = 0x100;
    for (std::int32_t byte = 0; byte < 256; ++byte) {
        const bool visible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        characters[static_cast<std::size_t>(byte)] = visible ? byte : next++;
    }
    return characters;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1};
    utf8proc_int32_t value = -1;
    const auto length = utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &value);
    return length > 0 ? CodePoint{value, static_cast<std::size_t>(length)} : CodePoint{};
}

CodePoint last_code_point(std::string_view text) {
    std::size_t at = text.size() - 1;
    while (at > 0 && continues(static_cast<unsigned char>(text[at]))) --at;
    return first_code_point(text.substr(at));
}

void append_code_point(std::string& text, std::int32_t value) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto length = utf8proc_encode_char(value, bytes.data());
    text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

void require_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = first_code_point(text.substr(at)).length;
        if (length == 0) {
            throw core::input_error(
                fmt::format("a text is not UTF-8: byte {} of {} (0x{:02X})", at, text.size(),
                            static_cast<unsigned char>(text[at])),
                "the tokenizer works on characters, and would not see what the author wrote",
                "convert the text to UTF-8, or leave the sample out");
        }
        at += length;
    }
}

std::string replace_broken_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        std::size_t length = first_code_point(bytes).length;
        if (length > 0) {
            text.append(bytes.substr(0, length));
        } else {
            length = broken_length(bytes);
            text += "\xEF\xBF\xBD";
        }
        bytes.remove_prefix(length);
    }
    return text;
}

bool is_white_space(std::int32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

bool is_numeric(std::int32_t code_point) {
    const auto category = utf8proc_category(code_point);
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_NO;
}

bool is_word(std::int32_t code_point) {
    switch (utf8proc_category(code_point)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_PC:
            return true;
        default:
            return code_point == 0x200C || code_point == 0x200D;
    }
}

std::string normalised(std::string_view text, NormalForm form) {
    if (is_ascii(text)) return std::string(text);
    const bool composes = form == NormalForm::nfc || form == NormalForm::nfkc;
    const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
    int options = UTF8PROC_STABLE | (composes ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE);
    if (compatible) options |= UTF8PROC_COMPAT;
    utf8proc_uint8_t* mapped = nullptr;
    const auto length = utf8proc_map(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                     static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
    core::ensure(length >= 0, "a text that is UTF-8 can be normalised");
    return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

const std::array<std::int32_t, 256>& byte_characters() {
    static const auto characters = make_byte_characters();
    return characters;
}

std::optional<unsigned char> byte_of_character(std::int32_t code_point) {
    static const auto bytes = [] {
        std::array<int, 0x144> table{};
        table.fill(-1);
        for (std::size_t byte = 0; byte < 256; ++byte) {
            table[static_cast<std::size_t>(byte_characters()[byte])] = static_cast<int>(byte);
        }
        return table;
    }();
    if (code_point < 0 || static_cast<std::size_t>(code_point) >= bytes.size()) return {};
    const int byte = bytes[static_cast<std::size_t>(code_point)];
    if (byte < 0) return {};
    return static_cast<unsigned char>(byte);
}

std::optional<unsigned char> byte_of_name(std::string_view token) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return {};
    const auto high = digits.find(token[3]), low = digits.find(token[4]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    return static_cast<unsigned char>(16 * high + low);
}

}  // namespace lvr::data
