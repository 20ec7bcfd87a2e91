// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace lvr::files {

/// Writes a file that is complete or absent: `write` fills a temporary name in the same folder
/// (`.lvr-tmp-<host>-<pid>-<name>`), which is synced to the disk and then renamed; a link is followed.
/// On any failure, also an exception out of `write`, the temporary is removed and the target is as it was.
/// What a killed process left is read by nobody; once it is a day old, the first write of any other process
/// into that folder removes it.
/// @throws Error (output) naming the target, the system's reason and what to do
void write_atomically(const std::filesystem::path& target,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for a text, or any bytes.
void write_text(const std::filesystem::path& target, std::string_view text);

/// Removes what killed writers left in a folder, however young it is: for who knows that nobody else writes
/// there. @return how many files
int remove_temporaries(const std::filesystem::path& folder);

/// What was renamed in a folder is on the disk behind this. @throws Error (output)
void sync_folder(const std::filesystem::path& folder);

/// Makes a folder and those above it, if they are missing. @throws Error (output)
void make_folder(const std::filesystem::path& folder);

}  // namespace lvr::files
