// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::par {

/// A failure that every rank of the group knows of: each can leave in good order.
class CollectiveError : public core::Error {
  public:
    CollectiveError(core::ErrorKind kind, const std::string& message, const void* group)
        : core::Error(kind, message), group_(group) {}
    const void* group() const { return group_; }

  private:
    const void* group_;
};

/// What went wrong on one rank; absent if nothing did.
struct RankFailure {
    bool failed = false;
    int kind = 0;
    std::string message;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& failed& kind& message;
    }
    friend bool operator==(const RankFailure&, const RankFailure&) = default;
};

/// The current exception as a RankFailure. To be called while handling one.
RankFailure current_failure();

/// The end of a `together` that went well here. @throws CollectiveError if it did not on another rank
void agree(const Comm& comm);

/// The end of a `together` that threw here, called while handling that exception.
/// @throws CollectiveError, the same on every rank: the lowest failing rank's kind and message, and which
/// ranks failed
///         unless all did alike. One that the whole group knows already goes on as it is.
[[noreturn]] void agree_on_failure(const Comm& comm);

/// For who handles an exception, and has heard elsewhere than in what threw it that a rank of the group has
/// failed: throws it on, so that the `together` it comes to goes to the others without a word of its own,
/// which one of their next calls would take for news.
[[noreturn]] void throw_on_as_heard(const Comm& comm);

/// Runs `body` on every rank and returns its value; if it throws on any rank, every rank throws. Ranks that
/// wait for the failing one in a collective call of the same group are freed by it; so `body` may use `comm`
/// as it likes, and may hold a `together` of its own. (A group split off from `comm` needs its own
/// `together`.)
template <class Body>
auto together(const Comm& comm, Body body) {
    if constexpr (std::is_void_v<decltype(body())>) {
        try {
            body();
        } catch (...) {
            agree_on_failure(comm);
        }
        agree(comm);
    } else {
        std::optional<decltype(body())> value;
        try {
            value.emplace(body());
        } catch (...) {
            agree_on_failure(comm);
        }
        agree(comm);
        return std::move(*value);
    }
}

}  // namespace lvr::par
