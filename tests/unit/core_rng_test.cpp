// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>

using namespace lvr::core;

TEST_CASE("Philox4x32-10 gives the known answers that Random123 publishes") {
    using Block = std::array<std::uint32_t, 4>;
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) ==
          Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("FNV-1a gives the known answers of its authors") {
    CHECK(hash64("") == 0xcbf29ce484222325ULL);
    CHECK(hash64("a") == 0xaf63dc4c8601ec8cULL);
    CHECK(hash64("foobar") == 0x85944171f73967e8ULL);
    CHECK(hash64("bar", hash64("foo")) == hash64("foobar"));
}

TEST_CASE("equal keys give equal numbers, any difference in a key gives others") {
    KeyedRng a(3, {"x", "y"}, 5), b(3, {"x", "y"}, 5);
    for (int i = 0; i < 10; ++i) CHECK(a.next() == b.next());
    std::set<std::uint64_t> firsts;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        for (std::uint64_t index = 0; index < 1000; ++index)
            firsts.insert(KeyedRng(seed, {"x"}, index).next());
    }
    firsts.insert(KeyedRng(0, {"ab", "c"}).next());
    firsts.insert(KeyedRng(0, {"a", "bc"}).next());
    firsts.insert(KeyedRng(0, {"abc"}).next());
    firsts.insert(KeyedRng(0, {}).next());
    firsts.insert(KeyedRng(0, {""}).next());
    CHECK(firsts.size() == 4005);
}

TEST_CASE("a stream is the same from release to release") {
    KeyedRng rng(42, {"policy", "seed_image"}, 7);
    const std::vector<std::uint64_t> first = {rng.next(), rng.next(), rng.next()};
    KeyedRng again(42, {"policy", "seed_image"}, 7);
    CHECK(first[0] != first[1]);
    CHECK(again.next() == first[0]);
    // The key and counter layout by hand: hash of the seed's bytes and the key's parts, each closed by a NUL.
    const std::uint64_t seed = 42;
    std::uint64_t key = hash64({reinterpret_cast<const char*>(&seed), sizeof seed});
    for (const char* part : {"policy", "seed_image"})
        key = hash64(std::string_view("\0", 1), hash64(part, key));
    const auto words =
        philox4x32({0, 0, 7, 0}, {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
    CHECK(first[0] == (words[0] | static_cast<std::uint64_t>(words[1]) << 32));
    CHECK(first[1] == (words[2] | static_cast<std::uint64_t>(words[3]) << 32));
}

TEST_CASE("uniform numbers lie in [0, 1) with the right mean and variance") {
    KeyedRng rng(1, {"uniform"});
    constexpr int count = 200000;
    double sum = 0, squares = 0;
    for (int i = 0; i < count; ++i) {
        const double u = rng.uniform();
        if (u < 0 || u >= 1) FAIL(u);
        sum += u;
        squares += u * u;
    }
    const double mean = sum / count;
    CHECK(mean == Approx(0.5).margin(4 * std::sqrt(1.0 / 12 / count)));
    CHECK(squares / count - mean * mean == Approx(1.0 / 12).margin(0.001));
}

TEST_CASE("normal numbers have the moments of a standard normal") {
    KeyedRng rng(1, {"normal"});
    constexpr int count = 200000;
    double moments[5] = {};
    for (int i = 0; i < count; ++i) {
        const double z = rng.normal();
        for (int k = 1; k < 5; ++k) moments[k] += std::pow(z, k) / count;
    }
    CHECK(moments[1] == Approx(0).margin(0.01));
    CHECK(moments[2] == Approx(1).margin(0.015));
    CHECK(moments[3] == Approx(0).margin(0.035));
    CHECK(moments[4] == Approx(3).margin(0.1));
}

TEST_CASE("draws below a bound reach every value about equally often") {
    KeyedRng rng(1, {"below"});
    for (const std::uint64_t bound : {1U, 2U, 3U, 7U, 100U}) {
        std::vector<int> seen(bound);
        const int each = 2000;
        for (std::uint64_t i = 0; i < bound * each; ++i) ++seen.at(rng.below(bound));
        const double worst = 6 * std::sqrt(static_cast<double>(each));
        for (const int count : seen) CHECK(std::abs(count - each) < worst);
    }
    const std::uint64_t huge = (1ULL << 63) + 1;
    for (int i = 0; i < 100; ++i) CHECK(rng.below(huge) < huge);
    CHECK_THROWS_AS(rng.below(0), Error);
}

TEST_CASE("a shuffle is a permutation, and all permutations are about equally frequent") {
    std::map<std::vector<int>, int> seen;
    for (std::uint64_t draw = 0; draw < 24000; ++draw) {
        KeyedRng rng(9, {"shuffle"}, draw);
        std::vector<int> items = {0, 1, 2, 3};
        rng.shuffle(items);
        ++seen[items];
    }
    CHECK(seen.size() == 24);
    for (const auto& [items, count] : seen) CHECK(std::abs(count - 1000) < 200);
}
