// SPDX-License-Identifier: Apache-2.0
// Which samples an update takes, and which are left out.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/train/sample_order.hpp>
#include <lvr/vlm/sampling.hpp>

#include "unit/refusal.hpp"
#include "unit/train_data_fixture.hpp"

using namespace lvr;
using namespace lvr::train;
using data::SampleFault;
using test::refusal;
using test::says;
using Numbers = std::vector<std::int64_t>;

namespace {

/// Samples of 1 to 40 words, with and without images; every bad_every-th is not readable.
data::LlavaIndex index_of(std::int64_t count, std::int64_t bad_every, bool with_text = true) {
    data::LlavaIndex index;
    index.file = "talks.json";
    core::KeyedRng rng(7, {"order"});
    for (std::int64_t i = 0; i < count; ++i) {
        const bool bad = bad_every > 0 && i % bad_every == 0;
        index.offsets.push_back(100 * i);
        index.lengths.push_back(90);
        index.words.push_back(bad ? 0 : static_cast<std::int32_t>(1 + rng.below(40)));
        index.images.push_back(!with_text || rng.below(3) > 0 ? 1 : 0);
        index.faults.push_back(bad ? 1 : 0);
    }
    return index;
}

Numbers good_of(const data::LlavaIndex& index) {
    Numbers good;
    for (std::int64_t i = 0; i < index.size(); ++i)
        if (!index.has(i, SampleFault::unreadable)) good.push_back(i);
    return good;
}

/// The order of an epoch as vlm has it, over the good samples alone.
Numbers published(const data::LlavaIndex& index, const OrderSettings& settings, std::int64_t epoch) {
    const auto good = good_of(index);
    Numbers lengths;
    for (const auto sample : good)
        lengths.push_back(index.modality_lengths()[static_cast<std::size_t>(sample)]);
    const vlm::Groups groups{settings.loss_batch, settings.batch / settings.loss_batch};
    const auto count = static_cast<std::int64_t>(good.size());
    Numbers order = settings.rule == OrderRule::uniform ? vlm::uniform_order(count, settings.seed, epoch)
                    : settings.rule == OrderRule::modality
                        ? vlm::modality_grouped_order(lengths, groups, settings.seed, epoch)
                        : vlm::length_grouped_order(lengths, groups, settings.seed, epoch);
    for (auto& number : order) number = good[static_cast<std::size_t>(number)];
    return order;
}

Numbers samples_of_epoch(const SampleOrder& order, std::int64_t epoch, std::int64_t micro_batch) {
    Numbers all;
    const auto per_epoch = order.updates_per_epoch();
    for (std::int64_t update = epoch * per_epoch; update < (epoch + 1) * per_epoch; ++update) {
        for (std::int64_t slot = 0; slot < order.settings().batch / micro_batch; ++slot) {
            const auto samples = order.samples_of(update, slot, micro_batch);
            CHECK(samples.size() == static_cast<std::size_t>(micro_batch));
            all.insert(all.end(), samples.begin(), samples.end());
        }
    }
    return all;
}

std::string refused(const OrderSettings& settings) {
    return refusal(core::ErrorKind::usage, [&] { SampleOrder(index_of(10, 0), settings); });
}

std::string not_shared(std::int64_t batch, std::int64_t loss_batch, std::int64_t micro_batch, int ranks) {
    return refusal(core::ErrorKind::usage,
                   [&] { slots_of({.batch = batch, .loss_batch = loss_batch}, micro_batch, 0, ranks); });
}

}  // namespace

TEST_CASE("each good sample comes once an epoch, in the recipe's order", "[train][order]") {
    const auto index = index_of(101, 9);
    const auto good = good_of(index);
    int compared = 0;
    for (const auto rule : {OrderRule::uniform, OrderRule::modality, OrderRule::length}) {
        for (const std::int64_t micro_batch : {1, 2, 4}) {
            const OrderSettings settings{.batch = 16, .loss_batch = 4, .epochs = 3, .seed = 5, .rule = rule};
            const SampleOrder order(index, settings);
            REQUIRE(order.updates_per_epoch() == 6);
            CHECK(order.updates() == 18);
            // Not in turn: the order of an epoch may be asked for again.
            for (const std::int64_t epoch : {0, 2, 1, 0}) {
                const auto samples = samples_of_epoch(order, epoch, micro_batch);
                auto expected = published(index, settings, epoch);
                CHECK(std::set(expected.begin(), expected.end()) == std::set(good.begin(), good.end()));
                const std::size_t missing = 6 * 16 - expected.size();
                REQUIRE(missing == 7);
                expected.insert(expected.end(), expected.begin(), expected.begin() + 7);
                CHECK(samples == expected);
                ++compared;
            }
        }
    }
    CHECK(compared == 3 * 3 * 4);
}

