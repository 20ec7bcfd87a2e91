// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/data/image_folder.hpp>
#include <lvr/data/json_member.hpp>
#include <lvr/data/list_entries.hpp>
#include <lvr/data/row_table.hpp>
#include <lvr/data/row_value.hpp>

namespace lvr::data {
namespace {

/// What Linux accepts as a path, in bytes.
constexpr std::size_t k_longest_path = 4095;

core::Error bad_line(const RowPlace& place, const std::string& problem) {
    return core::input_error(place.named() + " " + problem, "",
                             "each entry is an object: its members are the columns, pictures are paths");
}

std::vector<std::string> names_in(const core::Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
}

bool is_path(const core::Json& value) {
    if (!value.is_string()) return false;
    const auto& path = value.get_ref<const std::string&>();
    return !path.empty() && path.size() <= k_longest_path && path.find('\0') == std::string::npos;
}

/// A path, as {"path": ...} too, or a list of such; null: none.
core::Json paths_of(const core::Json& value, const ColumnSpec& column, const RowPlace& place) {
    core::Json paths = core::Json::array();
    const auto add = [&](const core::Json& one) {
        const bool within = one.is_object() && one.contains("path");
        const core::Json& path = within ? one["path"] : one;
        if (!is_path(path)) throw bad_line(place, fmt::format("has no path in '{}'", column.name));
        paths.push_back(path);
    };
    if (value.is_array()) {
        for (const auto& one : value) add(one);
    } else if (!value.is_null()) {
        add(value);
    }
    return paths;
}

class ListReader {
  public:
    ListReader(const std::string& file, const std::vector<ColumnSpec>& columns)
        : file_(file), columns_(columns) {
        table_.parts.push_back({file, 0, {}});
    }

    void take(const ListEntry& entry) {
        const RowPlace place{file_, entry.line, "line"};
        if (!entry.text.starts_with('{')) throw bad_line(place, "is no object");
        core::Json object = parse_entry(entry.text, place.named());
        if (const auto name = repeated_member(entry.text, place.named()))
            throw bad_line(place, fmt::format("has '{}' twice", *name));
        core::Json document = core::Json::object(), pictures = core::Json::object();
        for (const auto& column : columns_) {
            const auto member = object.find(column.name);
            if (member == object.end() && !column.optional)
                throw missing_column(place.named(), column.name, names_in(object));
            core::Json value = member == object.end() ? core::Json() : std::move(*member);
            if (is_picture(column)) {
                pictures[column.name] = paths_of(value, column, place);
            } else {
                document[column.name] = value_as(std::move(value), column, place);
            }
        }
        for (auto& [name, value] : object.items()) {
            if (!document.contains(name) && !pictures.contains(name)) document[name] = std::move(value);
        }
        table_.documents.push_back(std::move(document));
        table_.pictures.push_back(std::move(pictures));
    }

    RowTable finish() { return std::move(table_); }

  private:
    const std::string& file_;
    const std::vector<ColumnSpec>& columns_;
    RowTable table_;
};

}  // namespace

RowTable read_listed_rows(const std::string& file, const std::vector<ColumnSpec>& columns) {
    ListReader reader(file, columns);
    if (suffix_of(file) == ".json") {
        for_each_element(file, [&](const ListEntry& entry) { reader.take(entry); });
    } else {
        for_each_line(file, [&](const ListEntry& entry) {
            if (entry.text.find_first_not_of(" \t\r") != std::string::npos) reader.take(entry);
        });
    }
    return reader.finish();
}

}  // namespace lvr::data
