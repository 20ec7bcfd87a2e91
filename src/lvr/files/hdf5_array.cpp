// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/hdf5_array.hpp>

#include <algorithm>
#include <array>
#include <numeric>

#include <lvr/core/error.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

constexpr std::array k_numbers = {H5Number::int8, H5Number::uint16, H5Number::float16, H5Number::float32};
constexpr std::uint64_t k_most_inflation = 1100;  // deflate reaches 1032

H5Handle half_type() {
    H5Handle type(H5Tcopy(H5T_IEEE_F32LE));
    H5Tset_fields(type, 15, 10, 5, 0, 10);  // sign, exponent and its width, mantissa and its width
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

H5Handle type_of(H5Number number) {
    switch (number) {
        case H5Number::int8:
            return H5Handle(H5Tcopy(H5T_STD_I8LE));
        case H5Number::uint16:
            return H5Handle(H5Tcopy(H5T_STD_U16LE));
        case H5Number::float16:
            return half_type();
        case H5Number::float32:
            break;
    }
    return H5Handle(H5Tcopy(H5T_IEEE_F32LE));
}

/// @return the number of bytes; 0 if that is more than a number can say
std::uint64_t bytes_in(const H5Group::Shape& shape, std::uint64_t item_size) {
    std::uint64_t bytes = item_size;
    if (std::ranges::any_of(shape, [](auto extent) { return extent == 0; })) return 0;
    for (const auto extent : shape) {
        if (__builtin_mul_overflow(bytes, extent, &bytes)) return 0;
    }
    return bytes;
}

std::string create_and_write(hid_t group, const std::string& path, const H5Array& array) {
    const H5Handle type = type_of(array.number), space = space_of(array.shape);
    const H5Handle links = link_creation(), creation = dataset_creation();
    if (array.deflate > 0) {
        std::vector<hsize_t> chunk(array.shape.begin(), array.shape.end());
        chunk.at(0) = 1;
        H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
        H5Pset_shuffle(creation);
        H5Pset_deflate(creation, static_cast<unsigned>(array.deflate));
    }
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);  // every value is written
    const hid_t id = H5Dcreate2(group, path.c_str(), type, space, links, creation, H5P_DEFAULT);
    if (id < 0) return hdf5_reason();
    const H5Handle dataset(id);
    if (array.values.empty()) return "";
    const herr_t code = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data());
    return code < 0 ? hdf5_reason() : "";
}

/// Maps each source's rows to where they are in `whole`.
std::string map_sources(hid_t creation, hid_t whole, const H5Virtual& rows) {
    std::vector<hsize_t> start(rows.shape.size(), 0), count(rows.shape.begin(), rows.shape.end());
    for (const auto& source : rows.sources) {
        count[0] = source.rows;
        const H5Handle its_space = space_of({count.begin(), count.end()});
        if (H5Sselect_hyperslab(whole, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
            H5Pset_virtual(creation, whole, source.file.c_str(), rows.path.c_str(), its_space) < 0)
            return hdf5_reason();
        start[0] += source.rows;
    }
    return "";
}

std::string create_virtual(hid_t group, const std::string& path, const H5Virtual& rows) {
    const H5Handle type = type_of(rows.number), whole = space_of(rows.shape);
    const H5Handle links = link_creation(), creation = dataset_creation();
    if (H5Pset_fill_value(creation, type, rows.fill.data()) < 0) return hdf5_reason();
    if (std::string reason = map_sources(creation, whole, rows); !reason.empty()) return reason;
    const H5Handle space = space_of(rows.shape);
    const hid_t id = H5Dcreate2(group, path.c_str(), type, space, links, creation, H5P_DEFAULT);
    if (id < 0) return hdf5_reason();
    const H5Handle dataset(id);
    return "";
}

}  // namespace

std::size_t bytes_of(H5Number number) {
    switch (number) {
        case H5Number::int8:
            return 1;
        case H5Number::uint16:
        case H5Number::float16:
            return 2;
        case H5Number::float32:
            break;
    }
    return 4;
}

void H5Group::write(const std::string& path, const H5Array& array) const {
    core::ensure(!array.shape.empty() && bytes_in(array.shape, bytes_of(array.number)) == array.values.size(),
                 "an array's shape does not agree with its size");
    expect_written(create_and_write(object_->id, path, array), path);
}

void H5Group::write(const std::string& path, const H5Virtual& rows) const {
    const auto count = [](std::uint64_t sum, const H5Virtual::Source& one) { return sum + one.rows; };
    core::ensure(!rows.shape.empty() && rows.fill.size() == bytes_of(rows.number) &&
                     rows.shape[0] ==
                         std::accumulate(rows.sources.begin(), rows.sources.end(), std::uint64_t{0}, count),
                 "a virtual dataset's shape does not agree with its sources");
    expect_written(create_virtual(object_->id, path, rows), path);
}

H5Group H5Group::object(const std::string& path) const {
    const hid_t id = checked(H5Oopen(object_->id, path.c_str(), H5P_DEFAULT), "cannot be looked at", path);
    return {std::make_shared<Object>(id), file_name_, writing_};
}

