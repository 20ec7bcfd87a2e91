// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lvr::fuzz {

// One input through our readers. An Error is a right answer; what is read must survive a round trip. Anything
// else (a crash, another exception, a sanitizer's report, a changed byte) is a finding.

using Bytes = std::span<const std::uint8_t>;

/// The bytes are a CSV.
void drive_csv(Bytes bytes);

/// The bytes choose the content of a valid HDF5 file: names, values, shapes, and objects that are missing,
/// too many, of another type, or links.
void drive_results_h5(Bytes bytes);

/// The bytes are an HDF5 file, read as results, as a measurement and as a JSON tree. What goes wrong below
/// our own code is the library's, so this runs in a child process only.
void drive_raw_hdf5(Bytes bytes);

/// A file's content as the input of a drive.
Bytes as_bytes(const std::string& content);

}  // namespace lvr::fuzz
