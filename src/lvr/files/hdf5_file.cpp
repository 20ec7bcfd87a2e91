// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>

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

H5Handle memory_access(H5File::Format format = H5File::Format::v18) {
    H5Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_fapl_core(access, k_memory_step, false);
    // The newer superblock has a checksum, which H5Fget_file_image of HDF5 1.10.8 breaks.
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST,
                         format == H5File::Format::v18 ? H5F_LIBVER_V18 : H5F_LIBVER_V110);
    return access;
}

/// What HDF5 built in memory, taken over from it when it closes the file: asking it for a copy would need as
/// much memory once more.
struct Image {
    void* bytes = nullptr;  // of malloc
    std::size_t size = 0;

    Image() = default;
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
    ~Image() { std::free(bytes); }
    std::string_view view() const { return {static_cast<const char*>(bytes), size}; }
};

herr_t free_or_keep(void* bytes, H5FD_file_image_op_t what, void* image) {
    if (what == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
        static_cast<Image*>(image)->bytes = bytes;
    else
        std::free(bytes);
    return 0;
}

void keep_image(hid_t access, Image& image) {
    H5FD_file_image_callbacks_t calls = {};
    calls.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); };
    calls.image_memcpy = [](void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
        return std::memcpy(to, from, size);
    };
    calls.image_realloc = [](void* bytes, std::size_t size, H5FD_file_image_op_t, void*) {
        return std::realloc(bytes, size);
    };
    calls.image_free = free_or_keep;
    calls.udata_copy = [](void* udata) { return udata; };
    calls.udata_free = [](void*) { return herr_t{0}; };
    calls.udata = &image;
    H5Pset_file_image_callbacks(access, &calls);
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

/// Where a closed file ends, by its superblock: the buffer goes on with what HDF5 had set aside, and a reader
/// would not notice when some of that were cut off. 0 if it does not say.
std::size_t end_of_file(std::span<const unsigned char> bytes) {
    constexpr std::size_t version_at = 8;
    constexpr std::array<std::size_t, 4> end_at = {40, 44, 28, 28};  // by version, with addresses of 8 bytes
    if (bytes.size() <= version_at || bytes[version_at] >= end_at.size()) return 0;
    const std::size_t at = end_at[bytes[version_at]];
    std::uint64_t end = 0;
    if (bytes.size() < at + sizeof(end)) return 0;
    for (std::size_t i = 0; i < sizeof(end); ++i) end |= std::uint64_t{bytes[at + i]} << (8 * i);
    return end <= bytes.size() ? static_cast<std::size_t>(end) : 0;
}

void build(Image& image, const std::string& name, H5File::Format format,
           const std::function<void(hid_t)>& fill) {
    const H5Handle access = memory_access(format), creation = file_creation();
    keep_image(access, image);
    const hid_t file = H5Fcreate("image", H5F_ACC_TRUNC, creation, access);
    if (file < 0) throw core::output_error(name + ": cannot be made (" + hdf5_reason() + ")");
    ssize_t size = -1;
    {
        const H5Handle open(file);
        fill(file);
        if (H5Fflush(file, H5F_SCOPE_LOCAL) >= 0) size = H5Fget_file_image(file, nullptr, 0);
    }
    if (size <= 0 || image.bytes == nullptr) {
        throw core::output_error(name + ": cannot be put together (" + hdf5_reason() + ")",
                                 "nothing was written", "check that there is memory left");
    }
    image.size =
        end_of_file({static_cast<const unsigned char*>(image.bytes), static_cast<std::size_t>(size)});
    core::ensure(image.size > 0, "an HDF5 file of ours has a known superblock");
}

std::string first_bytes(const std::filesystem::path& file) {
    std::error_code code;
    const auto status = std::filesystem::status(file, code);
    if (!std::filesystem::exists(status))
        throw core::input_error(file.string() + ": no such file", "", "check the path");
    if (!std::filesystem::is_regular_file(status))
        throw core::input_error(file.string() + ": is not a file", "", "name a file");
    std::string bytes(k_signature.size(), '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!stream.is_open())
        throw core::input_error(file.string() + ": cannot be read (" + std::strerror(errno) + ")", "",
                                "check the file's permissions");
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

H5Group H5File::open_on_disk(const std::filesystem::path& file) {
    quiet_hdf5();
    if (!is_image(first_bytes(file))) fail_format(file.string());
    const H5Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_fapl_sec2(access);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, false,
                        true);  // not every file system has locks, and finished files need none
#endif
    auto object = std::make_shared<H5Group::Object>(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access));
    if (object->id < 0) fail_open(file.string(), hdf5_reason());
    return {std::move(object), file.string(), false};
}

std::string H5File::image(const std::string& name, const std::function<void(const H5Group&)>& fill) {
    quiet_hdf5();
    Image image;
    build(image, name, Format::v18, [&](hid_t file) {
        H5Iinc_ref(file);
        fill(H5Group(std::make_shared<H5Group::Object>(file), name, true));
    });
    return std::string(image.view());
}

void H5File::write(const std::filesystem::path& file, const std::function<void(const H5Group&)>& fill,
                   Format format) {
    quiet_hdf5();
    Image image;
    build(image, file.string(), format, [&](hid_t id) {
        H5Iinc_ref(id);
        fill(H5Group(std::make_shared<H5Group::Object>(id), file.string(), true));
    });
    write_text(file, image.view());
}

std::int64_t H5File::open_objects() { return H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL); }

}  // namespace lvr::files
