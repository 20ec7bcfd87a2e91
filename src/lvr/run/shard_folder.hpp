// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/par/comm.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/run/lease.hpp>

namespace lvr::run {

/// How many items go into one part: as many as fit 256 MiB, but at most items / 64 (rounded down: at least 64
/// parts to share out), unless that is fewer than 8: then 8, if they fit; at least 1. So a part is above 256
/// MiB only if one item is.
/// @param bytes_per_item of what is stored, before compression
/// @throws Error (internal) unless items >= 0, bytes_per_item >= 0
std::int64_t choose_shard_size(std::int64_t items, std::int64_t bytes_per_item);

struct ShardFolderSpec {
    std::filesystem::path folder;
    core::Json identity;  ///< an object; whatever the parts' content depends on; equal when resumed
    std::int64_t items = 0;
    std::int64_t bytes_per_item = 0;
    std::int64_t shard_size = 0;  ///< 0: what the folder has, or choose_shard_size
    LeaseRules lease = {};
};

/// One output folder that is filled part by part, by this job alone, in as many runs as it takes. A part that
/// is there is complete: parts are put in place by a rename.
class ShardFolder {
  public:
    /// Collective: rank 0 does the work with files, all get its result. Makes the folder, takes the lease,
    /// writes manifest.json or compares with it, removes what killed runs left half-written, lists the parts.
    /// @throws Error, the same on every rank: (usage) if the folder is of another identity, item count or
    /// shard size, with each differing key; (input) if manifest.json is damaged; (output) if another job
    /// fills the folder, or it cannot be written
    ShardFolder(const par::Comm& comm, const ShardFolderSpec& spec);

    std::int64_t shard_size() const { return manifest_.shard_size; }
    std::int64_t shards() const { return manifest_.shards(); }
    const std::filesystem::path& folder() const { return folder_; }
    /// The items of a shard. @throws Error (internal) unless 0 <= shard < shards()
    par::Range range(std::int64_t shard) const;
    std::filesystem::path part(std::int64_t shard) const;  ///< folder/part-000123.h5
    /// The shards that had no part when the folder was opened, in order.
    const std::vector<std::int64_t>& missing() const { return missing_; }
    std::int64_t items_missing() const;  ///< in those shards
    bool has(std::int64_t shard) const;  ///< had its part when the folder was opened

    /// On rank 0: that the lease is still ours; nothing on the others. @throws Error (output)
    void expect_held() const;

  private:
    std::filesystem::path folder_;
    files::ShardManifest manifest_;
    std::vector<std::int64_t> missing_;
    std::unique_ptr<Lease> lease_;  // rank 0
};

}  // namespace lvr::run
