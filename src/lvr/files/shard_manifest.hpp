// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <lvr/core/json.hpp>

namespace lvr::files {

/// What manifest.json of a folder of parts says: how the input is cut, and what all parts are made from.
struct ShardManifest {
    core::Json identity;  ///< resolved configuration and hashes of the inputs
    std::int64_t items = 0;
    std::int64_t shard_size = 1;  ///< items per part; the last may have fewer

    std::int64_t shards() const { return items / shard_size + (items % shard_size != 0 ? 1 : 0); }
};

/// "part-000123.h5"
std::string part_name(std::int64_t shard);

/// The shard whose part has this file name; -1 if it is not the name of a part.
std::int64_t shard_of(const std::string& file_name);

std::filesystem::path manifest_file(const std::filesystem::path& folder);

/// Complete or absent. @throws Error (output)
void write_manifest(const std::filesystem::path& folder, const ShardManifest& manifest);

/// @throws Error (input) if it is missing, damaged, or not ours
ShardManifest read_manifest(const std::filesystem::path& folder);

}  // namespace lvr::files