TEST_CASE("a batch larger than the list takes samples again", "[train][order]") {
    const SampleOrder order(index_of(3, 0), {.batch = 8, .loss_batch = 8, .rule = OrderRule::uniform});
    const auto samples = order.samples_of(0, 0, 8);
    CHECK(order.updates() == 1);
    CHECK(std::set(samples.begin(), samples.end()) == std::set<std::int64_t>{0, 1, 2});
    CHECK(samples[3] == samples[0]);
    CHECK_THROWS_AS(order.samples_of(1, 0, 8), core::Error);
}

TEST_CASE("threads may ask for different epochs at once", "[train][order]") {
    const auto index = index_of(200, 0);
    const SampleOrder order(index, {.batch = 20, .loss_batch = 4, .epochs = 8, .rule = OrderRule::modality});
    Numbers alone, together(80);
    for (std::int64_t update = 0; update < 80; ++update) alone.push_back(order.samples_of(update, 1, 4)[2]);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = t; i < 80; i += 4)
                    together[i] = order.samples_of(static_cast<std::int64_t>(i), 1, 4)[2];
            });
    }
    CHECK(alone == together);
}

TEST_CASE("with images alone, or text alone, modality means length", "[train][order]") {
    const auto index = index_of(50, 0, false);
    OrderSettings settings{.batch = 8, .loss_batch = 4, .rule = OrderRule::modality};
    const SampleOrder order(index, settings);
    REQUIRE(order.notes().size() == 1);
    CHECK(says(order.notes()[0], "all samples are with images"));
    settings.rule = OrderRule::length;
    CHECK(samples_of_epoch(order, 0, 4) == samples_of_epoch(SampleOrder(index, settings), 0, 4));
}

namespace {

const std::vector<std::string> k_bad = {
    R"({"id": "roles", "conversations": [{"from": "human", "value": "Hi"}, {"from": "system", "value": "Yes"}]})",
    R"({"id": "twice", "conversations": [{"from": "human", "value": "Hi"}, {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]})",
    R"({"id": "nobody", "conversations": [{"from": "gpt", "value": "Yes"}]})",
    R"({"id": "empty", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": " \n"}]})",
    R"({"id": "unanswered", "conversations": [{"from": "human", "value": "Hi"}]})",
    R"({"id": "placeholder", "conversations": [{"from": "human", "value": "<image>\nHi"}, {"from": "gpt", "value": "Yes"}]})",
    R"({"id": "number", "image": 5, "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]})",
    "{\"id\": \"latin\", \"conversations\": [{\"from\": \"human\", \"value\": \"\xe9t\xe9\"}, {\"from\": "
    "\"gpt\", \"value\": \"Yes\"}]}",
    "17"};
constexpr std::int64_t k_bad_ones = 10;  // with the long one

/// A sound sample, one whose image is not seen, the bad ones, and one that is too long.
std::string list_with_faults() {
    std::string text = "[" + test::sound_talk(1, true).dump() + "," + test::sound_talk(2, false).dump() +
                       "," + test::talk("a.jpg", {"No mark.", "Yes."}).dump();
    for (const auto& bad : k_bad) text += "," + bad;
    return text + "," + test::talk("", {"Hi", std::string(data::k_longest_talk, 'x')}).dump() + "]";
}

std::int64_t count_of(const SampleCounts& counts, SampleFault fault) {
    return counts.faults[static_cast<std::size_t>(fault)];
}

}  // namespace

TEST_CASE("bad samples are left out and counted", "[train][order]") {
    const test::ListFile list(list_with_faults());
    const SampleOrder order(list.index(), {.batch = 2, .loss_batch = 1});
    const auto& counts = order.counts();
    CHECK(counts.samples == 3 + k_bad_ones);
    CHECK(counts.trained == 3);
    CHECK(counts.with_image == 2);
    CHECK(counts.text_only == 1);
    CHECK(counts.left_out == k_bad_ones);
    CHECK(count_of(counts, SampleFault::unreadable) == 3);
    CHECK(count_of(counts, SampleFault::wrong_roles) == 2);
    CHECK(count_of(counts, SampleFault::no_human_turn) == 1);
    CHECK(count_of(counts, SampleFault::empty_answer) == 2);
    CHECK(count_of(counts, SampleFault::placeholder_without_image) == 1);
    CHECK(count_of(counts, SampleFault::image_without_placeholder) == 1);
    CHECK(count_of(counts, SampleFault::absurd_length) == 1);
    CHECK(counts.to_json()["faults"]["an empty answer"] == 2);
    auto samples = samples_of_epoch(order, 0, 1);
    REQUIRE(samples.size() == 4);
    samples.pop_back();
    CHECK(std::set(samples.begin(), samples.end()) == std::set<std::int64_t>{0, 1, 2});
    REQUIRE(order.notes().size() == 2);
    CHECK(says(order.notes()[0], "10 of 13 samples are left out: not readable (3)"));
    CHECK(says(order.notes()[1], "1 sample has an image without a placeholder"));
}

