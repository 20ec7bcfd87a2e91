// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <lvr/train/loss_watch.hpp>

using namespace lvr;
using namespace lvr::train;
using Catch::Contains;

namespace {

const double k_nan = std::numeric_limits<double>::quiet_NaN();

UpdateRecord record(std::int64_t update, double loss) {
    return {.update = update, .loss = loss, .gradient_norm = 1, .samples = 16, .labels = 100};
}

/// A curve as training has it: falls from 6 to 1, with noise of 8 %.
std::vector<UpdateRecord> curve(std::int64_t updates, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(1, 0.08);
    std::vector<UpdateRecord> records;
    for (std::int64_t i = 1; i <= updates; ++i)
        records.push_back(record(i, (1 + 5 * std::exp(-static_cast<double>(i) / 50)) * noise(random)));
    return records;
}

}  // namespace

TEST_CASE("a normal curve is let pass, also with outliers, two kinds of batches, or no noise") {
    int looked = 0;
    for (unsigned seed = 1; seed <= 5; ++seed) {
        LossWatch watch({}), kinds({}), flat({});
        auto records = curve(2000, seed);
        for (std::size_t i = 100; i < records.size(); i += 50) records[i].loss *= 4;
        for (const auto& one : records) {
            CHECK_FALSE(watch.look(one));
            auto other = one;
            other.loss = one.update % 7 < 2 ? one.loss * 1.4 : one.loss;
            CHECK_FALSE(kinds.look(other));
            CHECK_FALSE(flat.look(record(one.update, 0.7)));
            ++looked;
        }
    }
    CHECK(looked == 10'000);
}

TEST_CASE("what is not finite is found at once") {
    LossWatch watch({.deviations = 0});
    CHECK_FALSE(watch.look(record(1, 2)));
    CHECK_THAT(watch.look(record(2, k_nan))->problem, Contains("update 2: the loss is not finite (nan)"));
    auto steep = record(3, 2);
    steep.gradient_norm = std::numeric_limits<double>::infinity();
    const auto found = watch.look(steep);
    REQUIRE(found);
    CHECK(found->first == 3);
    CHECK(found->last == 3);
    CHECK_THAT(found->problem, Contains("update 3: the gradient's norm is not finite (inf)"));
}

TEST_CASE("a loss that leaves its curve is found after some updates, and not where it is not looked for") {
    const auto records = curve(300, 3);
    LossWatch watch({}), off({.deviations = 0}), patient({.patience = 5});
    for (const auto& one : records) {
        REQUIRE_FALSE(watch.look(one));
        REQUIRE_FALSE(off.look(one));
        REQUIRE_FALSE(patient.look(one));
    }
    for (std::int64_t i = 301; i <= 302; ++i) CHECK_FALSE(watch.look(record(i, 9)));
    const auto found = watch.look(record(303, 9));
    REQUIRE(found);
    CHECK(found->first == 301);
    CHECK(found->last == 303);
    CHECK_THAT(found->problem, Contains("update 303: the loss is 9, 3 in a row now above "));
    int passed = 0;
    for (std::int64_t i = 301; i <= 304; ++i, ++passed) {
        CHECK_FALSE(off.look(record(i, 9)));
        CHECK_FALSE(patient.look(record(i, 9)));
    }
    CHECK(passed == 4);
    CHECK(patient.look(record(305, 9)));
}

TEST_CASE("before enough losses are known, and where nothing was learned, none is too high") {
    LossWatch watch({.window = 20, .patience = 1});
    for (std::int64_t i = 1; i <= 10; ++i) REQUIRE_FALSE(watch.look(record(i, i == 5 ? 50 : 2)));
    auto empty = record(11, 50);
    empty.labels = 0;
    CHECK_FALSE(watch.look(empty));
    CHECK(watch.look(record(12, 50)));
}

TEST_CASE("a watch that is told what was before judges as if it had looked itself") {
    auto records = curve(200, 9);
    for (std::size_t i = 150; i < 152; ++i) records[i].loss = 9;
    LossWatch whole({}), resumed({});
    for (std::size_t i = 0; i < 152; ++i) REQUIRE_FALSE(whole.look(records[i]));
    resumed.recall(std::span(records).first(152));
    const auto a = whole.look(record(153, 9)), b = resumed.look(record(153, 9));
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->problem == b->problem);
    CHECK(b->first == 151);
}

TEST_CASE("the error names the samples, worst first") {
    const Divergence divergence{7, 7, "update 7: the loss is not finite (nan)"};
    std::vector<SampleLoss> samples = {{"entry 3", 1.5}, {"entry 4", k_nan}, {"entry 5", 80}};
    const core::Error error = divergence_error(divergence, samples);
    CHECK(error.kind() == core::ErrorKind::input);
    CHECK_THAT(error.what(), Contains("training went wrong: update 7: the loss is not finite (nan)") &&
                                 Contains("entry 4 (loss nan), entry 5 (loss 80), entry 3 (loss 1.5)") &&
                                 Contains("last checkpoint"));
    for (int i = 0; i < 20; ++i) samples.push_back({"entry " + std::to_string(100 + i), 0.5});
    CHECK_THAT(divergence_error(divergence, samples).what(), Contains("and 15 more"));
    CHECK_THAT(divergence_error(divergence, {}).what(), Contains("update 7"));
}
