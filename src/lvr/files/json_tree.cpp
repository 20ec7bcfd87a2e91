// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/json_tree.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/files/hdf5.hpp>

namespace lvr::files {
namespace {

using core::Json;

constexpr int k_deepest = 64;  // a damaged file must not make us recurse for ever

std::string encoded(const std::string& key) {
    if (key.empty()) return "%";
    if (key == "." || key == "..") return "%" + key;
    std::string out;
    for (const char letter : key) out += letter == '/' ? "%2F" : letter == '%' ? "%25" : std::string(1, letter);
    return out;
}

std::string decoded(std::string name) {
    if (name == "%") return "";
    if (name == "%." || name == "%..") return name.substr(1);
    for (const auto& [code, letter] : {std::pair{"%2F", '/'}, {"%25", '%'}}) {
        for (auto at = name.find(code); at != std::string::npos; at = name.find(code, at + 1)) name.replace(at, 3, 1, letter);
    }
    return name;
}

bool is_number(const Json& item) { return item.is_number() || item.is_null(); }

bool all_numbers(const Json& list) {
    return std::all_of(list.begin(), list.end(), is_number) &&
           std::any_of(list.begin(), list.end(), [](const Json& item) { return item.is_number(); });
}

bool all_texts(const Json& list) {
    return std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
}

bool is_matrix(const Json& list) {
    return std::all_of(list.begin(), list.end(), [&](const Json& row) {
        return row.is_array() && !row.empty() && row.size() == list.front().size() && all_numbers(row);
    });
}

double value_of(const Json& item) { return item.is_null() ? std::numeric_limits<double>::quiet_NaN() : item.get<double>(); }

void write(const H5Group& group, const std::string& name, const Json& value);

void write_matrix(const H5Group& group, const std::string& name, const Json& rows) {
    std::vector<double> values;
    for (const auto& row : rows) {
        for (const auto& item : row) values.push_back(value_of(item));
    }
    group.write(name, values, {rows.size(), rows.front().size()});
}

void write_list(const H5Group& group, const std::string& name, const Json& list) {
    if (!list.empty() && all_numbers(list)) {
        std::vector<double> values;
        for (const auto& item : list) values.push_back(value_of(item));
        group.write(name, values);
    } else if (!list.empty() && all_texts(list)) {
        group.write(name, list.get<std::vector<std::string>>());
    } else if (!list.empty() && is_matrix(list)) {
        write_matrix(group, name, list);
    } else {
        const H5Group members = group.make_group(name);
        members.write_attribute("list", std::int64_t{1});
        for (std::size_t i = 0; i < list.size(); ++i) write(members, std::to_string(i), list[i]);
    }
}

void write(const H5Group& group, const std::string& name, const Json& value) {
    if (value.is_object()) {
        const H5Group members = group.make_group(name);
        for (const auto& [key, item] : value.items()) write(members, encoded(key), item);
    } else if (value.is_array()) {
        write_list(group, name, value);
    } else if (value.is_number_integer()) {
        group.write_scalar(name, value.get<std::int64_t>());
    } else if (value.is_number()) {
        group.write_scalar(name, value.get<double>());
    } else if (value.is_string()) {
        group.write_scalar(name, value.get<std::string>());
    } else if (value.is_boolean()) {
        group.write_scalar(name, std::string(value.get<bool>() ? "true" : "false"));
    } else {
        group.write_null(name);
    }
}

Json read(const H5Group& group, const std::string& name, int depth);

Json read_group(const H5Group& group, int depth) {
    core::ensure(depth < k_deepest, "an HDF5 tree deeper than any of ours");
    if (group.has_attribute("list")) {
        Json list = Json::array();
        for (const auto& name : group.names()) list.push_back(read(group, name, depth + 1));
        return list;
    }
    Json object = Json::object();
    for (const auto& name : group.names()) object[decoded(name)] = read(group, name, depth + 1);
    return object;
}

Json read_numbers(const std::vector<double>& values, const std::vector<std::uint64_t>& shape) {
    if (shape.empty()) return core::number(values.front());
    if (shape.size() == 1) return core::numbers(values);
    Json rows = Json::array();
    const auto columns = static_cast<std::size_t>(shape[1]);
    for (std::size_t at = 0; at + columns <= values.size() && columns > 0; at += columns) {
        rows.push_back(core::numbers({values.data() + at, columns}));
    }
    return rows;
}

Json read_text(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return text;
}

Json read(const H5Group& group, const std::string& name, int depth) {
    if (group.is_group(name)) return read_group(group.group(name), depth);
    const auto shape = group.shape(name);
    switch (group.kind(name)) {
        case H5Group::Kind::none: return nullptr;
        case H5Group::Kind::real: return read_numbers(group.doubles(name), shape);
        case H5Group::Kind::integer: {
            const auto values = group.integers(name);
            return shape.empty() ? Json(values.front()) : Json(values);
        }
        case H5Group::Kind::text: {
            const auto values = group.texts(name);
            return shape.empty() ? read_text(values.front()) : Json(values);
        }
    }
    return nullptr;
}

}  // namespace

void write_tree(const std::filesystem::path& file, const Json& tree, const Json& provenance) {
    H5File::write(file, [&](const H5Group& root) {
        for (const auto& [key, item] : tree.items()) write(root, encoded(key), item);
        root.write_scalar("provenance", core::to_text(provenance));
    });
}

Json read_tree(const std::filesystem::path& file) {
    Json tree = read_group(H5File::open(file), 0);
    tree.erase("provenance");
    return tree;
}

}  // namespace lvr::files
