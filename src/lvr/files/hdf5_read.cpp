// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

bool is_text(const std::string& bytes) { return first_bad_byte(bytes) == std::string::npos; }

std::vector<std::string> unpacked(const std::string& bytes, std::size_t length) {
    std::vector<std::string> values;
    for (std::size_t at = 0; at + length <= bytes.size(); at += length) {
        const char* text = bytes.data() + at;
        values.emplace_back(text, strnlen(text, length));
    }
    return values;
}

herr_t collect_link(hid_t, const char* name, const H5L_info_t*, void* out) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
}

herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* out) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
}

/// By creation, or by name if a file of other hands kept no order. @return false if neither can be had
template <class Iterate>
bool in_order(std::vector<std::string>& names, Iterate iterate) {
    for (const H5_index_t index : {H5_INDEX_CRT_ORDER, H5_INDEX_NAME}) {
        names.clear();
        hsize_t at = 0;
        if (iterate(index, &at) >= 0) return true;
    }
    return false;
}

}  // namespace

H5Group::H5Group(std::shared_ptr<Object> object, std::string file_name, bool writing)
    : object_(std::move(object)), file_name_(std::move(file_name)), writing_(writing) {}

std::string H5Group::last_reason() { return hdf5_reason(); }

void H5Group::fail(const std::string& what, const std::string& path, const std::string& reason) const {
    std::string problem = file_name_ + ": " + shown(path) + ": " + what;
    if (!reason.empty()) problem += " (" + reason + ")";
    if (writing_) throw core::output_error(problem, "nothing was written under that name", "");
    throw core::input_error(problem, "the file does not follow the schema, or is damaged",
                            "make it again with the program that wrote it");
}

std::uint64_t H5Group::file_size() const {
    const Object file(checked(H5Iget_file_id(object_->id), "the file cannot be found", "."));
    hsize_t bytes = 0;
    checked(H5Fget_filesize(file.id, &bytes), "the file has no size", ".");
    return bytes;
}

bool H5Group::has(const std::string& path) const {
    const bool there = H5Lexists(object_->id, path.c_str(), H5P_DEFAULT) > 0 &&
                       H5Oexists_by_name(object_->id, path.c_str(), H5P_DEFAULT) > 0;
    H5Eclear2(H5E_DEFAULT);
    return there;
}

bool H5Group::has_attribute(const std::string& name) const {
    const bool there = H5Aexists(object_->id, name.c_str()) > 0;
    H5Eclear2(H5E_DEFAULT);
    return there;
}

bool H5Group::is_group(const std::string& path) const {
    const hid_t id = H5Oopen(object_->id, path.c_str(), H5P_DEFAULT);
    const Object opened(checked(id, "cannot be looked at", path));
    return H5Iget_type(opened.id) == H5I_GROUP;
}

H5Group H5Group::group(const std::string& path) const {
    if (!has(path)) fail("group is missing", path);
    const hid_t id = H5Gopen2(object_->id, path.c_str(), H5P_DEFAULT);
    auto object = std::make_shared<Object>(checked(id, "is not a group", path));
    return {std::move(object), file_name_, writing_};
}

std::vector<std::string> H5Group::names() const {
    std::vector<std::string> names;
    const bool listed = in_order(names, [&](H5_index_t index, hsize_t* at) {
        return H5Literate(object_->id, index, H5_ITER_INC, at, collect_link, &names);
    });
    if (!listed) fail("members cannot be listed", ".", hdf5_reason());
    if (!std::ranges::all_of(names, is_text)) fail("a member's name is not UTF-8", ".");
    return names;
}

std::vector<std::string> H5Group::attribute_names() const {
    std::vector<std::string> names;
    const bool listed = in_order(names, [&](H5_index_t index, hsize_t* at) {
        return H5Aiterate2(object_->id, index, H5_ITER_INC, at, collect_attribute, &names);
    });
    if (!listed) fail("attributes cannot be listed", ".", hdf5_reason());
    if (!std::ranges::all_of(names, is_text)) fail("an attribute's name is not UTF-8", ".");
    return names;
}

H5Group::Opened H5Group::inspect(std::shared_ptr<Object> object, Seen what, const std::string& name) const {
    const bool is_dataset = what == Seen::dataset;
    Opened opened;
    const hid_t type = is_dataset ? H5Dget_type(object->id) : H5Aget_type(object->id);
    opened.type = std::make_shared<Object>(checked(type, "has no type", name));
    const hid_t space = is_dataset ? H5Dget_space(object->id) : H5Aget_space(object->id);
    opened.space = std::make_shared<Object>(checked(space, "has no shape", name));
    opened.object = std::move(object);
    const hssize_t points = checked(H5Sget_simple_extent_npoints(opened.space->id), "has no size", name);
    opened.points = static_cast<std::size_t>(points);
    opened.item_size = H5Tget_size(opened.type->id);
    if (opened.item_size == 0) fail("has no type", name, hdf5_reason());
    if (opened.points > file_size() / opened.item_size) fail("claims to be larger than the file", name);
    return opened;
}

