// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <memory>
#include <string>
#include <utility>

#include <lvr/files/hdf5.hpp>

namespace lvr::files {

/// The innermost descriptions on HDF5's error stack, which is cleared.
std::string hdf5_reason();

/// Stops HDF5 from printing its error stack: our messages carry the reason.
void quiet_hdf5();

/// Owns one HDF5 identifier of any kind.
struct H5Group::Object {
    hid_t id = H5I_INVALID_HID;

    explicit Object(hid_t handle) : id(handle) {}
    ~Object() {
        if (id >= 0) H5Idec_ref(id);
    }
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
};

/// The same for short-lived identifiers of our own making (types, spaces, property lists).
class H5Handle {
  public:
    /// @throws Error (internal) with HDF5's reason if there is none: out of memory, or a defect of ours
    explicit H5Handle(hid_t id);
    H5Handle(H5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    H5Handle& operator=(H5Handle&&) = delete;
    ~H5Handle() {
        if (id_ >= 0) H5Idec_ref(id_);
    }

    operator hid_t() const { return id_; }

  private:
    hid_t id_;
};

/// Property lists of what we write: no times, members in order, names in UTF-8.
H5Handle link_creation();
H5Handle dataset_creation();
H5Handle space_of(const H5Group::Shape& shape);

/// A dataset or an attribute with its type and space, its size checked against the file's.
struct H5Group::Opened {
    std::shared_ptr<Object> object;
    std::shared_ptr<Object> type, space;
    std::size_t points = 0;
    std::size_t item_size = 0;  ///< bytes
};

}  // namespace lvr::files
