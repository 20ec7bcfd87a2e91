// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/json_member.hpp>

#include <algorithm>
#include <set>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>

namespace lvr::data {
namespace {

class Members {
  public:
    Members(std::string_view text, const std::string& what) : text_(text), what_(what) {}

    /// @param take gets each member's name and value, in order
    template <class Take>
    void each(const Take& take) {
        expect('{');
        for (bool first = true; !(first && next() == '}'); first = false) {
            const std::string name = key();
            expect(':');
            take(name, skip_value());
            const char separator = next();
            if (separator == '}') break;
            if (separator != ',') throw broken();
            ++at_;
        }
        ++at_;
        if (text_.find_first_not_of(" \t\r\n", at_) != std::string_view::npos) throw broken();
    }

  private:
    core::Error broken() const {
        return core::input_error(what_ + " is not JSON", "", "restore it from a copy, or correct it");
    }

    char next() {
        at_ = text_.find_first_not_of(" \t\r\n", at_);
        if (at_ == std::string_view::npos) throw broken();
        return text_[at_];
    }

    void expect(char letter) {
        if (next() != letter) throw broken();
        ++at_;
    }

    std::string key() {
        if (next() != '"') throw broken();
        const std::size_t begin = at_;
        skip_text();
        return core::parse_json(text_.substr(begin, at_ - begin), what_).get<std::string>();
    }

    /// From a text's first quote to behind its last.
    void skip_text() {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '"') {
                ++at_;
                return;
            }
        }
        throw broken();
    }

    std::string_view skip_value() {
        const char first = next();
        const std::size_t begin = at_;
        if (first == '"') {
            skip_text();
        } else if (first == '[' || first == '{') {
            skip_nested();
        } else {
            at_ = std::min(text_.find_first_of(",:]} \t\r\n", at_), text_.size());
        }
        if (at_ == begin) throw broken();
        return text_.substr(begin, at_ - begin);
    }

    /// From a bracket to behind the one that closes it.
    void skip_nested() {
        int depth = 0;
        while (at_ < text_.size()) {
            const char letter = text_[at_];
            if (letter == '"') {
                skip_text();
                continue;
            }
            ++at_;
            depth += letter == '[' || letter == '{' ? 1 : letter == ']' || letter == '}' ? -1 : 0;
            if (depth == 0) return;
        }
        throw broken();
    }

    std::string_view text_;
    const std::string& what_;
    std::size_t at_ = 0;
};

}  // namespace

std::optional<std::string_view> member_of(std::string_view object, std::string_view name,
                                          const std::string& what) {
    std::optional<std::string_view> found;
    Members(object, what).each([&](const std::string& one, std::string_view value) {
        if (one == name) found = value;  // of several of one name the last counts, as for other readers
    });
    return found;
}

std::optional<std::string> repeated_member(std::string_view object, const std::string& what) {
    std::set<std::string> names;
    std::optional<std::string> repeated;
    Members(object, what).each([&](const std::string& one, std::string_view) {
        if (!names.insert(one).second) repeated = one;
    });
    return repeated;
}

}  // namespace lvr::data
