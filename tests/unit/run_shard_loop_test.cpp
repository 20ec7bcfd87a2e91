// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <numeric>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/run/shard_loop.hpp>

#include "run_capture.hpp"
#include "run_folder.hpp"
#include "world.hpp"

using namespace lvr;
using namespace std::chrono_literals;
using Catch::Contains;
using test::world;

namespace {

std::vector<std::int64_t> first(std::int64_t count) {
    std::vector<std::int64_t> shards(static_cast<std::size_t>(count));
    std::iota(shards.begin(), shards.end(), 0);
    return shards;
}

std::vector<std::int64_t> all_of(const std::vector<std::int64_t>& mine) {
    std::vector<std::int64_t> all;
    for (const auto& part : world().all_gather(mine)) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end());
    return all;
}

bool is_last() { return world().rank() == world().size() - 1; }

}  // namespace

TEST_CASE("every missing shard is done once", "[mpi]") {
    std::vector<std::int64_t> mine;
    run::for_each_shard(world(), {3, 5, 8, 13, 21}, [&](std::int64_t shard) { mine.push_back(shard); });
    CHECK(all_of(mine) == std::vector<std::int64_t>{3, 5, 8, 13, 21});
    run::for_each_shard(world(), {}, [&](std::int64_t) { FAIL("there is nothing to do"); });
}

TEST_CASE("a failure of one rank's work stops all, and is what all see", "[mpi]") {
    std::vector<std::int64_t> mine;
    const auto work = [&](std::int64_t shard) {
        if (shard == 5) throw core::output_error("part-000005.h5: disk full", "", "free some space");
        std::this_thread::sleep_for(1ms);
        mine.push_back(shard);
    };
    std::string said;
    try {
        run::for_each_shard(world(), first(10000), work);
    } catch (const core::Error& error) {
        CHECK(error.kind() == core::ErrorKind::output);
        said = error.what();
    }
    CHECK_THAT(said, Contains("part-000005.h5: disk full"));
    const auto all = all_of(mine);
    CHECK(all.size() >= 5);
    CHECK(all.size() < 10000);
}

TEST_CASE("a failure counts for more than a signal", "[mpi]") {
    const auto work = [&](std::int64_t) {
        if (is_last()) throw core::input_error("bad image");
        std::this_thread::sleep_for(1ms);
        throw core::Error(core::ErrorKind::interrupted, "a signal");
    };
    std::string said;
    try {
        run::for_each_shard(world(), first(100 * world().size()), [&](std::int64_t shard) {
            if (!is_last()) std::this_thread::sleep_for(50ms);
            work(shard);
        });
    } catch (const core::Error& error) {
        said = error.what();
    }
    CHECK_THAT(said, Contains("bad image"));
}

TEST_CASE("work that a signal interrupts ends on every rank alike", "[mpi]") {
    std::vector<std::int64_t> mine;
    const auto work = [&](std::int64_t shard) {
        if (shard == 3) throw core::Error(core::ErrorKind::interrupted, "a signal");
        std::this_thread::sleep_for(1ms);
        mine.push_back(shard);
    };
    std::string said;
    try {
        run::for_each_shard(world(), first(5000), work);
    } catch (const core::Error& error) {
        CHECK(error.kind() == core::ErrorKind::interrupted);
        said = error.what();
    }
    CHECK_THAT(said, Contains("stopped by a signal") && Contains("start the same command again"));
    CHECK(all_of(mine).size() < 5000);
}

TEST_CASE("what was begun is finished when no shard is left, on every rank", "[mpi]") {
    int begun = 0, finished = 0, drained = 0;
    const run::ShardLoop loop{.drain = [&] {
        finished = begun;
        ++drained;
    }};
    run::for_each_shard(
        world(), first(20), [&](std::int64_t) { ++begun; }, loop);
    CHECK(drained == 1);
    CHECK(finished == begun);
    std::array<std::int64_t, 1> all = {finished};
    world().sum(std::span<std::int64_t>(all));
    CHECK(all[0] == 20);
    // A failure in it is a failure of the work.
    const run::ShardLoop failing{
        .drain = [] { throw core::output_error("disk full", "", "free some space"); }};
    CHECK_THROWS_WITH(run::for_each_shard(
                          world(), first(20), [](std::int64_t) {}, failing),
                      Contains("disk full"));
}

TEST_CASE("a lost lease ends the loop", "[mpi]") {
    const test::RunFolder place("loop");
    run::ShardFolderSpec spec;
    spec.folder = place.path();
    spec.identity = core::Json::object();
    spec.items = 100000;
    spec.shard_size = 1;
    spec.lease.heartbeat = 10ms;
    const run::ShardFolder folder(world(), spec);
    if (world().rank() == 0) test::fs::remove(place / "lease.json");
    const auto work = [](std::int64_t) { std::this_thread::sleep_for(2ms); };
    CHECK_THROWS_WITH(run::for_each_shard(world(), folder.missing(), work, {.folders = {&folder}}),
                      Contains("lease.json: is no longer ours"));
}

TEST_CASE("a line of progress says how far all ranks are") {
    run::ProgressView view{1000, 100, "images", 10, 2, {150, 2'500'000, {{"decode", 5.0}, {"write", 0.2}}}};
    CHECK(run::progress_line(view) ==
          "250 of 1000 images (25 %), 15.0 images/s, 50 s left, 2.5 MB written; waiting for decode 25 %, "
          "write 1 %");
    view.done = {900, 999, {}};
    CHECK(run::progress_line(view) == "1000 of 1000 images (100 %), 90.0 images/s, 999 B written");
    view = {1'000'000, 0, "images", 10, 1, {100, 3'000'000'000, {}}};
    CHECK(run::progress_line(view) ==
          "100 of 1000000 images (0 %), 10.0 images/s, 27 h 46 min left, 3.0 GB written");
    view.seconds = 0;
    view.items = 0;
    CHECK(run::progress_line(view) == "100 of 0 images, 0.0 images/s, 3.0 GB written");
}

TEST_CASE("progress gathers all ranks and names a silent one", "[mpi]") {
    core::start_log(core::LogLevel::info);
    std::string log;
    run::RankReport mine;
    {
        const test::Capture capture(STDERR_FILENO);
        run::ProgressSpec spec;
        spec.items = 40;
        spec.line_every = 50ms;
        spec.silent_after = 150ms;
        // Rank 0's clock runs; the last rank reports too seldom.
        spec.report_every = is_last() && world().size() > 1 ? 10000ms : 20ms;
        run::Progress progress(spec);
        const auto work = [&](std::int64_t) {
            progress.add(1, 100);
            progress.add_stage("decode", 0.001);
            std::this_thread::sleep_for(10ms * world().size());
        };
        run::for_each_shard(world(), first(40), work, {.progress = &progress});
        log = capture.text();
        mine = progress.done();
    }
    std::array<std::int64_t, 2> sums = {mine.items, mine.bytes};
    world().sum(std::span<std::int64_t>(sums));
    CHECK(sums == std::array<std::int64_t, 2>{40, 4000});
    if (world().rank() != 0) return;
    CHECK_THAT(log, Contains("40 of 40 images (100 %)") && Contains("4.0 kB written") &&
                        Contains("waiting for decode"));
    CHECK(std::count(log.begin(), log.end(), '\n') >= 3);
    const std::string last = std::to_string(world().size() - 1);
    if (world().size() > 1)
        CHECK_THAT(log, Contains("rank " + last + " has been silent for") &&
                            Contains("rank " + last + " speaks again"));
    else
        CHECK_THAT(log, !Contains("silent"));
}
