// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include <lvr/par/shard.hpp>
#include <lvr/par/together.hpp>
#include <lvr/par/work_queue.hpp>

#include "world.hpp"

using namespace lvr;
using namespace std::chrono_literals;
using test::world;

namespace {

using Items = std::vector<std::int64_t>;

Items counted(std::int64_t count) {
    Items items(static_cast<std::size_t>(count));
    std::iota(items.begin(), items.end(), 100);
    return world().rank() == 0 ? items : Items{-1};  // only rank 0's count
}

Items taken(par::WorkQueue& queue, std::chrono::milliseconds each = 0ms) {
    Items mine;
    while (const auto item = queue.next()) {
        mine.push_back(*item);
        std::this_thread::sleep_for(each);
    }
    return mine;
}

/// What all ranks got, sorted.
Items all_of(const Items& mine) {
    Items all;
    for (const auto& part : world().all_gather(mine)) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end());
    return all;
}

Items expected(std::int64_t count) {
    Items items(static_cast<std::size_t>(count));
    std::iota(items.begin(), items.end(), 100);
    return items;
}

bool is_last() { return world().rank() == world().size() - 1; }

}  // namespace

TEST_CASE("a work queue hands out each item once", "[mpi]") {
    for (const std::int64_t count : {0, 1, 3, 200}) {
        par::WorkQueue queue(world(), counted(count));
        CHECK(all_of(taken(queue)) == expected(count));
        CHECK(!queue.next());
    }
}

TEST_CASE("several threads of a rank may ask a work queue", "[mpi]") {
    par::WorkQueue queue(world(), counted(300));
    std::mutex mutex;
    Items mine;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            const Items got = taken(queue);
            const std::lock_guard lock(mutex);
            mine.insert(mine.end(), got.begin(), got.end());
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(all_of(mine) == expected(300));
}

TEST_CASE("a slow rank does not hold the others", "[mpi]") {
    par::WorkQueue queue(world(), counted(40));
    const Items mine = taken(queue, is_last() ? 100ms : 1ms);
    CHECK(all_of(mine) == expected(40));
    if (world().size() > 1 && is_last()) CHECK(mine.size() < 40U / static_cast<unsigned>(world().size()));
}

TEST_CASE("without threads in MPI a work queue gives blocks", "[mpi]") {
    par::WorkQueue queue(world(), counted(10), par::Handout::blocks);
    queue.finish();
    const Items mine = taken(queue);
    CHECK(static_cast<std::int64_t>(mine.size()) == par::block(10, world().size(), world().rank()).size());
    CHECK(all_of(mine) == expected(10));
}

TEST_CASE("a stopped work queue gives nothing more to anybody", "[mpi]") {
    par::WorkQueue queue(world(), counted(100000));
    Items mine;
    while (const auto item = queue.next()) {
        mine.push_back(*item);
        if (is_last() && mine.size() == 2) queue.stop();
        std::this_thread::sleep_for(1ms);
    }
    const Items all = all_of(mine);
    CHECK(!all.empty());
    CHECK(all.size() < 100000);
    CHECK(!queue.next());
}

TEST_CASE("a rank that throws leaves no other waiting in a work queue", "[mpi]") {
    for (int failing = 0; failing < world().size(); ++failing) {
        for (const bool waits_in_barrier : {false, true}) {
            std::int64_t got = 0;
            const auto body = [&] {
                par::WorkQueue queue(world(), counted(100000));
                while (queue.next()) {
                    ++got;
                    if (world().rank() == failing) throw core::input_error("bad image");
                    std::this_thread::sleep_for(1ms);
                    // The failing rank must get to leave the queue while others are in a call of the group.
                    if (waits_in_barrier) world().barrier();
                }
                queue.finish();
            };
            CHECK_THROWS_WITH(par::together(world(), body), Catch::Contains("bad image"));
            CHECK(got < 100000);
            world().barrier();
        }
    }
}

TEST_CASE("a failure in a collective call beside a work queue is everybody's", "[mpi]") {
    par::WorkQueue queue(world(), counted(8));
    CHECK_THROWS_WITH(par::together(world(),
                                    [] {
                                        if (is_last()) throw core::input_error("bad image");
                                        world().barrier();
                                    }),
                      Catch::Contains("bad image"));
    CHECK(all_of(taken(queue)) == expected(8));  // the queue is not of that failure
}

TEST_CASE("a rank may never ask a work queue", "[mpi]") {
    for (const bool finishes : {false, true}) {
        par::WorkQueue queue(world(), counted(5));
        if (finishes) queue.finish();
    }
    par::WorkQueue queue(world(), counted(5));
    CHECK(all_of(world().rank() == 0 ? taken(queue) : Items{}) == expected(5));
}

TEST_CASE("finish of a work queue waits for all ranks", "[mpi]") {
    par::WorkQueue queue(world(), counted(0));
    const auto start = std::chrono::steady_clock::now();
    world().barrier();
    if (is_last()) std::this_thread::sleep_for(100ms);
    queue.finish();
    CHECK(std::chrono::steady_clock::now() - start >= 90ms);
    queue.finish();
}

TEST_CASE("reports reach rank 0 before the end of a work queue", "[mpi]") {
    std::map<int, std::string> last;
    int count = 0;
    par::WorkQueue queue(world(), counted(20));
    if (world().rank() == 0) {
        queue.on_report([&](int rank, const std::string& bytes) {
            last[rank] = bytes;
            ++count;
        });
    }
    world().barrier();
    const std::string mine(static_cast<std::size_t>(world().rank()) * 100000, 'x');
    queue.report("first");
    taken(queue);
    queue.report(mine);
    queue.finish();
    if (world().rank() == 0) {
        queue.on_report({});
        CHECK(count == 2 * world().size());
        CHECK(last.size() == static_cast<std::size_t>(world().size()));
        for (const auto& [rank, bytes] : last) CHECK(bytes.size() == static_cast<std::size_t>(rank) * 100000);
    }
}