H5Group::Opened H5Group::dataset(const std::string& path) const {
    if (!has(path)) fail("dataset is missing", path);
    const hid_t id = H5Dopen2(object_->id, path.c_str(), H5P_DEFAULT);
    const auto object = std::make_shared<Object>(checked(id, "is not a dataset", path));
    const Opened opened = inspect(object, Seen::dataset, path);
    check_storage(opened, path);
    return opened;
}

void H5Group::check_storage(const Opened& opened, const std::string& path) const {
    const Object creation(checked(H5Dget_create_plist(opened.object->id), "has no layout", path));
    const H5D_layout_t layout = H5Pget_layout(creation.id);
    const hsize_t stored = H5Dget_storage_size(opened.object->id);
    const bool is_never_written = layout == H5D_CONTIGUOUS && stored == 0;  // reads as fill values
    if (layout == H5D_CHUNKED || is_never_written || stored / opened.item_size >= opened.points) return;
    fail("is shorter than its shape", path);
}

H5Group::Kind H5Group::kind_of(const Opened& opened, const std::string& name) const {
    if (H5Sget_simple_extent_type(opened.space->id) == H5S_NULL) return Kind::none;
    switch (H5Tget_class(opened.type->id)) {
        case H5T_FLOAT:
            return Kind::real;
        case H5T_INTEGER:
            return Kind::integer;
        case H5T_ENUM:
            if (opened.item_size == 1) return Kind::flag;
            break;
        case H5T_STRING:
            if (H5Tis_variable_str(opened.type->id) <= 0) return Kind::text;
            fail("holds texts of variable length, where ours are fixed", name);
        default:
            break;
    }
    fail("has a type that we do not write", name);
}

H5Group::Shape H5Group::shape(const std::string& path) const { return extents(dataset(path), path); }

H5Group::Kind H5Group::kind(const std::string& path) const { return kind_of(dataset(path), path); }

std::vector<double> H5Group::doubles(const std::string& path) const {
    const Opened opened = dataset(path);
    if (kind_of(opened, path) != Kind::real) fail("does not hold real numbers", path);
    std::vector<double> values(opened.points);
    if (values.empty()) return values;
    checked(H5Dread(opened.object->id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
            "cannot be read", path);
    return values;
}

std::vector<std::int64_t> H5Group::integers(const std::string& path) const {
    const Opened opened = dataset(path);
    if (kind_of(opened, path) != Kind::integer) fail("does not hold whole numbers", path);
    std::vector<std::int64_t> values(opened.points);
    if (values.empty()) return values;
    checked(H5Dread(opened.object->id, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
            "cannot be read", path);
    return values;
}

std::vector<std::string> H5Group::texts(const std::string& path) const {
    const Opened opened = dataset(path);
    if (kind_of(opened, path) != Kind::text) fail("does not hold texts", path);
    std::string bytes(opened.item_size * opened.points, '\0');
    if (bytes.empty()) return {};
    checked(H5Dread(opened.object->id, opened.type->id, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
            "cannot be read", path);
    auto texts = unpacked(bytes, opened.item_size);
    if (!std::ranges::all_of(texts, is_text)) fail("holds what is not UTF-8 text", path);
    return texts;
}

bool H5Group::flag(const std::string& path) const {
    const Opened opened = dataset(path);
    if (kind_of(opened, path) != Kind::flag || opened.points != 1) fail("is not one truth value", path);
    std::int8_t value = 0;
    checked(H5Dread(opened.object->id, opened.type->id, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value),
            "cannot be read", path);
    return value != 0;
}

H5Group::Opened H5Group::attribute(const std::string& name, Kind expected) const {
    if (!has_attribute(name)) fail("attribute is missing", name);
    const hid_t id = H5Aopen(object_->id, name.c_str(), H5P_DEFAULT);
    auto object = std::make_shared<Object>(checked(id, "attribute cannot be opened", name));
    Opened opened = inspect(std::move(object), Seen::attribute, name);
    if (kind_of(opened, name) != expected || opened.points != 1)
        fail("attribute has another type or shape", name);
    return opened;
}

H5Group::Kind H5Group::attribute_kind(const std::string& name) const {
    const hid_t id = H5Aopen(object_->id, name.c_str(), H5P_DEFAULT);
    auto object = std::make_shared<Object>(checked(id, "attribute cannot be opened", name));
    return kind_of(inspect(std::move(object), Seen::attribute, name), name);
}

std::string H5Group::text_attribute(const std::string& name) const {
    const Opened opened = attribute(name, Kind::text);
    std::string bytes(opened.item_size, '\0');
    checked(H5Aread(opened.object->id, opened.type->id, bytes.data()), "attribute cannot be read", name);
    std::string text = bytes.substr(0, bytes.find('\0'));
    if (!is_text(text)) fail("attribute is not UTF-8 text", name);
    return text;
}

std::int64_t H5Group::integer_attribute(const std::string& name) const {
    std::int64_t value = 0;
    const Opened opened = attribute(name, Kind::integer);
    checked(H5Aread(opened.object->id, H5T_NATIVE_INT64, &value), "attribute cannot be read", name);
    return value;
}

double H5Group::real_attribute(const std::string& name) const {
    double value = 0;
    const Opened opened = attribute(name, Kind::real);
    checked(H5Aread(opened.object->id, H5T_NATIVE_DOUBLE, &value), "attribute cannot be read", name);
    return value;
}

}  // namespace lvr::files
