// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <lvr/par/comm.hpp>
#include <lvr/run/progress.hpp>
#include <lvr/run/shard_folder.hpp>

namespace lvr::run {

/// What else a loop over shards minds.
struct ShardLoop {
    Progress* progress = nullptr;             ///< on every rank or on none
    std::vector<const ShardFolder*> folders;  ///< whose lease must stay ours
    /// If `work` only begins a shard: waits until all that this rank began are in place, and throws what went
    /// wrong with them. Called once, when nothing is left; not after a failure or a signal on any rank.
    std::function<void()> drain = {};
};

/// Collective: calls `work` for each of the shards, each on one rank, handed out as ranks ask for them.
/// @param missing the shards to do, as rank 0 has them
/// @param work    does one shard and puts its part in place; it may call stop_if_requested() to abandon it
/// @throws Error on every rank alike: what `work` threw on any rank, of which the others learn after their
/// current shard; (interrupted) if a signal came to any rank, once every rank has ended or abandoned its
/// shard
void for_each_shard(const par::Comm& comm, std::vector<std::int64_t> missing,
                    const std::function<void(std::int64_t shard)>& work, const ShardLoop& loop = {});

}  // namespace lvr::run
