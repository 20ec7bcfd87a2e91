// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <lvr/par/work_queue.hpp>

namespace lvr::run {

/// What one rank has done since it started.
struct RankReport {
    std::int64_t items = 0;
    std::int64_t bytes = 0;  ///< written
    std::map<std::string, double>
        stage_seconds;  ///< waited for each stage, e.g. "decode", "compute", "write"

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& items& bytes& stage_seconds;
    }
    friend bool operator==(const RankReport&, const RankReport&) = default;
};

std::string packed(const RankReport& report);
/// @throws Error (internal) if these bytes are none
RankReport unpacked_report(const std::string& bytes);

struct ProgressSpec {
    std::int64_t items = 0;        ///< all there are
    std::int64_t done_before = 0;  ///< by earlier runs
    std::string unit = "images";
    std::chrono::milliseconds line_every = {};  ///< 0: 10 s if stderr is a terminal, else 30 s
    std::chrono::milliseconds report_every = std::chrono::seconds(3);
    std::chrono::milliseconds silent_after = std::chrono::seconds(60);
};

/// Says on rank 0's log how far all ranks are: items done of all, items/s, time left, bytes written, the
/// share of the time that ranks wait for each stage; and names a rank that has been silent. Every rank has
/// one; a small thread on each tells rank 0, so a rank that computes for long does not look dead. Each member
/// may be called from any thread.
class Progress {
  public:
    explicit Progress(ProgressSpec spec);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// This rank has done so much more.
    void add(std::int64_t items, std::int64_t bytes);
    /// This rank waited for a stage.
    void add_stage(const std::string& stage, double seconds);

    /// While one of these lives, ranks report through the queue (whose on_report it takes), and rank 0
    /// speaks.
    class Reporting {
      public:
        Reporting(Progress& progress, par::WorkQueue& queue, const par::Comm& comm);
        /// Sends the last report; rank 0 says its last line when `finish` of the queue has brought all of
        /// them.
        ~Reporting();
        Reporting(const Reporting&) = delete;
        Reporting& operator=(const Reporting&) = delete;

      private:
        struct State;
        std::unique_ptr<State> state_;
    };

  private:
    friend class Reporting;
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace lvr::run
