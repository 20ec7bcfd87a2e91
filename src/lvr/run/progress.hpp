// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <lvr/par/work_queue.hpp>

namespace lvr::run {

/// What one rank has done since it started.
struct RankReport {
    std::int64_t items = 0;
    std::int64_t bytes = 0;  ///< written
    std::map<std::string, double>
        stage_seconds;  ///< waited for each stage, e.g. "decode", "compute", "write"

    friend bool operator==(const RankReport&, const RankReport&) = default;
};

/// What rank 0 knows of all ranks, as one line for the log.
struct ProgressView {
    std::int64_t items = 0, done_before = 0;
    std::string unit;
    double seconds = 0;  ///< since the start of this run
    int ranks = 1;
    RankReport done;  ///< of all ranks together, in this run
};
std::string progress_line(const ProgressView& view);

struct ProgressSpec {
    std::int64_t items = 0;        ///< all there are
    std::int64_t done_before = 0;  ///< by earlier runs
    std::string unit = "images";
    std::chrono::milliseconds line_every = {};  ///< 0: 5 s if stderr is a terminal, else 30 s
    std::chrono::milliseconds report_every = std::chrono::seconds(3);
    std::chrono::milliseconds silent_after = std::chrono::seconds(60);
};

/// Says on rank 0's log how far all ranks are: items done of all, items/s, time left, bytes written, the
/// share of the time that ranks wait for each stage; and names a rank that has been silent. Every rank has
/// one; a small thread on each tells rank 0, so a rank that computes for long does not look dead. Each member
/// may be called from any thread.
class Progress {
  public:
    explicit Progress(ProgressSpec spec) : spec_(std::move(spec)) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// This rank has done so much more.
    void add(std::int64_t items, std::int64_t bytes);
    /// This rank waited for a stage.
    void add_stage(const std::string& stage, double seconds);

    /// What this rank has done so far.
    RankReport done() const;

    /// While one of these lives, ranks report through the queue (whose on_report it takes), and rank 0
    /// speaks.
    class Reporting {
      public:
        Reporting(Progress& progress, par::WorkQueue& queue, const par::Comm& comm);
        ~Reporting();
        Reporting(const Reporting&) = delete;
        Reporting& operator=(const Reporting&) = delete;

        /// This rank's last report; it is not missed from now on.
        void close();
        /// Rank 0: the last line, once all reports are there (after the queue's `finish`).
        void say_end();

      private:
        struct State;
        std::unique_ptr<State> state_;
    };

  private:
    const ProgressSpec spec_;
    mutable std::mutex mutex_;
    RankReport done_;
};

}  // namespace lvr::run
