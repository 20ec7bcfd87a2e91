// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <lvr/par/comm.hpp>
#include <lvr/par/together.hpp>

namespace lvr::run {

/// What became of one piece of work.
struct ItemOutcome {
    std::int64_t item = 0;
    par::RankFailure failure;  ///< failed = false: it is done

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& item& failure;
    }
};

/// Splits the ranks into groups of `ranks_per_group` neighbours; each group takes one piece of work after the
/// other until none is left. `body` runs inside par::together of the group. If it fails on any rank the group
/// says so in the log and goes on with the next piece, unless it was interrupted: then no group begins
/// another. Collective over `world`.
/// @param items how many pieces there are, numbered from 0
/// @return what became of each that was begun, by its number, the same on every rank
/// @throws Error (usage) unless the ranks can be split so
std::vector<ItemOutcome> for_each_in_groups(
    const par::Comm& world, std::int64_t ranks_per_group, std::int64_t items,
    const std::function<void(const par::Comm& group, std::int64_t item)>& body);

}  // namespace lvr::run
