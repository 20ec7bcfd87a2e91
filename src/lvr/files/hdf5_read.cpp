// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <lvr/core/error.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

/// Our files are neither chunked nor compressed: what a dataset claims to hold cannot exceed the file.
bool fits_file(hid_t object, hsize_t points, std::size_t size) {
    const H5Handle file(H5Iget_file_id(object));
    hsize_t bytes = 0;
    if (H5Fget_filesize(file, &bytes) < 0 || size == 0) return false;
    return points <= bytes / size;
}

std::vector<std::string> unpacked(const std::string& bytes, std::size_t length) {
    std::vector<std::string> values;
    for (std::size_t at = 0; at + length <= bytes.size(); at += length) {
        const char* text = bytes.data() + at;
        values.emplace_back(text, strnlen(text, length));
    }
    return values;
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* out) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
}

}  // namespace

H5Group::H5Group(std::shared_ptr<Object> object, std::string file_name, bool writing)
    : object_(std::move(object)), file_name_(std::move(file_name)), writing_(writing) {}

void H5Group::fail(const std::string& what, const std::string& path) const {
    const std::string problem = file_name_ + ": " + path + ": " + what + " (" + hdf5_reason() + ")";
    if (writing_) throw core::output_error(problem, "nothing was left under that name", "free some space or write to another disk");
    throw core::input_error(problem, "the file does not follow the schema, or is damaged", "make it again with the program that wrote it");
}

bool H5Group::has(const std::string& path) const {
    const bool there = H5Lexists(object_->id, path.c_str(), H5P_DEFAULT) > 0 &&
                       H5Oexists_by_name(object_->id, path.c_str(), H5P_DEFAULT) > 0;
    H5Eclear2(H5E_DEFAULT);
    return there;
}

bool H5Group::has_attribute(const std::string& name) const { return H5Aexists(object_->id, name.c_str()) > 0; }

bool H5Group::is_group(const std::string& path) const {
    H5O_info_t info;
    if (H5Oget_info_by_name(object_->id, path.c_str(), &info, H5P_DEFAULT) < 0) fail("cannot be looked at", path);
    return info.type == H5O_TYPE_GROUP;
}

H5Group H5Group::group(const std::string& path) const {
    auto object = std::make_shared<Object>(has(path) ? H5Gopen2(object_->id, path.c_str(), H5P_DEFAULT) : H5I_INVALID_HID);
    if (object->id < 0) fail("group is missing", path);
    return {std::move(object), file_name_, writing_};
}

std::vector<std::string> H5Group::names() const {
    std::vector<std::string> names;
    hsize_t at = 0;
    if (H5Literate(object_->id, H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, collect_name, &names) >= 0) return names;
    names.clear();  // a file of other hands may keep no order
    at = 0;
    if (H5Literate(object_->id, H5_INDEX_NAME, H5_ITER_INC, &at, collect_name, &names) < 0) fail("members cannot be listed", ".");
    H5Eclear2(H5E_DEFAULT);
    return names;
}

std::shared_ptr<H5Group::Object> H5Group::dataset(const std::string& path) const {
    if (!has(path)) fail("dataset is missing", path);
    auto object = std::make_shared<Object>(H5Dopen2(object_->id, path.c_str(), H5P_DEFAULT));
    if (object->id < 0) fail("is not a dataset", path);
    const H5Handle space(H5Dget_space(object->id)), type(H5Dget_type(object->id));
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    if (points < 0 || !fits_file(object->id, static_cast<hsize_t>(points), H5Tget_size(type))) {
        fail("claims to be larger than the file", path);
    }
    return object;
}

std::vector<std::uint64_t> H5Group::shape(const std::string& path) const {
    const auto object = dataset(path);
    const H5Handle space(H5Dget_space(object->id));
    const int rank = H5Sget_simple_extent_ndims(space);
    std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(0, rank)));
    H5Sget_simple_extent_dims(space, extents.data(), nullptr);
    return {extents.begin(), extents.end()};
}

H5Group::Kind H5Group::kind(const std::string& path) const {
    const auto object = dataset(path);
    const H5Handle space(H5Dget_space(object->id)), type(H5Dget_type(object->id));
    if (H5Sget_simple_extent_type(space) == H5S_NULL) return Kind::none;
    switch (H5Tget_class(type)) {
        case H5T_FLOAT: return Kind::real;
        case H5T_INTEGER: return Kind::integer;
        case H5T_STRING: return Kind::text;
        default: fail("has a type that we do not write", path);
    }
}

std::vector<double> H5Group::doubles(const std::string& path) const {
    const auto object = dataset(path);
    const H5Handle space(H5Dget_space(object->id)), type(H5Dget_type(object->id));
    if (H5Tget_class(type) != H5T_FLOAT) fail("does not hold real numbers", path);
    std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    if (values.empty()) return values;
    if (H5Dread(object->id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) fail("cannot be read", path);
    return values;
}

std::vector<std::int64_t> H5Group::integers(const std::string& path) const {
    const auto object = dataset(path);
    const H5Handle space(H5Dget_space(object->id)), type(H5Dget_type(object->id));
    if (H5Tget_class(type) != H5T_INTEGER) fail("does not hold whole numbers", path);
    std::vector<std::int64_t> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    if (values.empty()) return values;
    if (H5Dread(object->id, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) fail("cannot be read", path);
    return values;
}

std::vector<std::string> H5Group::texts(const std::string& path) const {
    const auto object = dataset(path);
    const H5Handle space(H5Dget_space(object->id)), type(H5Dget_type(object->id));
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0) fail("does not hold texts of fixed length", path);
    const std::size_t length = H5Tget_size(type);
    std::string bytes(length * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)), '\0');
    if (bytes.empty()) return {};
    if (H5Dread(object->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0) fail("cannot be read", path);
    return unpacked(bytes, length);
}

std::string H5Group::text_attribute(const std::string& name) const {
    if (!has_attribute(name)) fail("attribute is missing", name);
    const H5Handle attribute(H5Aopen(object_->id, name.c_str(), H5P_DEFAULT));
    const H5Handle type(attribute.valid() ? H5Aget_type(attribute) : H5I_INVALID_HID);
    const H5Handle space(attribute.valid() ? H5Aget_space(attribute) : H5I_INVALID_HID);
    const bool is_text = type.valid() && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
    if (!is_text || H5Sget_simple_extent_npoints(space) != 1) fail("attribute is not a text", name);
    if (!fits_file(object_->id, 1, H5Tget_size(type))) fail("attribute claims to be larger than the file", name);
    std::string bytes(H5Tget_size(type), '\0');
    if (H5Aread(attribute, type, bytes.data()) < 0) fail("attribute cannot be read", name);
    return bytes.substr(0, bytes.find('\0'));
}

std::int64_t H5Group::integer_attribute(const std::string& name) const {
    if (!has_attribute(name)) fail("attribute is missing", name);
    const H5Handle attribute(H5Aopen(object_->id, name.c_str(), H5P_DEFAULT));
    const H5Handle type(attribute.valid() ? H5Aget_type(attribute) : H5I_INVALID_HID);
    const H5Handle space(attribute.valid() ? H5Aget_space(attribute) : H5I_INVALID_HID);
    std::int64_t value = 0;
    if (!type.valid() || H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != 1 ||
        H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) {
        fail("attribute is not a whole number", name);
    }
    return value;
}

}  // namespace lvr::files
