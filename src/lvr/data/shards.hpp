// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lvr::data {

/// The files of a dataset: parquet shards in the byte order of their paths, or one list.
struct Shards {
    std::filesystem::path root;      ///< folder that relative paths of pictures start from
    std::vector<std::string> files;  ///< paths relative to root
    bool listed = false;             ///< one .jsonl or .json list
};

/// Where users point may be the dataset's folder as the hub has it, its folder in the hub's cache (with
/// `snapshots` in it), the folder that the shards lie in, a folder with one .jsonl list, or a file.
/// @param pattern of the shards, relative to the dataset's folder: * and ? within names
/// @throws core::Error (input) if there are none (it says where was looked, and what is there), or shards are
/// missing of those that the names count ("-00000-of-00002")
Shards find_shards(const std::filesystem::path& folder, const std::string& pattern);

}  // namespace lvr::data
