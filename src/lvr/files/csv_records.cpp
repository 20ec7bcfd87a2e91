// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

#include "csv_records.hpp"

namespace lvr::files {
namespace {

class Splitter {
  public:
    Splitter(std::string_view text, const std::string& file_name) : text_(text), file_name_(file_name) {
        if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
    }

    std::vector<CsvRecord> run() {
        check_text();
        std::vector<CsvRecord> records;
        while (at_ < text_.size()) {
            if (at_line_end()) {
                skip_line_end();
                continue;
            }
            records.push_back(text_[at_] == '#' ? comment() : record());
        }
        return records;
    }

  private:
    void check_text() {
        const std::size_t bad = first_bad_byte(text_);
        if (bad == std::string_view::npos) return;
        line_ += static_cast<std::size_t>(
            std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
        fail(text_[bad] == '\0' ? "there is a NUL byte: this is not a text file" : "this is not UTF-8 text",
             "save the table as UTF-8 text");
    }

    bool at_line_end() const {
        return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n" ||
               text_.substr(at_) == "\r";
    }

    void skip_line_end() {
        if (at_ < text_.size() && text_[at_] == '\r') ++at_;
        if (at_ < text_.size() && text_[at_] == '\n') ++at_;
        ++line_;
    }

    CsvRecord comment() {
        CsvRecord record{line_, true, {""}};
        for (++at_; !at_line_end(); ++at_) record.fields[0] += text_[at_];
        while (record.fields[0].ends_with('\r')) record.fields[0].pop_back();
        skip_line_end();
        return record;
    }

    CsvRecord record() {
        CsvRecord record{line_, false, {}};
        for (;;) {
            record.fields.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
            if (at_line_end()) break;
            if (text_[at_] != ',')
                fail("there is text behind a closing quote", "put the whole field in quotes");
            ++at_;
        }
        skip_line_end();
        return record;
    }

    std::string plain() {
        std::string field;
        while (!at_line_end() && text_[at_] != ',') field += text_[at_++];
        return field;
    }

    std::string quoted() {
        std::string field;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\n') ++line_;
            if (text_[at_] != '"') {
                field += text_[at_];
            } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
                field += text_[at_++];
            } else {
                ++at_;
                return field;
            }
        }
        fail("a quote is never closed", "close it, or double it inside quotes");
    }

    [[noreturn]] void fail(const std::string& problem, const std::string& remedy) const {
        throw core::input_error(fmt::format("{}: line {}: {}", file_name_, line_, problem),
                                "the table cannot be split into cells", remedy);
    }

    std::string_view text_;
    const std::string& file_name_;
    std::size_t at_ = 0, line_ = 1;
};

}  // namespace

std::vector<CsvRecord> split_csv(std::string_view text, const std::string& file_name) {
    return Splitter(text, file_name).run();
}

std::string quoted_csv(const std::string& field) {
    const bool plain =
        field.find_first_of(",\"\n\r") == std::string::npos && (field.empty() || field.front() != '#');
    if (plain) return field;
    std::string out = "\"";
    for (const char letter : field) out += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    return out + '"';
}

}  // namespace lvr::files
