// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/image_list.hpp>

#include <fmt/format.h>

#include <string_view>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/data/json_member.hpp>
#include <lvr/data/list_entries.hpp>

namespace lvr::data {
namespace {

/// What Linux accepts as a path, in bytes.
constexpr std::size_t k_longest_path = 4095;

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

std::string kind_of(const core::Json& value) {
    if (value.is_array()) return "a list";
    if (value.is_object()) return "an object";
    return value.is_null() ? "null" : value.is_boolean() ? "true or false" : "a number";
}

class JsonEntries {
  public:
    JsonEntries(const std::string& file, CatalogBuilder& builder) : file_(file), builder_(builder) {}

    void take(const ListEntry& entry) {
        const std::string what = fmt::format("{}: entry {} (line {})", file_, entry.number, entry.line);
        if (!entry.text.starts_with('{')) {
            const core::Json value = parse_entry(entry.text, what);
            if (!value.is_string()) throw bad_entry(file_, entry, "is " + kind_of(value));
            return add(entry, value);
        }
        const auto field = member_of(entry.text, "image", what);
        const core::Json image = field ? parse_entry(*field, what + ": `image`") : core::Json();
        if (image.is_null()) {
            ++without_;
        } else if (image.is_array()) {
            for (const auto& one : image) add(entry, one);
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
    void add(const ListEntry& entry, const core::Json& path) {
        if (!path.is_string())
            throw bad_entry(file_, entry, "has " + kind_of(path) + " where a path should be");
        add_path(file_, entry, path.get_ref<const std::string&>(), builder_);
    }

    const std::string& file_;
    CatalogBuilder& builder_;
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
