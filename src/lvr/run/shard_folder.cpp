// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/shard_folder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/utf8.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/same_settings.hpp>

namespace lvr::run {
namespace {

namespace fs = std::filesystem;
using core::Json;
using files::ShardManifest;

constexpr std::int64_t k_part_bytes = std::int64_t{256} << 20;
constexpr std::int64_t k_least_shards = 64;
constexpr std::int64_t k_least_items = 8;  // below that, the work around a part outweighs sharing it out

void expect_same_run(const ShardManifest& before, const ShardFolderSpec& spec) {
    Json was = before.identity, now = spec.identity;
    was["items"] = before.items;
    now["items"] = spec.items;
    if (spec.shard_size != 0) {
        was["shard size"] = before.shard_size;
        now["shard size"] = spec.shard_size;
    }
    expect_same(was, now, {spec.folder, "its parts would not belong together"});
}

/// @throws Error (output) naming the folder
template <class Take>
void for_each_file(const fs::path& folder, Take take) {
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code))
        take(*entry);
    if (code)
        throw core::output_error(folder.string() + ": cannot be listed (" + code.message() + ")", "",
                                 "check the folder's permissions");
}

/// While we have the lease nobody else writes here: each of them is of a run that was killed.
void remove_orphans(const fs::path& folder) {
    const int removed = files::remove_temporaries(folder);
    if (removed > 0)
        core::info("{}: removed {} half-written files of a killed run", folder.string(), removed);
}

std::vector<std::int64_t> parts_in(const fs::path& folder) {
    std::vector<std::int64_t> shards;
    for_each_file(folder, [&](const fs::directory_entry& entry) {
        const std::int64_t shard = files::shard_of(entry.path().filename().string());
        if (shard >= 0) shards.push_back(shard);
    });
    std::ranges::sort(shards);
    return shards;
}

ShardManifest begin_or_resume(const ShardFolderSpec& spec, bool has_parts) {
    std::error_code ignored;
    if (fs::exists(files::manifest_file(spec.folder), ignored)) {
        const ShardManifest before = files::read_manifest(spec.folder);
        expect_same_run(before, spec);
        return before;
    }
    if (has_parts)
        throw core::usage_error(spec.folder.string() + ": has parts, but no manifest.json",
                                "nobody knows what they are made from",
                                "choose another folder, or remove the parts");
    const std::int64_t size =
        spec.shard_size > 0 ? spec.shard_size : choose_shard_size(spec.items, spec.bytes_per_item);
    ShardManifest manifest{spec.identity, spec.items, size};
    files::write_manifest(spec.folder, manifest);
    return manifest;
}

std::vector<std::int64_t> without(std::int64_t shards, const std::vector<std::int64_t>& there,
                                  const fs::path& folder) {
    std::vector<std::int64_t> missing;
    for (std::int64_t shard = 0; shard < shards; ++shard) {
        if (!std::ranges::binary_search(there, shard)) missing.push_back(shard);
    }
    if (!there.empty() && there.back() >= shards)
        core::warn("{}: {} is beyond the last of {} parts: it is left alone", folder.string(),
                   files::part_name(there.back()), shards);
    return missing;
}

}  // namespace

std::int64_t choose_shard_size(std::int64_t items, std::int64_t bytes_per_item) {
    core::ensure(items >= 0 && bytes_per_item >= 0, "a negative number of items or bytes");
    const std::int64_t fit =
        std::max<std::int64_t>(1, k_part_bytes / std::max<std::int64_t>(1, bytes_per_item));
    const std::int64_t shared = std::max(k_least_items, items / k_least_shards);
    return std::min(fit, shared);
}

ShardFolder::ShardFolder(const par::Comm& comm, const ShardFolderSpec& spec) : folder_(spec.folder) {
    core::ensure(spec.identity.is_object() && spec.items >= 0 && spec.shard_size >= 0,
                 "a shard folder's spec");
    manifest_ = {spec.identity, spec.items, 1};
    par::together(comm, [&] {
        if (comm.rank() == 0) {
            files::make_folder(folder_);
            lease_ = std::make_unique<Lease>(folder_, spec.lease);
            remove_orphans(folder_);
            const auto there = parts_in(folder_);
            manifest_ = begin_or_resume(spec, !there.empty());
            missing_ = without(manifest_.shards(), there, folder_);
        }
        comm.broadcast(manifest_.shard_size);
        comm.broadcast(missing_);
    });
}

par::Range ShardFolder::range(std::int64_t shard) const {
    core::ensure(shard >= 0 && shard < shards(), "a shard outside the folder");
    const std::int64_t begin = shard * shard_size();
    return {begin, begin + std::min(shard_size(), manifest_.items - begin)};
}

fs::path ShardFolder::part(std::int64_t shard) const { return folder_ / files::part_name(shard); }

std::int64_t ShardFolder::items_missing() const {
    std::int64_t items = 0;
    for (const std::int64_t shard : missing_) items += range(shard).size();
    return items;
}

bool ShardFolder::has(std::int64_t shard) const {
    return shard >= 0 && shard < shards() && !std::ranges::binary_search(missing_, shard);
}

void ShardFolder::expect_held() const {
    if (lease_) lease_->expect_held();
}

}  // namespace lvr::run
