// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/python_literal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include <lvr/data/unicode_text.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>

namespace lvr::tasks::python {
namespace {

/// As Python's parser reads its lines.
std::string plain_line_ends(std::string_view text) {
    return replace(replace(text, "\r\n", "\n"), "\r", "\n");
}

class Reader {
  public:
    explicit Reader(std::string_view text) : source_(plain_line_ends(text)), text_(source_) {}

    std::vector<std::string> list() {
        skip_space();
        const char close = next_is('[') ? ']' : next_is('(') ? ')' : '\0';
        if (close == '\0') refuse("SyntaxError", "no list of strings");
        ++at_;
        std::vector<std::string> items;
        bool comma = true;
        for (skip_space(); !next_is(close); skip_space()) {
            if (!comma) refuse("SyntaxError", "a comma is missing");
            items.push_back(item());
            comma = next_is(',');
            if (comma) ++at_;
        }
        if (close == ')' && items.size() == 1 && !comma)
            refuse("ValueError", "a string in brackets is no list");
        ++at_;
        skip_space();
        if (at_ < text_.size()) refuse("SyntaxError", "something follows the list");
        return items;
    }

  private:
    [[noreturn]] void refuse(std::string_view exception, const std::string& problem) const {
        throw ReferenceError(
            exception,
            fmt::format("a list of options is not what Python reads as one: {} at byte {} of {}", problem,
                        at_, text_.size()),
            "the options of a question are written as a list of strings");
    }

    bool next_is(char letter) const { return at_ < text_.size() && text_[at_] == letter; }

    /// And comments.
    void skip_space() {
        for (; at_ < text_.size(); ++at_) {
            if (next_is('#')) at_ = std::min(text_.find('\n', at_), text_.size());
            if (at_ < text_.size() && std::string_view(" \t\n\f").find(text_[at_]) == std::string_view::npos)
                return;
        }
        at_ = std::min(at_, text_.size());
    }

    /// Strings side by side are one.
    std::string item() {
        std::string value;
        bool any = false;
        for (;; any = true, skip_space()) {
            const std::size_t quote = text_.find_first_of("'\"", at_);
            const std::string_view prefix = text_.substr(at_, std::min(quote, text_.size()) - at_);
            const bool is_raw = prefix == "r" || prefix == "R";
            if (quote == std::string_view::npos ||
                !(prefix.empty() || is_raw || prefix == "u" || prefix == "U"))
                break;
            at_ = quote;
            value += literal(is_raw);
        }
        if (!any) refuse("SyntaxError", "no string");
        return value;
    }

    std::string literal(bool is_raw) {
        const std::string one(1, text_[at_]), three(3, text_[at_]);
        const std::string& quote = text_.substr(at_).starts_with(three) ? three : one;
        at_ += quote.size();
        std::string value;
        while (!text_.substr(at_).starts_with(quote)) {
            if (at_ >= text_.size() || text_[at_] == '\0' || (text_[at_] == '\n' && quote.size() == 1))
                refuse("SyntaxError", "a string does not end");
            if (text_[at_] != '\\') {
                value += text_[at_++];
            } else if (at_ + 1 >= text_.size()) {
                refuse("SyntaxError", "a string does not end");
            } else if (is_raw) {
                value += text_.substr(at_, 2);
                at_ += 2;
            } else {
                ++at_;
                escape(value);
            }
        }
        at_ += quote.size();
        return value;
    }

    void escape(std::string& value) {
        constexpr std::string_view names = "\\'\"abfnrtv", meanings = "\\'\"\a\b\f\n\r\t\v";
        const char letter = text_[at_++];
        if (const std::size_t known = names.find(letter); known != std::string_view::npos) {
            value += meanings[known];
        } else if (letter == '\n') {
            return;
        } else if (letter >= '0' && letter <= '7') {
            --at_;
            data::append_code_point(value, static_cast<std::int32_t>(octal()));
        } else if (letter == 'x' || letter == 'u' || letter == 'U') {
            const auto code = hexadecimal(letter == 'x' ? 2 : letter == 'u' ? 4 : 8);
            if (code > 0x10FFFF) refuse("SyntaxError", "a character beyond Unicode");
            if (code >= 0xD800 && code < 0xE000) refuse("UnicodeEncodeError", "half a character");
            data::append_code_point(value, static_cast<std::int32_t>(code));
        } else if (letter == 'N') {
            refuse("SyntaxError", "a character by its name (which lvr does not know)");
        } else {
            value += '\\';
            value += letter;
        }
    }

    std::uint32_t octal() {
        std::uint32_t code = 0;
        for (int i = 0; i < 3 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i)
            code = code * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
        return code;
    }

    std::uint32_t hexadecimal(std::size_t count) {
        constexpr std::string_view lower = "0123456789abcdef", upper = "0123456789ABCDEF";
        std::uint32_t code = 0;
        for (; count > 0; --count, ++at_) {
            const char letter = at_ < text_.size() ? text_[at_] : '\0';
            const std::size_t digit = std::min(lower.find(letter), upper.find(letter));
            if (digit == std::string_view::npos) refuse("SyntaxError", "an escape that does not end");
            code = code * 16 + static_cast<std::uint32_t>(digit);
        }
        return code;
    }

    std::string source_;
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> string_list(std::string_view text) { return Reader(text).list(); }

}  // namespace lvr::tasks::python
