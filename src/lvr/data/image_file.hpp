// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lvr::data {

/// Device and inode: which folder it is, whatever it is called.
using FolderIdentity = std::pair<dev_t, ino_t>;

/// @return nothing if the folder is not there or cannot be looked at
std::optional<FolderIdentity> identity_of(const std::string& folder);

/// @return a regular file's size in bytes, or -errno; -EISDIR for what is no regular file
std::int64_t size_or_code(const std::string& file);

/// Whether errno `code` is not one image's fault.
bool stops_the_run(int code);

/// Throws what a failed call says. Of one image: it is missing, or may not be read. Of the run: the machine
/// has no room, or its disk or network fails, so that others would fail too and this one may be well later.
/// @param code errno @param id names the image
/// @throws ImageError (missing, unreadable) @throws core::Error (resource, input)
[[noreturn]] void refuse_file(int code, const std::string& id);

/// The content of a regular file.
/// @throws ImageError (missing, unreadable, too_large) @throws core::Error as refuse_file
std::vector<std::uint8_t> read_image_file(const std::string& file, const std::string& id);

}  // namespace lvr::data
