// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/together.hpp>

#include <algorithm>
#include <new>

namespace lvr::par {
namespace {

RankFailure failure(core::ErrorKind kind, const std::string& message) {
    return {true, static_cast<int>(kind), message};
}

/// A line that names the ranks that failed; empty if all did alike.
std::string failed_ranks(const std::vector<RankFailure>& all) {
    if (std::equal(all.begin() + 1, all.end(), all.begin())) return "";
    std::string ranks;
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
        if (all[rank].failed) ranks += (ranks.empty() ? "" : ", ") + std::to_string(rank);
    }
    return "\n  ranks:  " + ranks + " of " + std::to_string(all.size());
}

/// Every rank of the group knows that one of them failed, and is here.
[[noreturn]] void exchange(const Comm& comm, const RankFailure& mine) {
    const auto all = comm.all_gather(mine);
    const auto first =
        std::find_if(all.begin(), all.end(), [](const RankFailure& one) { return one.failed; });
    core::ensure(first != all.end(), "a failure without a failing rank");
    throw CollectiveError(static_cast<core::ErrorKind>(first->kind), first->message + failed_ranks(all),
                          comm.group());
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
    } catch (...) {
        return failure(core::ErrorKind::internal, "internal error: an exception of unknown type");
    }
}

void agree(const Comm& comm) {
    if (comm.any_failed(false)) exchange(comm, {});
}

void throw_on_as_heard(const Comm& comm) {
    try {
        throw;
    } catch (const CollectiveError& error) {
        if (error.group() == comm.group()) throw;
    } catch (const PeerFailure& error) {
        if (error.group() == comm.group()) throw;
    } catch (...) {
        // this rank's own, or of another group
    }
    const auto mine = current_failure();
    throw PeerFailure(comm.group(), static_cast<core::ErrorKind>(mine.kind), mine.message);
}

void agree_on_failure(const Comm& comm) {
    RankFailure mine;
    try {
        throw;
    } catch (const CollectiveError& error) {
        if (error.group() == comm.group()) throw;
        mine = current_failure();
    } catch (const PeerFailure& error) {
        if (error.group() == comm.group())
            exchange(comm, error.is_here() ? current_failure() : RankFailure{});
        mine = current_failure();
    } catch (...) {
        mine = current_failure();
    }
    comm.any_failed(true);
    exchange(comm, mine);
}

}  // namespace lvr::par
