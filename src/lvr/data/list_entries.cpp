// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/list_entries.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>

namespace lvr::data {
namespace {

constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";

bool is_space(char letter) { return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r'; }

/// The entry that is being collected.
class Entry {
  public:
    Entry(const std::string& file, const TakeEntry& take) : file_(file), take_(take) {}

    void append(std::string_view run) {
        if (text_.size() + run.size() > k_longest_entry) throw problem("is longer than an entry can be");
        text_ += run;
    }
    void begin(std::int64_t line) { line_ = line; }
    bool empty() const { return text_.empty(); }
    void finish() {
        take_({text_, number_, line_});
        text_.clear();
        ++number_;
    }
    core::Error problem(const std::string& what) const {
        return core::input_error(fmt::format("{}: entry {} (line {}) {}", file_, number_, line_, what), "",
                                 "check that the file is whole, and a list of image paths");
    }
    std::string& text() { return text_; }

  private:
    const std::string& file_;
    const TakeEntry& take_;
    std::string text_;
    std::int64_t number_ = 1;
    std::int64_t line_ = 1;
};

/// Cuts an array at the commas between its elements. Only strings, brackets and commas are looked at: whoever
/// takes the elements parses them.
class ArraySplitter {
  public:
    ArraySplitter(const std::string& file, const TakeEntry& take) : file_(file), entry_(file, take) {}

    void feed(std::string_view piece) {
        const char* at = piece.data();
        const char* const end = at + piece.size();
        while (at != end) at = state_ == State::inside ? element(at, end) : around(at, end);
    }

    void finish() const {
        if (state_ == State::before) throw no_list();
        if (state_ == State::inside) throw entry_.problem("is cut off: the file ends within the list");
    }

  private:
    enum class State { before, inside, behind };

    core::Error no_list() const {
        return core::input_error(file_ + ": is not a JSON list", "",
                                 "give a list of paths, or of objects with an `image` field");
    }

    const char* around(const char* at, const char* end) {
        for (; at != end; ++at) {
            line_ += *at == '\n' ? 1 : 0;
            if (is_space(*at)) continue;
            if (state_ == State::behind || *at != '[') throw no_list();
            state_ = State::inside;
            return at + 1;
        }
        return end;
    }

    /// Takes what belongs to the element from `at` on, up to a comma or bracket that ends it, or the piece's
    /// end.
    const char* element(const char* at, const char* end) {
        if (entry_.empty()) {
            while (at != end && is_space(*at)) line_ += *at++ == '\n' ? 1 : 0;
            entry_.begin(line_);
        }
        const char* const begin = at;
        for (; at != end; ++at) {
            if (in_text_) {
                at = within_text(at, end);
                if (at == end) break;
                continue;
            }
            line_ += *at == '\n' ? 1 : 0;
            in_text_ = *at == '"';
            if (*at == '[' || *at == '{') ++depth_;
            const bool closes = *at == ']' || *at == '}';
            if ((closes || *at == ',') && depth_ == 0) {
                entry_.append({begin, at});
                end_of_element(*at);
                return at + 1;
            }
            depth_ -= closes ? 1 : 0;
        }
        entry_.append({begin, at});
        return at;
    }

    /// @return where the text ends, or end
    const char* within_text(const char* at, const char* end) {
        for (; at != end; ++at) {
            if (escaped_) {
                escaped_ = false;
            } else if (*at == '\\') {
                escaped_ = true;
            } else if (*at == '"') {
                in_text_ = false;
                return at;
            }
        }
        return end;
    }

    void end_of_element(char by) {
        if (by == '}') throw entry_.problem("has a bracket too many");
        auto& text = entry_.text();
        while (!text.empty() && is_space(text.back())) text.pop_back();
        const bool last = by == ']';
        if (last) state_ = State::behind;
        if (text.empty() && last && !any_) return;
        if (text.empty()) throw entry_.problem("is empty");
        any_ = true;
        entry_.finish();
    }

    const std::string& file_;
    Entry entry_;
    State state_ = State::before;
    bool any_ = false, in_text_ = false, escaped_ = false;
    int depth_ = 0;
    std::int64_t line_ = 1;
};

/// The pieces of a file, without a byte order mark in front.
void read_marked_pieces(const std::string& file, const std::function<void(std::string_view)>& take) {
    std::string start;  // until it is clear whether it is a mark
    bool clear = false;
    core::read_pieces(file, [&](std::string_view piece) {
        if (clear) return take(piece);
        start += piece;
        if (start.size() < k_byte_order_mark.size()) return;
        clear = true;
        std::string_view rest = start;
        if (rest.starts_with(k_byte_order_mark)) rest.remove_prefix(k_byte_order_mark.size());
        take(rest);
    });
    if (!clear) take(start);
}

}  // namespace

void for_each_line(const std::string& file, const TakeEntry& take) {
    Entry entry(file, take);
    std::int64_t line = 1;
    const auto finish = [&] {
        if (entry.text().ends_with('\r')) entry.text().pop_back();
        entry.finish();
        entry.begin(++line);
    };
    read_marked_pieces(file, [&](std::string_view piece) {
        for (std::size_t end; (end = piece.find('\n')) != std::string_view::npos;
             piece.remove_prefix(end + 1)) {
            entry.append(piece.substr(0, end));
            finish();
        }
        entry.append(piece);
    });
    if (!entry.empty()) finish();
}

void for_each_element(const std::string& file, const TakeEntry& take) {
    ArraySplitter splitter(file, take);
    read_marked_pieces(file, [&](std::string_view piece) { splitter.feed(piece); });
    splitter.finish();
}

}  // namespace lvr::data
