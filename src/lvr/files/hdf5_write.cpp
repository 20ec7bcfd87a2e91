// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

constexpr const char* k_not_text = "a text is not UTF-8, or has a NUL byte in it";
constexpr std::size_t k_most_text_bytes = std::size_t{1} << 30;  // of one dataset

/// Order is kept and times are not: equal content, equal bytes.
H5Handle group_creation() {
    H5Handle list(H5Pcreate(H5P_GROUP_CREATE));
    H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(list, false);
    return list;
}

H5Handle attribute_creation() {
    H5Handle list(H5Pcreate(H5P_ATTRIBUTE_CREATE));
    H5Pset_char_encoding(list, H5T_CSET_UTF8);
    return list;
}

H5Handle text_type(std::size_t length) {
    H5Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, length);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/// h5py's convention for a bool.
H5Handle flag_type() {
    H5Handle type(H5Tenum_create(H5T_STD_I8LE));
    const std::int8_t no = 0, yes = 1;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

H5Handle scalar_space() { return H5Handle(H5Screate(H5S_SCALAR)); }

/// What HDF5 is to write, and as what.
struct Content {
    hid_t type;
    hid_t space;
    const void* values;  ///< nullptr: nothing
};

/// @return HDF5's reason if it was not written: the handles that are closed on the way out would erase it
std::string write_dataset(hid_t group, const std::string& path, const Content& content) {
    const H5Handle links = link_creation(), creation = dataset_creation();
    const hid_t id =
        H5Dcreate2(group, path.c_str(), content.type, content.space, links, creation, H5P_DEFAULT);
    if (id < 0) return hdf5_reason();
    const H5Handle dataset(id);
    if (content.values == nullptr || H5Sget_simple_extent_npoints(content.space) == 0) return "";
    const herr_t code = H5Dwrite(dataset, content.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.values);
    return code < 0 ? hdf5_reason() : "";
}

/// @return as above
std::string write_one_attribute(hid_t group, const std::string& name, hid_t type, const void* value) {
    const H5Handle creation = attribute_creation(), space = scalar_space();
    const hid_t id = H5Acreate2(group, name.c_str(), type, space, creation, H5P_DEFAULT);
    if (id < 0) return hdf5_reason();
    const H5Handle attribute(id);
    return H5Awrite(attribute, type, value) < 0 ? hdf5_reason() : "";
}

/// Texts side by side, each padded to the length of the longest.
struct Packed {
    std::size_t length = 1;
    std::string bytes;
};

Packed packed(const std::vector<std::string>& texts) {
    Packed all;
    for (const auto& text : texts) all.length = std::max(all.length, text.size());
    if (all.length * texts.size() > k_most_text_bytes) return all;
    for (const auto& text : texts) all.bytes += text + std::string(all.length - text.size(), '\0');
    return all;
}

/// One NaN for all: which bits it has depends on the processor and on what made it.
double same_nan(double value) { return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value; }

std::vector<double> same_nans(std::vector<double> values) {
    for (double& value : values) value = same_nan(value);
    return values;
}

bool is_text(const std::string& text) { return first_bad_byte(text) == std::string::npos; }

}  // namespace

H5Handle link_creation() {
    H5Handle list(H5Pcreate(H5P_LINK_CREATE));
    H5Pset_create_intermediate_group(list, 1);
    H5Pset_char_encoding(list, H5T_CSET_UTF8);
    return list;
}

H5Handle dataset_creation() {
    H5Handle list(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_obj_track_times(list, false);
    return list;
}

H5Handle space_of(const H5Group::Shape& shape) {
    const std::vector<hsize_t> extents(shape.begin(), shape.end());
    return H5Handle(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr));
}

void H5Group::expect_written(const std::string& reason, const std::string& path) const {
    if (!reason.empty()) fail("cannot be written", path, reason);
}

H5Group H5Group::make_group(const std::string& path) const {
    const H5Handle links = link_creation(), creation = group_creation();
    const hid_t id = H5Gcreate2(object_->id, path.c_str(), links, creation, H5P_DEFAULT);
    auto object = std::make_shared<Object>(checked(id, "group cannot be made", path));
    return {std::move(object), file_name_, true};
}

void H5Group::write(const std::string& path, const std::vector<double>& values, const Shape& shape) const {
    const Shape its_shape = shape.empty() ? Shape{values.size()} : shape;
    const auto points =
        std::accumulate(its_shape.begin(), its_shape.end(), std::uint64_t{1}, std::multiplies<>());
    core::ensure(points == values.size(), "a dataset's shape does not agree with its size");
    const H5Handle space = space_of(its_shape);
    const std::vector<double> content = same_nans(values);
    expect_written(write_dataset(object_->id, path, {H5T_IEEE_F64LE, space, content.data()}), path);
}

void H5Group::write(const std::string& path, const std::vector<std::int64_t>& values) const {
    const H5Handle space = space_of({values.size()});
    expect_written(write_dataset(object_->id, path, {H5T_STD_I64LE, space, values.data()}), path);
}

void H5Group::write(const std::string& path, const std::vector<std::string>& values) const {
    if (!std::all_of(values.begin(), values.end(), is_text)) fail(k_not_text, path);
    const Packed texts = packed(values);
    if (texts.bytes.empty() && !values.empty()) fail("the texts are too long", path);
    const H5Handle space = space_of({values.size()}), type = text_type(texts.length);
    expect_written(write_dataset(object_->id, path, {type, space, texts.bytes.data()}), path);
}

void H5Group::write_scalar(const std::string& path, double value) const {
    const H5Handle space = scalar_space();
    const double content = same_nan(value);
    expect_written(write_dataset(object_->id, path, {H5T_IEEE_F64LE, space, &content}), path);
}

void H5Group::write_scalar(const std::string& path, std::int64_t value) const {
    const H5Handle space = scalar_space();
    expect_written(write_dataset(object_->id, path, {H5T_STD_I64LE, space, &value}), path);
}

void H5Group::write_scalar(const std::string& path, const std::string& value) const {
    if (!is_text(value)) fail(k_not_text, path);
    const Packed text = packed({value});
    const H5Handle space = scalar_space(), type = text_type(text.length);
    expect_written(write_dataset(object_->id, path, {type, space, text.bytes.data()}), path);
}

void H5Group::write_flag(const std::string& path, bool value) const {
    const H5Handle space = scalar_space(), type = flag_type();
    const std::int8_t byte = value ? 1 : 0;
    expect_written(write_dataset(object_->id, path, {type, space, &byte}), path);
}

void H5Group::write_attribute_of(const std::string& path, const std::string& name,
                                 const std::string& value) const {
    object(path).write_attribute(name, value);
}

void H5Group::write_null(const std::string& path) const {
    const H5Handle space(H5Screate(H5S_NULL));
    expect_written(write_dataset(object_->id, path, {H5T_IEEE_F64LE, space, nullptr}), path);
}

void H5Group::write_attribute(const std::string& name, const std::string& value) const {
    if (!is_text(value)) fail(k_not_text, name);
    const Packed text = packed({value});
    const H5Handle type = text_type(text.length);
    expect_written(write_one_attribute(object_->id, name, type, text.bytes.data()), name);
}

void H5Group::write_attribute(const std::string& name, std::int64_t value) const {
    expect_written(write_one_attribute(object_->id, name, H5T_STD_I64LE, &value), name);
}

void H5Group::write_attribute(const std::string& name, double value) const {
    const double content = same_nan(value);
    expect_written(write_one_attribute(object_->id, name, H5T_IEEE_F64LE, &content), name);
}

}  // namespace lvr::files
