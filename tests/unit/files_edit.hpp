// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <functional>
#include <string>

namespace lvr::test {

/// An HDF5 file's bytes after `edit`, for what our own writer would never write.
inline std::string edited(std::string image, const std::function<void(hid_t file)>& edit) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 64 * 1024, false);
    H5Pset_file_image(access, image.data(), image.size());
    const hid_t file = H5Fopen("image", H5F_ACC_RDWR, access);
    edit(file);
    H5Fflush(file, H5F_SCOPE_LOCAL);
    image.resize(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)));
    H5Fget_file_image(file, image.data(), image.size());
    H5Fclose(file);
    H5Pclose(access);
    return image;
}

/// Puts an empty dataset of another type or shape in the place of `path`.
inline void replace_dataset(hid_t file, const char* path, hid_t type,
                            std::initializer_list<hsize_t> extents) {
    H5Ldelete(file, path, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), std::data(extents), nullptr);
    H5Dclose(H5Dcreate2(file, path, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

}  // namespace lvr::test
