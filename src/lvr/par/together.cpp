// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/together.hpp>

#include <new>

namespace lvr::par {
namespace {

RankFailure failure(core::ErrorKind kind, const std::string& message) { return {true, static_cast<int>(kind), message}; }

std::string failed_ranks(const std::vector<RankFailure>& all) {
    std::string ranks;
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
        if (all[rank].failed) ranks += (ranks.empty() ? "" : ", ") + std::to_string(rank);
    }
    return ranks;
}

}  // namespace

RankFailure current_failure() {
    try {
        throw;
    } catch (const core::Error& error) {
        return failure(error.kind(), error.what());
    } catch (const std::bad_alloc&) {
        return failure(core::ErrorKind::resource, "out of memory");
    } catch (const std::exception& error) {
        return failure(core::ErrorKind::internal, std::string("internal error: ") + error.what());
    }
}

void agree(const Comm& comm, const RankFailure& mine) {
    if (comm.max(mine.failed ? 1 : 0) == 0) return;
    const auto all = comm.all_gather(mine);
    for (const auto& one : all) {
        if (!one.failed) continue;
        const std::string who = comm.size() > 1 ? "\n  ranks:  " + failed_ranks(all) + " of " + std::to_string(comm.size()) : "";
        throw CollectiveError(static_cast<core::ErrorKind>(one.kind), one.message + who);
    }
}

}  // namespace lvr::par
