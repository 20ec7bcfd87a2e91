// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/image_list.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <string_view>

#include <lvr/core/error.hpp>
#include <lvr/data/list_entries.hpp>

namespace lvr::data {
namespace {

/// What Linux accepts as a path, in bytes.
constexpr std::size_t k_longest_path = 4095;

std::string name_of(simdjson::dom::element_type type) {
    switch (type) {
        case simdjson::dom::element_type::ARRAY:
            return "a list";
        case simdjson::dom::element_type::OBJECT:
            return "an object";
        case simdjson::dom::element_type::STRING:
            return "a text";
        case simdjson::dom::element_type::BOOL:
            return "true or false";
        case simdjson::dom::element_type::NULL_VALUE:
            return "null";
        default:
            return "a number";
    }
}

core::Error bad_entry(const std::string& file, const ListEntry& entry, const std::string& what) {
    return core::input_error(fmt::format("{}: entry {} (line {}) {}", file, entry.number, entry.line, what),
                             "",
                             "each entry is a path, or an object whose `image` is a path or a list of paths");
}

/// @throws core::Error (input) for what cannot be a path
void add_path(const std::string& file, const ListEntry& entry, std::string_view path,
              CatalogBuilder& builder) {
    if (path.empty()) throw bad_entry(file, entry, "has an empty path");
    if (path.size() > k_longest_path) throw bad_entry(file, entry, "is longer than a path can be");
    if (path.find('\0') != std::string_view::npos) throw bad_entry(file, entry, "has a NUL byte in its path");
    builder.add(std::string(path));
}

class JsonEntries {
  public:
    JsonEntries(const std::string& file, CatalogBuilder& builder) : file_(file), builder_(builder) {}

    void take(const ListEntry& entry) {
        entry.text.reserve(entry.text.size() + simdjson::SIMDJSON_PADDING);
        simdjson::dom::element value;
        const auto code = parser_.parse(entry.text.data(), entry.text.size(), false).get(value);
        if (code)
            throw bad_entry(file_, entry, fmt::format("is not JSON ({})", simdjson::error_message(code)));
        if (value.is_string()) return add(entry, value);
        simdjson::dom::object fields;
        if (value.get(fields)) throw bad_entry(file_, entry, "is " + name_of(value.type()));
        simdjson::dom::element image;
        if (fields["image"].get(image) || image.is_null()) {
            ++without_;
        } else if (image.is_array()) {
            for (const auto one : simdjson::dom::array(image)) add(entry, one);
        } else {
            add(entry, image);
        }
    }

    void finish() {
        if (without_ > 0)
            builder_.note(fmt::format("{} entr{} without `image`: text only, left out", without_,
                                      without_ == 1 ? "y" : "ies"));
    }

  private:
    void add(const ListEntry& entry, simdjson::dom::element value) {
        std::string_view path;
        if (value.get(path))
            throw bad_entry(file_, entry, "has " + name_of(value.type()) + " where a path should be");
        add_path(file_, entry, path, builder_);
    }

    const std::string& file_;
    CatalogBuilder& builder_;
    simdjson::dom::parser parser_;
    std::int64_t without_ = 0;
};

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

void add_text_list(const std::string& file, CatalogBuilder& builder) {
    for_each_line(file, [&](const ListEntry& entry) {
        if (!blank(entry.text)) add_path(file, entry, entry.text, builder);
    });
}

void add_json_list(const std::string& file, CatalogBuilder& builder) {
    JsonEntries entries(file, builder);
    for_each_element(file, [&](const ListEntry& entry) { entries.take(entry); });
    entries.finish();
}

void add_json_lines(const std::string& file, CatalogBuilder& builder) {
    JsonEntries entries(file, builder);
    for_each_line(file, [&](const ListEntry& entry) {
        if (!blank(entry.text)) entries.take(entry);
    });
    entries.finish();
}

}  // namespace lvr::data
