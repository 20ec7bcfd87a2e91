// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/python_number.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include <lvr/data/unicode_text.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks::python {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Digits of a script follow one another from 0 to 9, and so do those of the next.
char ascii_digit(std::int32_t code_point) {
    std::int32_t zero = code_point;
    while (is_decimal(zero - 1)) --zero;
    return static_cast<char>('0' + (code_point - zero) % 10);
}

/// With ASCII digits and spaces. @return nothing if another character is not ASCII
std::optional<std::string> in_ascii(std::string_view text) {
    std::string ascii;
    while (!text.empty()) {
        const auto point = data::first_code_point(text);
        if (point.length == 1) {
            ascii += text.front();
        } else if (point.length > 1 && is_decimal(point.value)) {
            ascii += ascii_digit(point.value);
        } else if (point.length > 1 && data::is_white_space(point.value)) {
            ascii += ' ';
        } else {
            return {};
        }
        text.remove_prefix(point.length);
    }
    // Not the separators U+001C to U+001F, which str.strip() takes for spaces.
    const std::size_t begin = std::min(ascii.find_first_not_of(" \t\n\v\f\r"), ascii.size());
    return ascii.substr(begin, ascii.find_last_not_of(" \t\n\v\f\r") + 1 - begin);
}

/// @return nothing if an underscore does not stand between two digits
std::optional<std::string> without_underscores(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '_') {
            plain += text[i];
        } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
            return {};
        }
    }
    return plain;
}

std::optional<double> named(std::string_view text) {
    const std::string name = lower(text);
    if (name == "inf" || name == "infinity") return std::numeric_limits<double>::infinity();
    if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
    return {};
}

/// Where the exponent of a decimal number too large or too small for a double is: above or below.
bool is_huge(std::string_view digits) {
    const std::size_t e = std::min(digits.find_first_of("eE"), digits.size());
    const std::size_t point = std::min(digits.substr(0, e).find('.'), e);
    const std::size_t lead = digits.substr(0, e).find_first_of("123456789");
    if (lead == std::string_view::npos) return false;
    if (e < digits.size()) {
        const bool negative = digits.substr(e + 1).starts_with('-');
        const std::size_t count = digits.size() - e - (digits[e + 1] == '-' || digits[e + 1] == '+' ? 2 : 1);
        if (count > 6) return !negative;  // beyond what the length of a mantissa could make up for
    }
    long long exponent = 0;
    if (e < digits.size()) {
        const bool plus = digits[e + 1] == '+';
        std::from_chars(digits.data() + e + 1 + (plus ? 1 : 0), digits.data() + digits.size(), exponent);
    }
    return exponent + static_cast<long long>(point) - static_cast<long long>(lead) > 0;
}

/// digits[.digits][e[sign]digits], a digit at one side of the point at least.
bool is_plain(std::string_view text) {
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at - begin;
    };
    std::size_t mantissa = digits();
    if (at < text.size() && text[at] == '.') {
        ++at;
        mantissa += digits();
    }
    if (mantissa == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == text.size();
}

}  // namespace

std::optional<double> to_float(std::string_view text) {
    const auto ascii = in_ascii(text);
    if (!ascii) return {};
    const auto plain = without_underscores(*ascii);
    if (!plain || plain->empty()) return {};
    std::string_view digits = *plain;
    const bool negative = digits.front() == '-';
    if (negative || digits.front() == '+') digits.remove_prefix(1);
    const auto sign = [&](double value) { return negative ? -value : value; };
    if (const auto name = named(digits)) return sign(*name);
    if (!is_plain(digits)) return {};
    double value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec == std::errc::result_out_of_range)
        value = is_huge(digits) ? std::numeric_limits<double>::infinity() : 0;
    return sign(value);
}

double round_to(double value, int digits) {
    if (!std::isfinite(value)) return value;
    const std::string text = fmt::format("{:.{}f}", value, digits);
    double rounded = value;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    return rounded;
}

}  // namespace lvr::tasks::python
