// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include <lvr/core/error.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::par {

/// A failure that every rank of the group knows of: each can leave in good order.
class CollectiveError : public core::Error {
  public:
    using core::Error::Error;
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
};

/// The current exception as a RankFailure. To be called while handling one.
RankFailure current_failure();

/// If any rank failed, throws the same CollectiveError on every rank: the lowest failing rank's kind and message, and
/// which ranks failed if more than one took part.
void agree(const Comm& comm, const RankFailure& mine);

/// Runs `body` on every rank and returns its value; if it throws on any rank, every rank throws. `body` must not make
/// collective calls that the others would wait for after a failure.
template <class Body>
auto together(const Comm& comm, Body body) {
    RankFailure failure;
    if constexpr (std::is_void_v<decltype(body())>) {
        try {
            body();
        } catch (...) {
            failure = current_failure();
        }
        agree(comm, failure);
    } else {
        std::optional<decltype(body())> value;
        try {
            value.emplace(body());
        } catch (...) {
            failure = current_failure();
        }
        agree(comm, failure);
        return std::move(*value);
    }
}

}  // namespace lvr::par
