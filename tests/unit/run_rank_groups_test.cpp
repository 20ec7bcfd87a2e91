// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/run/rank_groups.hpp>

#include "world.hpp"

using namespace lvr;
using test::world;

TEST_CASE("groups of ranks take the pieces of work one by one, and each is done once", "[mpi]") {
    for (std::int64_t per_group : {1, 2, 4}) {
        if (world().size() % per_group != 0) continue;
        std::vector<std::int64_t> done(7, 0);
        const auto outcomes =
            run::for_each_in_groups(world(), per_group, 7, [&](const auto& group, auto item) {
                CHECK(group.size() == per_group);
                if (group.rank() == 0) ++done[static_cast<std::size_t>(item)];
                std::int64_t same = item;
                group.broadcast(same);
                CHECK(same == item);
            });
        world().sum(std::span(done));
        CHECK(done == std::vector<std::int64_t>(7, 1));
        REQUIRE(outcomes.size() == 7);
        for (std::int64_t i = 0; i < 7; ++i) {
            CHECK(outcomes[static_cast<std::size_t>(i)].item == i);
            CHECK_FALSE(outcomes[static_cast<std::size_t>(i)].failure.failed);
        }
    }
}

TEST_CASE("a piece of work that fails on one rank is told of, and the others are done", "[mpi]") {
    const std::int64_t per_group = world().size() == 4 ? 2 : world().size();
    const auto outcomes = run::for_each_in_groups(world(), per_group, 5, [&](const auto& group, auto item) {
        if (item == 1 && group.rank() == group.size() - 1) throw core::input_error("a broken encoder");
        group.barrier();
    });
    REQUIRE(outcomes.size() == 5);
    for (const auto& outcome : outcomes) CHECK(outcome.failure.failed == (outcome.item == 1));
    CHECK(outcomes[1].failure.message.find("a broken encoder") != std::string::npos);
    CHECK(static_cast<core::ErrorKind>(outcomes[1].failure.kind) == core::ErrorKind::input);
}

TEST_CASE("after an interruption no piece of work is begun", "[mpi]") {
    const auto outcomes = run::for_each_in_groups(world(), world().size(), 5, [&](const auto&, auto item) {
        if (item == 2) throw core::Error(core::ErrorKind::interrupted, "stopped by a signal");
    });
    REQUIRE(outcomes.size() == 3);
    CHECK(outcomes[2].failure.failed);
}

TEST_CASE("ranks that make no even groups are refused", "[mpi]") {
    CHECK_THROWS_AS(run::for_each_in_groups(world(), world().size() + 1, 1, [](const auto&, auto) {}),
                    core::Error);
}
