// SPDX-License-Identifier: Apache-2.0
// Orders of samples, against tests/reference/sampling.py.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/vlm/packing.hpp>
#include <lvr/vlm/sampling.hpp>

using namespace lvr;
using namespace lvr::vlm;
using Numbers = std::vector<std::int64_t>;

namespace {

core::Json golden() {
    const auto file = std::filesystem::path(LVR_SOURCE_DIR) / "tests/golden/sampling.json";
    return core::parse_json(core::read_text(file), file.string());
}

std::int64_t check_of(const Numbers& order) {
    std::int64_t check = 0;
    for (const std::int64_t i : order) check = (check * 31 + i) % 1000000007;
    return check;
}

/// First-fit decreasing, by trying each pack in turn.
std::vector<Numbers> plain_packing(const Numbers& lengths, std::int64_t longest) {
    Numbers order(lengths.size()), space;
    std::iota(order.begin(), order.end(), 0);
    const auto length = [&](std::int64_t i) { return lengths[static_cast<std::size_t>(i)]; };
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return length(a) > length(b); });
    std::vector<Numbers> packs;
    for (const std::int64_t i : order) {
        std::size_t pack = 0;
        while (pack < packs.size() && space[pack] < length(i)) ++pack;
        if (pack == packs.size()) {
            packs.emplace_back();
            space.push_back(longest);
        }
        packs[pack].push_back(i);
        space[pack] -= length(i);
    }
    return packs;
}

}  // namespace

TEST_CASE("a uniform order is PyTorch's", "[vlm]") {
    int compared = 0;
    const auto reference = golden();
    for (const auto& one : reference["uniform"]) {
        const auto order = uniform_order(one["count"], one["seed"].get<std::uint64_t>() - 1, 1);
        const Numbers begin = one["begin"];
        REQUIRE(order.size() == one["count"].get<std::size_t>());
        CHECK(std::equal(begin.begin(), begin.end(), order.begin()));
        CHECK(check_of(order) == one["check"].get<std::int64_t>());
        ++compared;
    }
    CHECK(compared == 5);
    CHECK(uniform_order(0, 42).empty());
}

TEST_CASE("a grouped order is the recipe's", "[vlm]") {
    int compared = 0;
    const auto reference = golden();
    for (const auto& one : reference["grouped"]) {
        CAPTURE(one["name"].get<std::string>());
        const Numbers lengths = one["lengths"];
        const Groups groups{one["batch"], one["ranks"]};
        CHECK(length_grouped_order(lengths, groups, one["seed"]) == one["by_length"].get<Numbers>());
        if (one.contains("by_modality"))
            CHECK(modality_grouped_order(lengths, groups, one["seed"]) == one["by_modality"].get<Numbers>());
        else
            CHECK_THROWS_AS(modality_grouped_order(lengths, groups, one["seed"]), core::Error);
        ++compared;
    }
    CHECK(compared == 11);
    const Numbers with_zero = {3, 0, -4};
    CHECK_THROWS_AS(modality_grouped_order(with_zero, {}, 42), core::Error);
    CHECK_THROWS_AS(length_grouped_order(with_zero, {}, 42), core::Error);
}

TEST_CASE("every rank gets as many batches, the last round filled from the beginning", "[vlm]") {
    Numbers order(11);
    std::iota(order.begin(), order.end(), 100);
    CHECK(batches_per_rank(11, 2, 2) == 3);
    CHECK(batches_per_rank(12, 2, 2) == 3);
    CHECK(batches_per_rank(0, 2, 2) == 0);
    const Groups groups{2, 2};
    CHECK(batch_of(order, groups, 0, 0) == Numbers{100, 101});
    CHECK(batch_of(order, groups, 1, 0) == Numbers{102, 103});
    CHECK(batch_of(order, groups, 0, 2) == Numbers{108, 109});
    CHECK(batch_of(order, groups, 1, 2) == Numbers{110, 100});
    CHECK(batch_of(Numbers{7}, {2, 3}, 2, 0) == Numbers{7, 7});
    CHECK_THROWS_AS(batch_of(order, groups, 0, 3), core::Error);
}

TEST_CASE("samples are packed first-fit decreasing", "[vlm]") {
    CHECK(pack_first_fit(Numbers{3, 9, 5, 4, 2, 12, 0}, 10) ==
          std::vector<Numbers>{{5}, {1, 6}, {2, 3}, {0, 4}});
    CHECK(pack_first_fit(Numbers{}, 10).empty());
    int compared = 0;
    for (const std::uint64_t count : {1, 2, 3, 64, 65, 1000}) {
        core::KeyedRng rng(count, {"packing"});
        Numbers lengths;
        for (std::uint64_t i = 0; i < count; ++i)
            lengths.push_back(1 + static_cast<std::int64_t>(rng.below(100)));
        CHECK(pack_first_fit(lengths, 100) == plain_packing(lengths, 100));
        ++compared;
    }
    CHECK(compared == 6);
}
