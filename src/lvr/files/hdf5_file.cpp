// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <fstream>

#include <lvr/core/error.hpp>
#include <lvr/files/atomic_file.hpp>

#include "hdf5_object.hpp"

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

/// Our messages carry the reason; HDF5 must not print its stack as well.
void be_quiet() {
    [[maybe_unused]] static const herr_t done = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

herr_t note_reason(unsigned depth, const H5E_error2_t* error, void* out) {
    auto& text = *static_cast<std::string*>(out);
    if (error->desc != nullptr && std::strlen(error->desc) > 0) text = (depth == 0 ? "" : text + "; ") + error->desc;
    return 0;
}

std::string& reason_buffer() {
    static thread_local std::string text;
    return text;
}

void check_exists(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) throw core::input_error(file.string() + ": no such file", "", "check the path");
    if (fs::is_directory(file, ignored)) throw core::input_error(file.string() + ": is a folder, not a file", "", "name a file in it");
}

}  // namespace

std::string hdf5_reason() {
    std::string& text = reason_buffer();
    text.clear();
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_reason, &text);
    H5Eclear2(H5E_DEFAULT);
    // The walk goes from the innermost call outwards; the first two say what happened, the rest who called.
    std::size_t end = text.find("; ");
    if (end != std::string::npos) end = text.find("; ", end + 2);
    return text.empty() ? "no reason given" : text.substr(0, end);
}

bool H5File::is_hdf5(const fs::path& file) {
    check_exists(file);
    std::ifstream stream(file, std::ios::binary);
    std::array<char, 8> head{};
    stream.read(head.data(), head.size());
    constexpr std::array<char, 8> signature = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    return stream.gcount() == 8 && head == signature;
}

H5Group H5File::open(const fs::path& file) {
    be_quiet();
    check_exists(file);
    if (!is_hdf5(file)) throw core::input_error(file.string() + ": is not an HDF5 file", "", "name a file that an lvr program wrote");
    // One process reads what is complete; no lock is needed, and not every file system has them.
    auto object = std::make_shared<H5Group::Object>(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    if (object->id < 0) {
        throw core::input_error(file.string() + ": cannot be opened (" + hdf5_reason() + ")", "it is truncated or damaged",
                                "make it again, or restore it from a copy");
    }
    return {std::move(object), file.string(), false};
}

void H5File::write(const fs::path& file, const std::function<void(const H5Group&)>& fill) {
    be_quiet();
    write_atomically(file, [&](const fs::path& temporary) {
        const H5Handle access(H5Pcreate(H5P_FILE_ACCESS)), creation(H5Pcreate(H5P_FILE_CREATE));
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
        H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
        auto object = std::make_shared<H5Group::Object>(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, creation, access));
        if (object->id < 0) throw core::output_error(file.string() + ": cannot be made (" + hdf5_reason() + ")", "", "check the folder and the disk");
        const hid_t id = object->id;
        fill(H5Group(object, file.string(), true));
        if (H5Fflush(id, H5F_SCOPE_LOCAL) < 0) {
            throw core::output_error(file.string() + ": cannot be written (" + hdf5_reason() + ")", "nothing was left under that name",
                                     "free some space or write to another disk");
        }
    });
}

std::int64_t H5File::open_objects() { return H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL); }

}  // namespace lvr::files
