// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/list_entries.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

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
    void begin(std::int64_t line, std::int64_t offset) {
        line_ = line;
        offset_ = offset;
    }
    bool empty() const { return text_.empty(); }
    void finish() {
        take_({text_, number_, line_, offset_});
        text_.clear();
        ++number_;
    }
    core::Error problem(const std::string& what) const {
        return core::input_error(fmt::format("{}: entry {} (line {}) {}", file_, number_, line_, what), "",
                                 "check that the file is whole, and a list of the form that is wanted here");
    }
    std::string& text() { return text_; }

  private:
    const std::string& file_;
    const TakeEntry& take_;
    std::string text_;
    std::int64_t number_ = 1;
    std::int64_t line_ = 1;
    std::int64_t offset_ = 0;
};

/// Cuts an array at the commas between its elements. Only strings, brackets and commas are looked at: whoever
/// takes the elements parses them.
class ArraySplitter {
  public:
    ArraySplitter(const std::string& file, const TakeEntry& take) : file_(file), entry_(file, take) {}

    void feed(std::string_view piece, std::int64_t offset) {
        const char* at = piece.data();
        const char* const end = at + piece.size();
        while (at != end) {
            const std::int64_t here = offset + (at - piece.data());
            at = state_ == State::inside ? element(at, end, here) : around(at, end);
        }
    }

    void finish() const {
        if (state_ == State::before) throw no_list();
        if (state_ == State::inside) throw entry_.problem("is cut off: the file ends within the list");
    }

  private:
    enum class State { before, inside, behind };

    core::Error no_list() const {
        return core::input_error(
            file_ + ": is not a JSON list", "",
            "it is to be one array: [entry, entry, ...]; one entry per line is taken in a "
            "file whose name ends with .jsonl");
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

    /// Takes what belongs to the element from `at` (at this offset of the file) on, up to a comma or bracket
    /// that ends it, or the piece's end.
    const char* element(const char* at, const char* end, std::int64_t offset) {
        if (entry_.empty()) {
            const char* const from = at;
            while (at != end && is_space(*at)) line_ += *at++ == '\n' ? 1 : 0;
            entry_.begin(line_, offset + (at - from));
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

/// The pieces of a file and where each begins, without a byte order mark in front.
void read_marked_pieces(const std::string& file,
                        const std::function<void(std::string_view, std::int64_t)>& take) {
    std::string start;  // until it is clear whether it is a mark
    bool clear = false;
    std::int64_t offset = 0;
    const auto hand_on = [&](std::string_view piece) {
        take(piece, offset);
        offset += static_cast<std::int64_t>(piece.size());
    };
    core::read_pieces(file, [&](std::string_view piece) {
        if (clear) return hand_on(piece);
        start += piece;
        if (start.size() < k_byte_order_mark.size()) return;
        clear = true;
        std::string_view rest = start;
        if (rest.starts_with(k_byte_order_mark)) {
            rest.remove_prefix(k_byte_order_mark.size());
            offset = static_cast<std::int64_t>(k_byte_order_mark.size());
        }
        hand_on(rest);
    });
    if (!clear) hand_on(start);
}

/// @throws core::Error (input) for an object of more than k_most_keys
void check_keys(std::string_view text, const std::string& what) {
    std::vector<int> keys = {0};  // so far, of what is open at each depth
    bool in_text = false, escaped = false;
    for (const char letter : text) {
        if (in_text) {
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        in_text = letter == '"';
        if (letter == '{' || letter == '[') keys.push_back(0);
        if ((letter == '}' || letter == ']') && keys.size() > 1) keys.pop_back();
        if (keys.size() > core::k_deepest_json + 1) return;  // nobody reads on behind that
        if (letter == ':' && ++keys.back() > k_most_keys)
            throw core::input_error(fmt::format("{} has an object of more than {} keys", what, k_most_keys),
                                    "", "leave out what nobody reads");
    }
}

}  // namespace

core::Json parse_entry(std::string_view text, const std::string& what) {
    check_keys(text, what);
    return core::parse_json(text, what);
}

void for_each_line(const std::string& file, const TakeEntry& take) {
    Entry entry(file, take);
    std::int64_t line = 1;
    const auto finish = [&](std::int64_t next) {
        if (entry.text().ends_with('\r')) entry.text().pop_back();
        entry.finish();
        entry.begin(++line, next);
    };
    bool first = true;
    read_marked_pieces(file, [&](std::string_view piece, std::int64_t offset) {
        if (std::exchange(first, false)) entry.begin(line, offset);
        for (std::size_t end; (end = piece.find('\n')) != std::string_view::npos;) {
            entry.append(piece.substr(0, end));
            piece.remove_prefix(end + 1);
            offset += static_cast<std::int64_t>(end) + 1;
            finish(offset);
        }
        entry.append(piece);
    });
    if (!entry.empty()) finish(0);
}

void for_each_element(const std::string& file, const TakeEntry& take) {
    ArraySplitter splitter(file, take);
    read_marked_pieces(file,
                       [&](std::string_view piece, std::int64_t offset) { splitter.feed(piece, offset); });
    splitter.finish();
}

}  // namespace lvr::data
