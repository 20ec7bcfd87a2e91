// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <lvr/data/unicode_text.hpp>
#include <lvr/tasks/mmmu_answer.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks {
namespace {

constexpr std::size_t k_none = static_cast<std::size_t>(-1);

/// A text by characters, with what the regular expressions ask of them. Positions may be beyond its end.
class Characters {
  public:
    explicit Characters(std::string_view text) : text_(text) {
        for (std::size_t at = 0; at < text.size();) {
            const auto point = data::first_code_point(text.substr(at));
            starts_.push_back(at);
            values_.push_back(point.length > 0 ? point.value : -1);
            at += std::max<std::size_t>(point.length, 1);
        }
        starts_.push_back(text.size());
    }

    std::size_t size() const { return values_.size(); }
    std::string part(std::size_t from, std::size_t to) const {
        return std::string(text_.substr(starts_[from], starts_[to] - starts_[from]));
    }
    bool is(std::size_t at, char letter) const { return at < size() && values_[at] == letter; }
    bool is_digit(std::size_t at) const { return at < size() && python::is_decimal(values_[at]); }
    bool is_word(std::size_t at) const { return at < size() && python::is_word(values_[at]); }
    std::size_t after_digits(std::size_t at) const {
        while (is_digit(at)) ++at;
        return at;
    }
    std::size_t after_minus(std::size_t at) const { return is(at, '-') ? at + 1 : at; }
    /// [eE][+-]?\d+ @return k_none if there is none
    std::size_t after_exponent(std::size_t at) const {
        if (!is(at, 'e') && !is(at, 'E')) return k_none;
        ++at;
        if (is(at, '+') || is(at, '-')) ++at;
        return is_digit(at) ? after_digits(at) : k_none;
    }

  private:
    std::string_view text_;
    std::vector<std::size_t> starts_;
    std::vector<std::int32_t> values_;
};

/// -?\b\d{1,3}(?:,\d{3})+\b
std::size_t after_thousands(const Characters& text, std::size_t at) {
    const std::size_t begin = text.after_minus(at);
    if (begin == at && at > 0 && text.is_word(at - 1)) return k_none;
    std::size_t end = text.after_digits(begin);
    if (end == begin || end > begin + 3) return k_none;
    const auto is_group = [&](std::size_t i) {
        return text.is(i, ',') && text.is_digit(i + 1) && text.is_digit(i + 2) && text.is_digit(i + 3);
    };
    std::size_t groups = 0;
    for (; is_group(end); end += 4) ++groups;
    if (groups > 0 && text.is_word(end)) {  // one group less ends before a comma
        end -= 4;
        --groups;
    }
    return groups > 0 ? end : k_none;
}

/// -?\d+(?:\.\d+)?[eE][+-]?\d+
std::size_t after_scientific(const Characters& text, std::size_t at) {
    const std::size_t begin = text.after_minus(at);
    std::size_t end = text.after_digits(begin);
    if (end == begin) return k_none;
    if (text.is(end, '.') && text.is_digit(end + 1)) end = text.after_digits(end + 1);
    return text.after_exponent(end);
}

/// -?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])
std::size_t after_simple(const Characters& text, std::size_t at) {
    const std::size_t begin = text.after_minus(at);
    const std::size_t whole = text.after_digits(begin);
    const auto ends_well = [&](std::size_t end) {
        return text.after_exponent(end) == k_none && !text.is(end, ',') && !text.is_digit(end);
    };
    if (text.is(whole, '.') && text.is_digit(whole + 1)) {
        const std::size_t end = text.after_digits(whole + 1);
        if (ends_well(end)) return end;
    }
    if (whole > begin && !text.is_word(whole) && ends_well(whole)) return whole;
    return k_none;
}

template <class Pattern>
void find_all(const Characters& text, const Pattern& after, std::vector<std::string>& found) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = after(text, at);
        if (end == k_none) {
            ++at;
            continue;
        }
        found.push_back(text.part(at, end));
        at = end;
    }
}

}  // namespace

std::vector<std::string> extract_numbers(std::string_view text) {
    const Characters characters(text);
    std::vector<std::string> numbers;
    find_all(characters, after_thousands, numbers);
    find_all(characters, after_scientific, numbers);
    find_all(characters, after_simple, numbers);
    return numbers;
}

}  // namespace lvr::tasks
