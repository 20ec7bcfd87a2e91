// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/shard_loop.hpp>

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/par/together.hpp>
#include <lvr/par/work_queue.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::run {
namespace {

using Work = std::function<void(std::int64_t)>;

void expect_held(const ShardLoop& loop) {
    for (const ShardFolder* folder : loop.folders) folder->expect_held();
}

/// What became of one rank's part of the loop.
struct Outcome {
    std::int64_t done = 0;
    bool is_interrupted = false;
};

/// @throws what `work` throws, unless it says that a signal came
Outcome work_through(par::WorkQueue& queue, const Work& work, const ShardLoop& loop) {
    Outcome outcome;
    try {
        for (;;) {
            stop_if_requested();
            expect_held(loop);
            const auto shard = queue.next();
            if (!shard) {
                if (loop.drain && !queue.is_stopped()) loop.drain();
                return outcome;
            }
            work(*shard);
            ++outcome.done;
        }
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::interrupted) throw;
        queue.stop();
        outcome.is_interrupted = true;
    }
    return outcome;
}

Outcome run_here(const par::Comm& comm, std::vector<std::int64_t> missing, const Work& work,
                 const ShardLoop& loop) {
    par::WorkQueue queue(comm, std::move(missing));
    std::optional<Progress::Reporting> reporting;
    if (loop.progress != nullptr) reporting.emplace(*loop.progress, queue, comm);
    const Outcome outcome = work_through(queue, work, loop);
    if (reporting) reporting->close();
    queue.finish();
    if (reporting) reporting->say_end();
    expect_held(loop);
    return outcome;
}

}  // namespace

void for_each_shard(const par::Comm& comm, std::vector<std::int64_t> missing, const Work& work,
                    const ShardLoop& loop) {
    std::int64_t count = static_cast<std::int64_t>(missing.size());
    comm.broadcast(count);
    const Outcome mine = par::together(comm, [&] { return run_here(comm, std::move(missing), work, loop); });
    std::array<std::int64_t, 2> all = {mine.done, mine.is_interrupted ? 1 : 0};
    comm.sum(std::span<std::int64_t>(all));
    const auto& [done, interrupted] = all;
    const bool all_done = done == count && !loop.drain;  // what was begun may have been abandoned
    if (interrupted == 0 || all_done) return;
    throw core::Error(core::ErrorKind::interrupted, "stopped by a signal", "the work is not finished",
                      "start the same command again: it does what is missing");
}

}  // namespace lvr::run
