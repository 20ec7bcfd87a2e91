// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/progress.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <thread>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/quantity.hpp>

namespace lvr::run {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string packed(const RankReport& report, bool is_last) {
    const core::Json json = {{"items", report.items},
                             {"bytes", report.bytes},
                             {"stages", report.stage_seconds},
                             {"last", is_last}};
    return json.dump();
}

struct Message {
    RankReport report;
    bool is_last = false;
};

Message unpacked(const std::string& bytes) {
    const core::Json json = core::Json::parse(bytes);
    Message message;
    json.at("items").get_to(message.report.items);
    json.at("bytes").get_to(message.report.bytes);
    json.at("stages").get_to(message.report.stage_seconds);
    json.at("last").get_to(message.is_last);
    return message;
}

void add_up(RankReport& sum, const RankReport& one) {
    sum.items += one.items;
    sum.bytes += one.bytes;
    for (const auto& [stage, seconds] : one.stage_seconds) sum.stage_seconds[stage] += seconds;
}

/// What rank 0 knows of one rank.
struct Known {
    RankReport report;
    Clock::time_point heard;
    bool is_done = false, is_missed = false;
};

}  // namespace

std::string progress_line(const ProgressView& view) {
    const std::int64_t done = view.done_before + view.done.items;
    std::string line = fmt::format("{} of {} {}", done, view.items, view.unit);
    if (view.items > 0) line += fmt::format(" ({} %)", 100 * done / view.items);
    const double rate = view.seconds > 0 ? static_cast<double>(view.done.items) / view.seconds : 0;
    line += fmt::format(", {:.1f} {}/s", rate, view.unit);
    if (rate > 0 && done < view.items)
        line += fmt::format(", {} left", core::duration_text(static_cast<double>(view.items - done) / rate));
    line += fmt::format(", {} written", core::bytes_text(static_cast<double>(view.done.bytes)));
    std::string stages;
    for (const auto& [stage, seconds] : view.done.stage_seconds) {
        const double share = view.seconds > 0 ? 100 * seconds / (view.seconds * view.ranks) : 0;
        stages += fmt::format("{}{} {:.0f} %", stages.empty() ? "" : ", ", stage, share);
    }
    return stages.empty() ? line : line + "; waiting for " + stages;
}

void Progress::add(std::int64_t items, std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    done_.items += items;
    done_.bytes += bytes;
}

void Progress::add_stage(const std::string& stage, double seconds) {
    const std::lock_guard lock(mutex_);
    done_.stage_seconds[stage] += seconds;
}

RankReport Progress::done() const {
    const std::lock_guard lock(mutex_);
    return done_;
}

struct Progress::Reporting::State {
    Progress& progress;
    const ProgressSpec& spec;
    par::WorkQueue& queue;
    const bool is_root;
    const RankReport before;  // what an earlier loop with this Progress has told already
    const Clock::time_point start = Clock::now();
    const milliseconds line_every;

    std::mutex mutex;
    std::condition_variable changed;
    bool ends = false;
    std::vector<Known> ranks;  // rank 0's
    Clock::time_point next_line;
    std::thread thread;

    State(Progress& of, par::WorkQueue& through, const par::Comm& comm)
        : progress(of),
          spec(of.spec_),
          queue(through),
          is_root(comm.rank() == 0),
          before(of.done()),
          line_every(spec.line_every.count() > 0 ? spec.line_every
                                                 : milliseconds(isatty(STDERR_FILENO) != 0 ? 5000 : 30000)),
          ranks(is_root ? static_cast<std::size_t>(comm.size()) : 0, Known{{}, start}),
          next_line(start + line_every) {}

    void hear(int rank, const std::string& bytes) {
        const Message message = unpacked(bytes);
        const std::lock_guard lock(mutex);
        Known& known = ranks.at(static_cast<std::size_t>(rank));
        known.report = message.report;
        known.heard = Clock::now();
        known.is_done = message.is_last;
        if (known.is_missed) core::info("rank {} speaks again", rank);
        known.is_missed = false;
    }

    void look_for_silent() {
        if (!queue.carries_reports()) return;
        const std::lock_guard lock(mutex);
        for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
            Known& known = ranks[rank];
            const auto silence = Clock::now() - known.heard;
            if (known.is_done || known.is_missed || silence < spec.silent_after) continue;
            known.is_missed = true;
            core::warn("rank {} has been silent for {:.0f} s", rank,
                       std::chrono::duration<double>(silence).count());
        }
    }

    void say() {
        ProgressView view{spec.items, spec.done_before + before.items, spec.unit};
        {
            const std::lock_guard lock(mutex);
            view.seconds = std::chrono::duration<double>(Clock::now() - start).count();
            view.ranks = static_cast<int>(ranks.size());
            for (const auto& known : ranks) add_up(view.done, known.report);
        }
        core::info("{}", progress_line(view));
    }

    RankReport mine() const {
        RankReport now = progress.done();
        now.items -= before.items;
        now.bytes -= before.bytes;
        for (const auto& [stage, seconds] : before.stage_seconds) now.stage_seconds[stage] -= seconds;
        return now;
    }

    void run() {
        const milliseconds nap = std::min(spec.report_every, is_root ? line_every : spec.report_every);
        std::unique_lock lock(mutex);
        while (!changed.wait_for(lock, nap, [&] { return ends; })) {
            lock.unlock();
            queue.report(packed(mine(), false));
            if (is_root) {
                look_for_silent();
                if (Clock::now() >= next_line) {
                    say();
                    next_line += line_every;
                }
            }
            lock.lock();
        }
    }

    /// One of our own must not end the process.
    void run_quietly() {
        try {
            run();
        } catch (const std::exception& error) {
            core::warn("no more progress is reported: {}", error.what());
        }
    }

    void end_thread() {
        {
            const std::lock_guard lock(mutex);
            ends = true;
        }
        changed.notify_all();
        if (thread.joinable()) thread.join();
    }
};

Progress::Reporting::Reporting(Progress& progress, par::WorkQueue& queue, const par::Comm& comm)
    : state_(std::make_unique<State>(progress, queue, comm)) {
    State* const state = state_.get();
    if (state->is_root)
        queue.on_report([state](int rank, const std::string& bytes) { state->hear(rank, bytes); });
    state->thread = std::thread([state] { state->run_quietly(); });
}

Progress::Reporting::~Reporting() {
    state_->end_thread();
    if (state_->is_root) state_->queue.on_report({});
}

void Progress::Reporting::close() {
    if (!state_->is_root) state_->end_thread();  // rank 0 goes on listening
    state_->queue.report(packed(state_->mine(), true));
}

void Progress::Reporting::say_end() {
    state_->end_thread();
    if (state_->is_root) state_->say();
}

}  // namespace lvr::run
