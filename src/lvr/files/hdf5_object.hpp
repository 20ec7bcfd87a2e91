// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

#include <lvr/files/hdf5.hpp>

namespace lvr::files {

/// The innermost and outermost descriptions on HDF5's error stack, which is cleared.
std::string hdf5_reason();

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

/// The same for short-lived identifiers inside one function.
class H5Handle {
  public:
    H5Handle(hid_t id = H5I_INVALID_HID) : id_(id) {}
    H5Handle(H5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    H5Handle& operator=(H5Handle&&) = delete;
    ~H5Handle() {
        if (id_ >= 0) H5Idec_ref(id_);
    }

    operator hid_t() const { return id_; }
    bool valid() const { return id_ >= 0; }

  private:
    hid_t id_;
};

}  // namespace lvr::files
