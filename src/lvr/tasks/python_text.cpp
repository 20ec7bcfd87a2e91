// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/python_text.hpp>

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/data/unicode_text.hpp>

namespace lvr::tasks::python {
namespace {

using data::CodePoint;

constexpr std::int32_t k_capital_sigma = 0x3A3, k_final_sigma = 0x3C2, k_dotted_i = 0x130;

bool is_ascii(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char letter) { return (letter & 0x80) != 0; });
}

char ascii_lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
}

/// @return value -1 and length 1 for a byte that is not UTF-8
CodePoint point_in_front(std::string_view text) {
    const CodePoint point = data::first_code_point(text);
    return point.length > 0 ? point : CodePoint{-1, 1};
}

CodePoint point_at_end(std::string_view text) {
    const CodePoint point = data::last_code_point(text);
    const bool whole = point.length > 0 &&
                       data::first_code_point(text.substr(text.size() - point.length)).length == point.length;
    return whole ? point : CodePoint{-1, 1};
}

bool within(std::int32_t c, std::int32_t from, std::int32_t to) { return c >= from && c <= to; }

/// Property Case_Ignorable.
bool is_ignorable(std::int32_t c) {
    constexpr std::array<std::int32_t, 17> between_letters = {'\'',   '.',    ':',    0xB7,   0x387,  0x55F,
                                                              0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                                              0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
    if (c < 0) return false;
    if (std::find(between_letters.begin(), between_letters.end(), c) != between_letters.end()) return true;
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_SK:
            return true;
        default:
            return false;
    }
}

/// Property Cased, of what is not ignorable.
bool is_cased(std::int32_t c) {
    if (c < 0) return false;
    const auto category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
           category == UTF8PROC_CATEGORY_LT || c == 0xAA || c == 0xBA || within(c, 0x2160, 0x217F) ||
           within(c, 0x24B6, 0x24E9) || within(c, 0x1F130, 0x1F149) || within(c, 0x1F150, 0x1F169) ||
           within(c, 0x1F170, 0x1F189);
}

/// Whether the nearest character that is not ignorable is a letter with case.
bool cased_before(std::string_view text) {
    while (!text.empty()) {
        const CodePoint point = point_at_end(text);
        if (!is_ignorable(point.value)) return is_cased(point.value);
        text.remove_suffix(point.length);
    }
    return false;
}

bool cased_after(std::string_view text) {
    while (!text.empty()) {
        const CodePoint point = point_in_front(text);
        if (!is_ignorable(point.value)) return is_cased(point.value);
        text.remove_prefix(point.length);
    }
    return false;
}

void append_lower(std::string& out, std::string_view text, std::size_t at, CodePoint point) {
    if (point.value < 0) {
        out += text[at];
    } else if (point.value == k_dotted_i) {
        out += "i\xCC\x87";
    } else if (point.value == k_capital_sigma && cased_before(text.substr(0, at)) &&
               !cased_after(text.substr(at + point.length))) {
        data::append_code_point(out, k_final_sigma);
    } else {
        data::append_code_point(out, utf8proc_tolower(point.value));
    }
}