TEST_CASE("bad samples stop the run when they are to, by name", "[train][order]") {
    const test::ListFile list(list_with_faults());
    const auto said =
        refusal([&] { SampleOrder(list.index(), {.batch = 2, .loss_batch = 1, .bad = BadSamples::stop}); });
    CHECK(says(said, "10 of 13 samples cannot be trained on"));
    CHECK(says(said, "sample 4 (id roles): roles that do not take turns"));
    CHECK(says(said, "sample 6 (id nobody): no turn of a human"));
    CHECK(says(said, "sample 8 (id unanswered): an empty answer"));
    CHECK(says(said, "and 5 more"));
    CHECK(says(said, "--bad-samples skip"));
    CHECK_FALSE(said.find("id placeholder") != std::string::npos);
    const test::ListFile unreadable("[" + k_bad[6] + "," + k_bad[7] + "]");
    const auto why = refusal(
        [&] { SampleOrder(unreadable.index(), {.batch = 2, .loss_batch = 1, .bad = BadSamples::stop}); });
    CHECK(says(why, "sample 1 (id number) has an `image` that is no path"));
    CHECK(says(why, "sample 2"));
}

TEST_CASE("samples without words are left out", "[train][order]") {
    auto index = index_of(6, 0);
    index.words[2] = 0;
    const SampleOrder order(index, {.batch = 5, .loss_batch = 5, .rule = OrderRule::modality});
    CHECK(order.counts().without_words == 1);
    CHECK(order.updates() == 1);
    const auto samples = order.samples_of(0, 0, 5);
    CHECK(std::set(samples.begin(), samples.end()) == std::set<std::int64_t>{0, 1, 3, 4, 5});
}

TEST_CASE("a list without a good sample is refused", "[train][order]") {
    const OrderSettings settings{.batch = 2, .loss_batch = 1};
    CHECK(says(refusal([&] { SampleOrder(index_of(4, 1), settings); }),
               "talks.json: none of 4 samples can be trained on: not readable (4)"));
    CHECK(says(refusal([&] { SampleOrder(index_of(0, 1), settings); }), "none of 0 samples"));
}

TEST_CASE("sizes that do not fit propose ones that do", "[train][order]") {
    CHECK(says(refused({.batch = 128, .loss_batch = 24}),
               "use a loss_batch of 16 or 32, or a batch of 120 or 144"));
    CHECK(says(refused({.batch = 8, .loss_batch = 16}), "use a loss_batch of 8, or a batch of 16"));
    CHECK(says(refused({.batch = 0}), "batch is 0"));
    CHECK(says(refused({.epochs = -1}), "epochs is -1"));
    CHECK(says(refused({.batch = std::int64_t{1} << 40}), "between 1 and"));
    CHECK(says(not_shared(128, 16, 5, 1), "use a micro_batch of 4 or 8"));
    CHECK(says(not_shared(128, 16, 32, 1), "use a micro_batch of 16"));
    CHECK(says(not_shared(128, 16, 16, 16), "use a micro_batch of 8, a batch of 256,"));
    CHECK(says(not_shared(128, 16, 4, 3), "use a batch of 96 or 144, or other ranks_per_model"));
    CHECK(not_shared(128, 16, 4, 8).empty());
    CHECK_THROWS_AS(order_rule("random"), core::Error);
    CHECK_THROWS_AS(bad_samples("warn"), core::Error);
    CHECK(order_rule("modality") == OrderRule::modality);
    CHECK(bad_samples("stop") == BadSamples::stop);
}

TEST_CASE("ranks share out the slots", "[train][order]") {
    int ranks_seen = 0;
    for (const int ranks : {1, 2, 4, 8}) {
        std::int64_t next = 0;
        for (int rank = 0; rank < ranks; ++rank) {
            const auto slots = slots_of({.batch = 64, .loss_batch = 16}, 8, rank, ranks);
            CHECK(slots.begin == next);
            CHECK(slots.size() == 8 / ranks);
            next = slots.end;
            ++ranks_seen;
        }
        CHECK(next == 8);
    }
    CHECK(ranks_seen == 15);
}
