// SPDX-License-Identifier: Apache-2.0
// The engine gives the same features however it shares out the work, and says what goes wrong.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/extract/engine.hpp>

using namespace lvr;

namespace {

namespace fs = std::filesystem;

const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests/golden";

std::vector<extract::Representation> two_representations() {
    std::vector<extract::Representation> all;
    for (const char* name : {"clip_gelu", "dinov2_resize"}) {
        const auto card = encoders::card_for_snapshot((k_golden / "vit" / name).string());
        all.push_back({.id = name,
                       .card = card,
                       .encoder = encoders::build_encoder(card, {}),
                       .store = files::StorageType::float32});
    }
    return all;
}

/// Shard and representation -> the part's bytes, plain and mirrored, and the statuses.
using Result = std::map<std::pair<std::int64_t, std::string>, std::string>;

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Trial {
    int threads = 1, batch = 1;
    bool one_by_one = true;
};

struct Fixture {
    data::Catalog catalog = data::read_catalog({.images = (k_golden / "images").string()});
    std::vector<extract::Representation> representations = two_representations();
    static constexpr std::int64_t k_shard = 7;

    extract::EngineSpec spec(const Trial& trial) {
        return {.catalog = catalog,
                .representations = representations,
                .flip = true,
                .threads = trial.threads,
                .batch = trial.batch,
                .one_by_one = trial.one_by_one,
                .write = [](const extract::ShardBuffer&) {}};
    }

    /// Odd shards want the second representation only.
    std::vector<const extract::Representation*> targets(std::int64_t shard) const {
        if (shard % 2 == 1) return {&representations[1]};
        return {&representations[0], &representations[1]};
    }

    std::int64_t shards() const { return (catalog.size() + k_shard - 1) / k_shard; }

    void submit_all(extract::Engine& engine) const {
        for (std::int64_t shard = 0; shard < shards(); ++shard)
            engine.submit(shard, {shard * k_shard, std::min(catalog.size(), (shard + 1) * k_shard)},
                          targets(shard));
    }

    Result run(const Trial& trial) {
        Result result;
        auto its = spec(trial);
        its.write = [&](const extract::ShardBuffer& buffer) {
            for (std::size_t i = 0; i < buffer.targets().size(); ++i) {
                const auto part = buffer.part(i, {}, 0);
                result[{buffer.shard(), buffer.targets()[i]->id}] =
                    text_of(part.values) + text_of(part.flipped) +
                    std::string(part.status.begin(), part.status.end());
            }
        };
        extract::Engine engine(its);
        submit_all(engine);
        engine.drain();
        return result;
    }
};

}  // namespace

TEST_CASE("threads and batches change no bit", "[extract]") {
    Fixture fixture;
    const Result expected = fixture.run({});
    REQUIRE(fixture.shards() == 6);
    REQUIRE(expected.size() == 9);
    for (const Trial& trial : {Trial{3, 1, true}, Trial{1, 1, false}, Trial{2, 3, false}, Trial{3, 8, false},
                               Trial{1, 100, false}}) {
        INFO(trial.threads << " threads, batch " << trial.batch << (trial.one_by_one ? ", one by one" : ""));
        CHECK(fixture.run(trial) == expected);
    }
}

TEST_CASE("pictures that cannot be used are rows of NaN with a status", "[extract]") {
    Fixture fixture;
    auto its = fixture.spec({2, 2, false});
    std::int64_t good = 0, bad = 0;
    its.write = [&](const extract::ShardBuffer& buffer) {
        const auto part = buffer.part(0, {}, 0);
        const auto* values = reinterpret_cast<const float*>(part.values.data());
        const auto each = part.tokens * part.channels;
        for (std::int64_t row = 0; row < part.images; ++row) {
            const bool all_nan =
                std::all_of(values + row * each, values + (row + 1) * each, [](float v) { return v != v; });
            const bool is_bad = part.status[static_cast<std::size_t>(row)] != 0;
            CHECK(all_nan == is_bad);
            CHECK(part.reasons[static_cast<std::size_t>(row)].empty() != is_bad);
            (is_bad ? bad : good) += 1;
        }
    };
    extract::Engine engine(its);
    fixture.submit_all(engine);
    engine.drain();
    CHECK(bad == 7);
    CHECK(good + bad == fixture.catalog.size());
}

TEST_CASE("what goes wrong in a thread is thrown to the caller", "[extract]") {
    Fixture fixture;
    for (const bool one_by_one : {true, false}) {
        auto failing = fixture.spec({2, 2, one_by_one});
        failing.write = [](const extract::ShardBuffer&) { throw core::output_error("the disk is full"); };
        extract::Engine engine(failing);
        const auto run = [&] {
            fixture.submit_all(engine);
            engine.drain();
        };
        CHECK_THROWS_WITH(run(), Catch::Contains("the disk is full"));
        auto strict = fixture.spec({2, 2, one_by_one});
        strict.strict = true;
        extract::Engine second(strict);
        const auto run_strictly = [&] {
            fixture.submit_all(second);
            second.drain();
        };
        CHECK_THROWS_WITH(run_strictly(), Catch::Contains("bad_"));
    }
}

TEST_CASE("an engine that is left early stops", "[extract]") {
    Fixture fixture;
    std::int64_t written = 0;
    auto its = fixture.spec({2, 4, false});
    its.write = [&](const extract::ShardBuffer&) { ++written; };
    { extract::Engine unused(its); }
    {
        extract::Engine engine(its);
        engine.submit(0, {0, 20}, fixture.targets(0));
    }
    CHECK(written <= 1);
}