/// Letters whose title case is more than one letter (Unicode's SpecialCasing.txt).
struct LongTitle {
    std::int32_t letter;
    std::array<std::int32_t, 3> title;  ///< 0: none
};
constexpr LongTitle k_long_titles[] = {
    {0xDF, {0x53, 0x73, 0}},         {0x149, {0x2BC, 0x4E, 0}},       {0x1F0, {0x4A, 0x30C, 0}},
    {0x390, {0x399, 0x308, 0x301}},  {0x3B0, {0x3A5, 0x308, 0x301}},  {0x587, {0x535, 0x582, 0}},
    {0x1E96, {0x48, 0x331, 0}},      {0x1E97, {0x54, 0x308, 0}},      {0x1E98, {0x57, 0x30A, 0}},
    {0x1E99, {0x59, 0x30A, 0}},      {0x1E9A, {0x41, 0x2BE, 0}},      {0x1F50, {0x3A5, 0x313, 0}},
    {0x1F52, {0x3A5, 0x313, 0x300}}, {0x1F54, {0x3A5, 0x313, 0x301}}, {0x1F56, {0x3A5, 0x313, 0x342}},
    {0x1FB2, {0x1FBA, 0x345, 0}},    {0x1FB4, {0x386, 0x345, 0}},     {0x1FB6, {0x391, 0x342, 0}},
    {0x1FB7, {0x391, 0x342, 0x345}}, {0x1FC2, {0x1FCA, 0x345, 0}},    {0x1FC4, {0x389, 0x345, 0}},
    {0x1FC6, {0x397, 0x342, 0}},     {0x1FC7, {0x397, 0x342, 0x345}}, {0x1FD2, {0x399, 0x308, 0x300}},
    {0x1FD3, {0x399, 0x308, 0x301}}, {0x1FD6, {0x399, 0x342, 0}},     {0x1FD7, {0x399, 0x308, 0x342}},
    {0x1FE2, {0x3A5, 0x308, 0x300}}, {0x1FE3, {0x3A5, 0x308, 0x301}}, {0x1FE4, {0x3A1, 0x313, 0}},
    {0x1FE6, {0x3A5, 0x342, 0}},     {0x1FE7, {0x3A5, 0x308, 0x342}}, {0x1FF2, {0x1FFA, 0x345, 0}},
    {0x1FF4, {0x38F, 0x345, 0}},     {0x1FF6, {0x3A9, 0x342, 0}},     {0x1FF7, {0x3A9, 0x342, 0x345}},
    {0xFB00, {0x46, 0x66, 0}},       {0xFB01, {0x46, 0x69, 0}},       {0xFB02, {0x46, 0x6C, 0}},
    {0xFB03, {0x46, 0x66, 0x69}},    {0xFB04, {0x46, 0x66, 0x6C}},    {0xFB05, {0x53, 0x74, 0}},
    {0xFB06, {0x53, 0x74, 0}},       {0xFB13, {0x544, 0x576, 0}},     {0xFB14, {0x544, 0x565, 0}},
    {0xFB15, {0x544, 0x56B, 0}},     {0xFB16, {0x54E, 0x576, 0}},     {0xFB17, {0x544, 0x56D, 0}},
};

void append_title(std::string& out, std::string_view text, CodePoint point) {
    if (point.value < 0) {
        out += text.front();
        return;
    }
    for (const auto& special : k_long_titles) {
        if (special.letter != point.value) continue;
        for (const std::int32_t letter : special.title) {
            if (letter > 0) data::append_code_point(out, letter);
        }
        return;
    }
    data::append_code_point(out, utf8proc_totitle(point.value));
}

std::string lowered_from(std::string_view text, std::size_t at, std::string out) {
    while (at < text.size()) {
        const CodePoint point = point_in_front(text.substr(at));
        append_lower(out, text, at, point);
        at += point.length;
    }
    return out;
}

bool is_letter(utf8proc_category_t category) {
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
           category == UTF8PROC_CATEGORY_LT || category == UTF8PROC_CATEGORY_LM ||
           category == UTF8PROC_CATEGORY_LO;
}

}  // namespace

std::string lower(std::string_view text) {
    if (!is_ascii(text)) return lowered_from(text, 0, "");
    std::string lowered(text);
    for (char& letter : lowered) letter = ascii_lower(letter);
    return lowered;
}

std::string capitalize(std::string_view text) {
    if (text.empty()) return "";
    const CodePoint point = point_in_front(text);
    std::string out;
    append_title(out, text, point);
    return lowered_from(text, point.length, std::move(out));
}

std::string_view strip(std::string_view text, char letter) {
    while (!text.empty() && text.front() == letter) text.remove_prefix(1);
    while (!text.empty() && text.back() == letter) text.remove_suffix(1);
    return text;
}

std::string replace(std::string_view text, std::string_view what, std::string_view with) {
    std::string out;
    std::size_t begin = 0;
    for (std::size_t at; (at = text.find(what, begin)) != std::string_view::npos; begin = at + what.size()) {
        out.append(text.substr(begin, at - begin)).append(with);
    }
    return out.append(text.substr(begin));
}

std::size_t length(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(point_in_front(text).length);
    return count;
}

std::string_view first(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    for (; count > 0 && end < text.size(); --count) end += point_in_front(text.substr(end)).length;
    return text.substr(0, end);
}

bool is_alpha(std::int32_t code_point) { return code_point >= 0 && is_letter(utf8proc_category(code_point)); }

bool is_decimal(std::int32_t code_point) {
    return code_point >= 0 && utf8proc_category(code_point) == UTF8PROC_CATEGORY_ND;
}

bool is_word(std::int32_t code_point) {
    return code_point == '_' || is_alpha(code_point) || (code_point >= 0 && data::is_numeric(code_point));
}

std::string str(const core::Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return "None";
    if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
    if (value.is_number_float()) {
        const auto number = value.get<double>();
        std::string text = fmt::format("{}", number);
        return std::isfinite(number) && text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    if (value.is_number()) return value.dump();
    throw core::input_error("a list or an object stands where a text should be", "",
                            "check how the file was made");
}

}  // namespace lvr::tasks::python
