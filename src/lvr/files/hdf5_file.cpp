// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

constexpr std::size_t k_memory_step = 64 * 1024;  // bytes by which a file in memory grows
constexpr std::array<char, 8> k_signature = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};

herr_t note_reason(unsigned depth, const H5E_error2_t* error, void* out) {
    auto& text = *static_cast<std::string*>(out);
    constexpr unsigned most = 2;  // the innermost say what happened, the rest who called
    if (depth < most && error->desc != nullptr && std::strlen(error->desc) > 0) {
        text += (text.empty() ? "" : "; ") + std::string(error->desc);
    }
    return 0;
}

H5Handle memory_access() {
    H5Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_fapl_core(access, k_memory_step, false);
    // The newer superblock has a checksum, which H5Fget_file_image of HDF5 1.10.8 breaks.
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
    return access;
}

H5Handle file_creation() {
    H5Handle creation(H5Pcreate(H5P_FILE_CREATE));
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false);
    return creation;
}

[[noreturn]] void fail_open(const std::string& name, const std::string& reason) {
    throw core::input_error(name + ": cannot be opened as HDF5 (" + reason + ")",
                            "it is truncated or damaged", "make it again, or restore it from a copy");
}

[[noreturn]] void fail_format(const std::string& name) {
    throw core::input_error(name + ": is not an HDF5 file", "", "name a file that an lvr program wrote");
}

/// The image of a file in memory, once all that was written has been flushed.
std::string image_of(hid_t file, const std::string& name) {
    std::string bytes;
    const ssize_t size = H5Fflush(file, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(file, nullptr, 0);
    if (size > 0) bytes.resize(static_cast<std::size_t>(size));
    if (size <= 0 || H5Fget_file_image(file, bytes.data(), bytes.size()) != size) {
        throw core::output_error(name + ": cannot be put together (" + hdf5_reason() + ")",
                                 "nothing was written", "check that there is memory left");
    }
    return bytes;
}

}  // namespace

// A thread-safe HDF5 has one error stack per thread.
void quiet_hdf5() {
    [[maybe_unused]] thread_local const herr_t done = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

std::string hdf5_reason() {
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_reason, &text);
    H5Eclear2(H5E_DEFAULT);
    return text.empty() ? "HDF5 gives no reason" : text;
}

H5Handle::H5Handle(hid_t id) : id_(id) {
    if (id < 0)
        throw core::Error(core::ErrorKind::internal, "HDF5 refuses an object (" + hdf5_reason() + ")");
}

bool H5File::is_image(std::string_view bytes) {
    return std::ranges::equal(bytes.substr(0, k_signature.size()), k_signature);
}

H5Group H5File::open(const std::filesystem::path& file) {
    return open_image(core::read_text(file), file.string());
}

H5Group H5File::open_image(std::string_view bytes, const std::string& name) {
    quiet_hdf5();
    if (!is_image(bytes)) fail_format(name);
    const H5Handle access = memory_access();
    std::string copy(bytes);  // HDF5 copies it once more; its type asks for what it does not change
    if (H5Pset_file_image(access, copy.data(), copy.size()) < 0) fail_open(name, hdf5_reason());
    // Two images of one name are two files all the same: the name only has to be one.
    auto object = std::make_shared<H5Group::Object>(H5Fopen("image", H5F_ACC_RDONLY, access));
    if (object->id < 0) fail_open(name, hdf5_reason());
    return {std::move(object), name, false};
}

std::string H5File::image(const std::string& name, const std::function<void(const H5Group&)>& fill) {
    quiet_hdf5();
    const H5Handle access = memory_access(), creation = file_creation();
    auto object = std::make_shared<H5Group::Object>(H5Fcreate("image", H5F_ACC_TRUNC, creation, access));
    if (object->id < 0) throw core::output_error(name + ": cannot be made (" + hdf5_reason() + ")");
    fill(H5Group(object, name, true));
    return image_of(object->id, name);
}

void H5File::write(const std::filesystem::path& file, const std::function<void(const H5Group&)>& fill) {
    write_text(file, image(file.string(), fill));
}

std::int64_t H5File::open_objects() { return H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL); }

}  // namespace lvr::files