/// As `dataset`, but the file may be smaller than what it holds, by as much as compression can do.
H5Group::Opened H5Group::array(const std::string& path) const {
    if (!has(path)) fail("dataset is missing", path);
    Opened opened;
    opened.object = std::make_shared<Object>(
        checked(H5Dopen2(object_->id, path.c_str(), H5P_DEFAULT), "is not a dataset", path));
    const hid_t id = opened.object->id;
    opened.type = std::make_shared<Object>(checked(H5Dget_type(id), "has no type", path));
    opened.space = std::make_shared<Object>(checked(H5Dget_space(id), "has no shape", path));
    opened.item_size = H5Tget_size(opened.type->id);
    const Shape shape = extents(opened, path);
    if (shape.empty() || opened.item_size == 0) fail("is not an array", path);
    const bool is_empty = std::ranges::any_of(shape, [](auto extent) { return extent == 0; });
    const std::uint64_t bytes = bytes_in(shape, opened.item_size);
    if (!is_empty && (bytes == 0 || bytes / k_most_inflation > file_size()))
        fail("claims to be larger than the file", path);
    opened.points = static_cast<std::size_t>(bytes / opened.item_size);
    check_storage(opened, path);
    return opened;
}

H5Group::Shape H5Group::extents(const Opened& opened, const std::string& path) const {
    const int rank = checked(H5Sget_simple_extent_ndims(opened.space->id), "has no shape", path);
    std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
    checked(H5Sget_simple_extent_dims(opened.space->id, extents.data(), nullptr), "has no shape", path);
    return {extents.begin(), extents.end()};
}

H5Number H5Group::number_type(const std::string& path) const {
    const Opened opened = array(path);
    for (const H5Number number : k_numbers) {
        if (H5Tequal(opened.type->id, type_of(number)) > 0) return number;
    }
    fail("has a type that we do not write", path);
}

H5Group::Shape H5Group::array_shape(const std::string& path) const { return extents(array(path), path); }

/// HDF5 1.10.8 reads past its buffer where a damaged file says that a chunk was not compressed, or by what we
/// do not know: chunks must be as we write them.
void H5Group::check_chunks(const Opened& opened, const std::string& path, std::uint64_t first,
                           std::uint64_t count) const {
    const hid_t id = opened.object->id;
    const Object creation(checked(H5Dget_create_plist(id), "has no layout", path));
    if (H5Pget_layout(creation.id) != H5D_CHUNKED) return;
    const Shape shape = extents(opened, path);
    std::array<hsize_t, H5S_MAX_RANK> chunk{}, at{};
    checked(H5Pget_chunk(creation.id, H5S_MAX_RANK, chunk.data()), "has no chunks", path);
    const auto filter = [&](unsigned index) {
        unsigned flags = 0, setting = 0;
        std::size_t settings = 0;
        return H5Pget_filter2(creation.id, index, &flags, &settings, nullptr, 0, nullptr, &setting);
    };
    const bool is_ours = H5Pget_nfilters(creation.id) == 2 && filter(0) == H5Z_FILTER_SHUFFLE &&
                         filter(1) == H5Z_FILTER_DEFLATE && chunk[0] == 1 &&
                         std::equal(shape.begin() + 1, shape.end(), chunk.begin() + 1);
    if (!is_ours) fail("is not compressed as we do it", path);
#if H5_VERSION_GE(1, 10, 5)
    for (at[0] = first; at[0] < first + count; ++at[0]) {
        unsigned skipped_filters = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t size = 0;
        checked(H5Dget_chunk_info_by_coord(id, at.data(), &skipped_filters, &address, &size),
                "has a damaged chunk", path);
        if (address == HADDR_UNDEF || size == 0 || skipped_filters != 0) fail("has a damaged chunk", path);
    }
#endif
}

void H5Group::read_rows(const std::string& path, std::uint64_t first, std::uint64_t count,
                        std::span<std::byte> values) const {
    const Opened opened = array(path);
    Shape shape = extents(opened, path);
    core::ensure(first <= shape[0] && count <= shape[0] - first, "rows outside an array");
    std::vector<hsize_t> start(shape.size(), 0);
    start[0] = first;
    shape[0] = count;
    core::ensure(bytes_in(shape, opened.item_size) == values.size(), "a buffer that does not fit the rows");
    if (values.empty()) return;
    check_chunks(opened, path, first, count);
    const std::vector<hsize_t> counts(shape.begin(), shape.end());
    checked(
        H5Sselect_hyperslab(opened.space->id, H5S_SELECT_SET, start.data(), nullptr, counts.data(), nullptr),
        "cannot be read in part", path);
    const H5Handle memory = space_of(shape);
    checked(H5Dread(opened.object->id, opened.type->id, memory, opened.space->id, H5P_DEFAULT, values.data()),
            "cannot be read", path);
}

std::string H5Group::text_attribute_of(const std::string& path, const std::string& name) const {
    if (!has(path)) fail("dataset is missing", path);
    return object(path).text_attribute(name);
}

}  // namespace lvr::files
