// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/json_tree.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/provenance.hpp>

#include "percent.hpp"

namespace lvr::files {
namespace {

using core::Json;

constexpr int k_deepest = 64;
constexpr std::uint64_t k_least_bytes = 8;  // that a member takes in the file, at the very least

/// HDF5 parts paths at '/', and knows "." as the group itself.
std::string encoded(const std::string& key) {
    if (key.empty()) return "%";
    if (key == ".") return "%2E";
    return percent_encoded(key, [](char letter) {
        return letter != '/' && letter != '%' && static_cast<unsigned char>(letter) >= 0x20;
    });
}

std::string decoded(const std::string& name) { return name == "%" ? "" : percent_decoded(name); }

/// A number that a double holds, or null.
bool is_real(const Json& item) {
    constexpr double exact = 0x1p53;
    if (item.is_number_integer()) return std::abs(item.get<double>()) < exact;
    return item.is_number() || item.is_null();
}

bool all_numbers(const Json& list) {
    return std::all_of(list.begin(), list.end(), is_real) &&
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

double value_of(const Json& item) {
    return item.is_null() ? std::numeric_limits<double>::quiet_NaN() : item.get<double>();
}

std::vector<double> values_of(const Json& list) {
    std::vector<double> values;
    for (const auto& item : list) values.push_back(value_of(item));
    return values;
}

void write(const H5Group& group, const std::string& name, const Json& value);

void write_matrix(const H5Group& group, const std::string& name, const Json& rows) {
    std::vector<double> values;
    for (const auto& row : rows) {
        for (const auto& item : row) values.push_back(value_of(item));
    }
    group.write(name, values, {rows.size(), rows.front().size()});
}

void write_members(const H5Group& group, const std::string& name, const Json& list) {
    const H5Group members = group.make_group(name);
    members.write_attribute("list", std::int64_t{1});
    for (std::size_t i = 0; i < list.size(); ++i) write(members, std::to_string(i), list[i]);
}

void write_list(const H5Group& group, const std::string& name, const Json& list) {
    if (list.empty()) {
        write_members(group, name, list);
    } else if (all_numbers(list)) {
        group.write(name, values_of(list));
    } else if (all_texts(list)) {
        group.write(name, list.get<std::vector<std::string>>());
    } else if (is_matrix(list)) {
        write_matrix(group, name, list);
    } else {
        write_members(group, name, list);
    }
}

void write_number(const H5Group& group, const std::string& name, const Json& value) {
    const bool is_whole =
        value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
    if (is_whole) {
        group.write_scalar(name, value.get<std::int64_t>());
    } else {
        group.write_scalar(name, value.get<double>());
    }
}

void write(const H5Group& group, const std::string& name, const Json& value) {
    if (value.is_object()) {
        const H5Group members = group.make_group(name);
        for (const auto& [key, item] : value.items()) write(members, encoded(key), item);
    } else if (value.is_array()) {
        write_list(group, name, value);
    } else if (value.is_number()) {
        write_number(group, name, value);
    } else if (value.is_string()) {
        group.write_scalar(name, value.get<std::string>());
    } else if (value.is_boolean()) {
        group.write_flag(name, value.get<bool>());
    } else {
        group.write_null(name);
    }
}

Json read_numbers(const std::vector<double>& values, const H5Group::Shape& shape) {
    if (shape.empty()) return core::number(values.at(0));
    if (shape.size() == 1) return core::numbers(values);
    Json rows = Json::array();
    const auto columns = static_cast<std::size_t>(shape[1]);
    for (std::size_t at = 0; columns > 0 && at + columns <= values.size(); at += columns) {
        rows.push_back(core::numbers({values.data() + at, columns}));
    }
    return rows;
}

/// A damaged file may hold itself, or the same group a thousand times: depth and number of members are
/// bounded.
class TreeReader {
  public:
    explicit TreeReader(const H5Group& root)
        : file_name_(root.file_name()), left_(root.file_size() / k_least_bytes) {}

    Json read_group(const H5Group& group, int depth) {
        if (depth > k_deepest) fail("is nested too deeply");
        const bool is_list = group.has_attribute("list");
        Json all = is_list ? Json::array() : Json::object();
        for (const auto& name : group.names()) {
            if (left_-- == 0) fail("holds the same members again and again");
            Json value = read(group, name, depth + 1);
            if (is_list) {
                all.push_back(std::move(value));
            } else {
                all.push_back({decoded(name), std::move(value)});
            }
        }
        return all;
    }

  private:
    Json read(const H5Group& group, const std::string& name, int depth) {
        if (group.is_group(name)) return read_group(group.group(name), depth);
        const auto shape = group.shape(name);
        switch (group.kind(name)) {
            case H5Group::Kind::none:
                return nullptr;
            case H5Group::Kind::real:
                return read_numbers(group.doubles(name), shape);
            case H5Group::Kind::flag:
                return group.flag(name);
            case H5Group::Kind::integer:
                return one_or_all(group.integers(name), shape);
            case H5Group::Kind::text:
                return one_or_all(group.texts(name), shape);
        }
        return nullptr;
    }

    template <class T>
    Json one_or_all(const std::vector<T>& values, const H5Group::Shape& shape) const {
        if (shape.empty()) return values.at(0);
        return values;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw core::input_error(file_name_ + ": " + what, "the file is damaged",
                                "make it again with the program that wrote it");
    }

    std::string file_name_;
    std::uint64_t left_;
};

}  // namespace

void write_tree(const std::filesystem::path& file, const Json& tree, const Json& provenance) {
    core::ensure(tree.is_object(), "only a JSON object can be a file's tree");
    H5File::write(file, [&](const H5Group& root) {
        write_provenance(root, provenance);
        for (const auto& [key, item] : tree.items()) write(root, encoded(key), item);
    });
}

Json tree_of(const H5Group& root) { return TreeReader(root).read_group(root, 0); }

Json read_tree(const std::filesystem::path& file) {
    const CrashMessage crash(file.string());
    return tree_of(H5File::open(file));
}

}  // namespace lvr::files
