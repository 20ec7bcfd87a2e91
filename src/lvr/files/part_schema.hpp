// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/files/hdf5.hpp>

namespace lvr::files {

/// What the parts of a folder are, and what is said where one is not.
struct PartSchema {
    const char* name;
    std::int64_t version;
    const char* why;     ///< a bad part matters
    const char* remedy;  ///< what to do about it
};

void write_schema(const H5Group& root, const PartSchema& schema);

/// @throws Error (input) naming the file, unless it is of this schema and version
void expect_schema(const H5Group& root, const PartSchema& schema);

[[noreturn]] void refuse_part(const std::filesystem::path& file, const std::string& problem,
                              const PartSchema& schema);

/// That a part was made on the terms of its folder: its provenance's `config`, where it has one, is the
/// manifest's identity. @throws Error (input) naming the file
void expect_of_folder(const std::filesystem::path& file, const core::Json& provenance,
                      const PartSchema& schema);

/// Calls `read` for each part of a folder in order; it says how many items it found.
/// @throws Error (input) naming a part that is missing, or has not as many items as manifest.json says
void for_each_part(const std::filesystem::path& folder, const PartSchema& schema,
                   const std::function<std::int64_t(const std::filesystem::path& file, std::int64_t shard,
                                                    std::int64_t first)>& read);

}  // namespace lvr::files
