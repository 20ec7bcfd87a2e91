// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <lvr/core/error.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

H5Handle link_creation() {
    H5Handle list(H5Pcreate(H5P_LINK_CREATE));
    H5Pset_create_intermediate_group(list, 1);
    H5Pset_char_encoding(list, H5T_CSET_UTF8);
    return list;
}

H5Handle group_creation() {
    H5Handle list(H5Pcreate(H5P_GROUP_CREATE));
    H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(list, false);
    return list;
}

H5Handle dataset_creation() {
    H5Handle list(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_obj_track_times(list, false);  // equal content, equal bytes
    return list;
}

H5Handle text_type(std::size_t length) {
    H5Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, std::max<std::size_t>(1, length));
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

H5Handle space_of(const std::vector<std::uint64_t>& shape) {
    const std::vector<hsize_t> extents(shape.begin(), shape.end());
    return H5Handle(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr));
}

/// @return 0 if it was written
herr_t write_dataset(hid_t group, const std::string& path, hid_t type, hid_t space, const void* values) {
    const H5Handle links = link_creation(), creation = dataset_creation();
    const H5Handle dataset(H5Dcreate2(group, path.c_str(), type, space, links, creation, H5P_DEFAULT));
    if (!dataset.valid()) return -1;
    const bool is_empty = H5Sget_simple_extent_npoints(space) == 0;
    return is_empty || values == nullptr ? 0 : H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

std::string packed(const std::vector<std::string>& values, std::size_t length) {
    std::string bytes;
    for (const auto& value : values) bytes += value + std::string(length - value.size(), '\0');
    return bytes;
}

std::size_t longest(const std::vector<std::string>& values) {
    std::size_t length = 1;
    for (const auto& value : values) length = std::max(length, value.size());
    return length;
}

}  // namespace

H5Group H5Group::make_group(const std::string& path) const {
    const H5Handle links = link_creation(), creation = group_creation();
    auto object = std::make_shared<Object>(H5Gcreate2(object_->id, path.c_str(), links, creation, H5P_DEFAULT));
    if (object->id < 0) fail("group cannot be made", path);
    return {std::move(object), file_name_, true};
}

void H5Group::write(const std::string& path, const std::vector<double>& values, const std::vector<std::uint64_t>& shape) const {
    const H5Handle space = space_of(shape.empty() ? std::vector<std::uint64_t>{values.size()} : shape);
    if (write_dataset(object_->id, path, H5T_IEEE_F64LE, space, values.data()) < 0) fail("cannot be written", path);
}

void H5Group::write(const std::string& path, const std::vector<std::int64_t>& values) const {
    const H5Handle space = space_of({values.size()});
    if (write_dataset(object_->id, path, H5T_STD_I64LE, space, values.data()) < 0) fail("cannot be written", path);
}

void H5Group::write(const std::string& path, const std::vector<std::string>& values) const {
    const std::size_t length = longest(values);
    const std::string bytes = packed(values, length);
    const H5Handle space = space_of({values.size()}), type = text_type(length);
    if (write_dataset(object_->id, path, type, space, bytes.data()) < 0) fail("cannot be written", path);
}

void H5Group::write_scalar(const std::string& path, double value) const {
    const H5Handle space(H5Screate(H5S_SCALAR));
    if (write_dataset(object_->id, path, H5T_IEEE_F64LE, space, &value) < 0) fail("cannot be written", path);
}

void H5Group::write_scalar(const std::string& path, std::int64_t value) const {
    const H5Handle space(H5Screate(H5S_SCALAR));
    if (write_dataset(object_->id, path, H5T_STD_I64LE, space, &value) < 0) fail("cannot be written", path);
}

void H5Group::write_scalar(const std::string& path, const std::string& value) const {
    const H5Handle space(H5Screate(H5S_SCALAR)), type = text_type(value.size());
    const std::string bytes = packed({value}, std::max<std::size_t>(1, value.size()));
    if (write_dataset(object_->id, path, type, space, bytes.data()) < 0) fail("cannot be written", path);
}

void H5Group::write_null(const std::string& path) const {
    const H5Handle space(H5Screate(H5S_NULL));
    if (write_dataset(object_->id, path, H5T_IEEE_F64LE, space, nullptr) < 0) fail("cannot be written", path);
}

void H5Group::write_attribute(const std::string& name, const std::string& value) const {
    // Attributes live in the object's header, which ends at 64 KiB; longer texts are a dataset's business.
    const H5Handle space(H5Screate(H5S_SCALAR)), type = text_type(value.size());
    const H5Handle attribute(H5Acreate2(object_->id, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
    const std::string bytes = packed({value}, std::max<std::size_t>(1, value.size()));
    if (!attribute.valid() || H5Awrite(attribute, type, bytes.data()) < 0) fail("attribute cannot be written", name);
}

void H5Group::write_attribute(const std::string& name, std::int64_t value) const {
    const H5Handle space(H5Screate(H5S_SCALAR));
    const H5Handle attribute(H5Acreate2(object_->id, name.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    if (!attribute.valid() || H5Awrite(attribute, H5T_STD_I64LE, &value) < 0) fail("attribute cannot be written", name);
}

}  // namespace lvr::files
