// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/par/shard.hpp>

using namespace lvr;

TEST_CASE("for 1 to 17 ranks the shards cover everything once, in order, larger ones first") {
    int checked = 0;
    for (std::int64_t parts = 1; parts <= 17; ++parts) {
        for (std::int64_t count = 0; count <= 60; ++count) {
            std::int64_t at = 0, previous = std::numeric_limits<std::int64_t>::max();
            for (std::int64_t index = 0; index < parts; ++index) {
                const auto range = par::block(count, parts, index);
                REQUIRE(range.begin == at);
                REQUIRE((range.size() == count / parts || range.size() == count / parts + 1));
                REQUIRE(range.size() <= previous);
                for (auto item = range.begin; item < range.end; ++item)
                    REQUIRE(par::owner_of(item, count, parts) == index);
                previous = range.size();
                at = range.end;
                ++checked;
            }
            REQUIRE(at == count);
        }
    }
    CHECK(checked == 61 * 17 * 18 / 2);
}

TEST_CASE("shards of very many things do not overflow") {
    const std::int64_t count = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t parts : {1, 2, 17, 1000}) {
        CHECK(par::block(count, parts, 0).begin == 0);
        CHECK(par::block(count, parts, parts - 1).end == count);
        CHECK(par::owner_of(count - 1, count, parts) == parts - 1);
        CHECK(par::owner_of(0, count, parts) == 0);
    }
}

TEST_CASE("shards that do not exist are refused") {
    CHECK_THROWS_AS(par::block(-1, 1, 0), core::Error);
    CHECK_THROWS_AS(par::block(1, 0, 0), core::Error);
    CHECK_THROWS_AS(par::block(1, 2, 2), core::Error);
    CHECK_THROWS_AS(par::block(1, 2, -1), core::Error);
    CHECK_THROWS_AS(par::owner_of(3, 3, 2), core::Error);
    CHECK_THROWS_AS(par::owner_of(-1, 3, 2), core::Error);
    CHECK_THROWS_AS(par::owner_of(0, 1, 0), core::Error);
}
