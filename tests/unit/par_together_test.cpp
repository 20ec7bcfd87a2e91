// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include <lvr/par/together.hpp>

#include "world.hpp"

using namespace lvr;
using core::ErrorKind;
using test::world;

namespace {

struct Outcome {
    int kind = -1;  // -1: nothing was thrown
    std::string message;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& kind& message;
    }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// What every rank saw, after having seen that all saw the same.
Outcome outcome_of(const std::function<void()>& call) {
    Outcome mine;
    try {
        call();
    } catch (const par::CollectiveError& error) {
        mine = {static_cast<int>(error.kind()), error.what()};
    }
    const auto all = world().all_gather(mine);
    for (const auto& one : all) CHECK(one == all.front());
    return all.front();
}

std::string ranks_line(const std::string& ranks) {
    return "\n  ranks:  " + ranks + " of " + std::to_string(world().size());
}

}  // namespace

TEST_CASE("what all ranks return comes back", "[mpi]") {
    CHECK(par::together(world(), [] { return world().rank() + 1; }) == world().rank() + 1);
    int calls = 0;
    par::together(world(), [&] { ++calls; });
    CHECK(calls == 1);
    CHECK(*par::together(world(), [] { return std::make_unique<int>(3); }) ==
          3);  // a value that can only be moved
}

TEST_CASE("an exception on one rank is the same exception on all", "[mpi]") {
    for (int failing = 0; failing < world().size(); ++failing) {
        const auto outcome = outcome_of([&] {
            par::together(world(), [&] {
                if (world().rank() == failing) throw core::input_error("bad file", "it matters", "mend it");
                return 1;
            });
        });
        CHECK(outcome.kind == static_cast<int>(ErrorKind::input));
        const std::string who = world().size() > 1 ? ranks_line(std::to_string(failing)) : "";
        CHECK(outcome.message == "bad file\n  why:    it matters\n  remedy: mend it" + who);
    }
}

TEST_CASE("of several exceptions the lowest rank's is told, with all the ranks that failed", "[mpi]") {
    const auto outcome = outcome_of([] {
        par::together(world(), [] {
            if (world().rank() > 0) throw core::output_error("rank " + std::to_string(world().rank()));
            throw core::usage_error("rank 0");
        });
    });
    CHECK(outcome.kind == static_cast<int>(ErrorKind::usage));
    const std::map<int, std::string> ranks = {
        {1, ""}, {2, ranks_line("0, 1")}, {4, ranks_line("0, 1, 2, 3")}};
    CHECK(outcome.message == "rank 0" + ranks.at(world().size()));
}

TEST_CASE("what fails alike everywhere is told once, without ranks", "[mpi]") {
    const auto outcome =
        outcome_of([] { par::together(world(), [] { throw core::usage_error("no such option"); }); });
    CHECK(outcome == Outcome{static_cast<int>(ErrorKind::usage), "no such option"});
}

TEST_CASE("every kind of exception crosses", "[mpi]") {
    const std::map<ErrorKind, std::function<void()>> throwers = {
        {ErrorKind::usage, [] { throw core::usage_error("x"); }},
        {ErrorKind::input, [] { throw core::input_error("x"); }},
        {ErrorKind::output, [] { throw core::output_error("x"); }},
        {ErrorKind::interrupted, [] { throw core::Error(ErrorKind::interrupted, "x"); }},
        {ErrorKind::resource, [] { throw std::bad_alloc(); }},
        {ErrorKind::internal, [] { throw std::logic_error("x"); }},
    };
    for (const auto& [kind, thrower] : throwers) {
        const auto outcome = outcome_of([&, kind = kind, thrower = thrower] {
            par::together(world(), [&] {
                if (world().rank() == world().size() - 1) thrower();
            });
        });
        CHECK(outcome.kind == static_cast<int>(kind));
    }
    const auto odd = outcome_of([] {
        par::together(world(), [] {
            if (world().rank() == 0) throw 42;
        });
    });
    CHECK(odd.kind == static_cast<int>(ErrorKind::internal));
    CHECK_THAT(odd.message, Catch::StartsWith("internal error: an exception of unknown type"));
}

TEST_CASE("a rank that fails frees the others from whatever call they wait in", "[mpi]") {
    std::vector<double> reals(3);
    std::vector<std::int64_t> wholes(3);
    std::string bytes(100000, 'x');
    const std::vector<std::function<void()>> waits = {
        [] { world().barrier(); },
        [&] { world().sum(std::span<double>(reals)); },
        [&] { world().sum(std::span<std::int64_t>(wholes)); },
        [] { world().max(1); },
        [&] { world().broadcast_bytes(bytes); },
        [&] { world().gather(bytes); },
        [&] { world().all_gather(bytes); },
        [] { world().split(0, 0); },
        [] { par::together(world(), [] {}); },
    };
    for (const auto& wait : waits) {
        for (const int failing : {0, world().size() - 1}) {
            const auto outcome = outcome_of([&] {
                par::together(world(), [&] {
                    if (world().rank() == failing) throw core::input_error("gone");
                    wait();
                });
            });
            CHECK(outcome.kind == static_cast<int>(ErrorKind::input));
            CHECK_THAT(outcome.message, Catch::StartsWith("gone"));
        }
    }
}

TEST_CASE("a nested failure leaves every level with its own message", "[mpi]") {
    const int last = world().size() - 1;
    const auto inner = outcome_of([&] {
        par::together(world(), [&] {
            par::together(world(), [&] {
                if (world().rank() == last) throw core::output_error("inner");
                world().barrier();
            });
            world().barrier();
        });
    });
    CHECK(inner.kind == static_cast<int>(ErrorKind::output));
    CHECK(inner.message == "inner" + (world().size() > 1 ? ranks_line(std::to_string(last)) : ""));
    const auto outer = outcome_of([&] {
        par::together(world(), [&] {
            if (world().rank() == last) throw core::output_error("outer");
            par::together(world(), [&] { world().barrier(); });
        });
    });
    CHECK_THAT(outer.message, Catch::StartsWith("outer"));
}

TEST_CASE("a failure in a split group reaches the others where they meet", "[mpi]") {
    const auto half = world().split(world().rank() % 2, 0);
    const auto outcome = outcome_of([&] {
        par::together(world(), [&] {
            par::together(half, [&] {
                if (world().rank() == 0) throw core::input_error("in one half");
                half.barrier();
            });
        });
    });
    CHECK(outcome.kind == static_cast<int>(ErrorKind::input));
    CHECK_THAT(outcome.message, Catch::StartsWith("in one half"));
}

TEST_CASE("a serial failure inside one rank's own work crosses too", "[mpi]") {
    const auto outcome = outcome_of([] {
        par::together(world(), [] {
            const par::Comm alone;
            if (world().rank() == 0) par::together(alone, [] { throw core::usage_error("alone"); });
            world().barrier();
        });
    });
    CHECK(outcome.kind == static_cast<int>(ErrorKind::usage));
}
