// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::train {

/// What an update was: the same in every run. A value that is not finite is null in the file and NaN when
/// read.
struct UpdateRecord {
    std::int64_t update = 0;  ///< from 1
    double loss = 0, learning_rate = 0;
    double gradient_norm = 0;  ///< before clipping
    std::int64_t samples = 0;  ///< learned from
    std::int64_t tokens = 0;   ///< positions behind the splice, padding not counted
    std::int64_t labels = 0;   ///< learned
    std::int64_t bad = 0;      ///< samples dropped when they were read
};

/// How long it took: another in every run.
struct TimingRecord {
    std::int64_t update = 0;  ///< from 1
    double seconds = 0, tokens_per_second = 0;
    double mfu = 0;         ///< share of the peak, 0 to 1; NaN if there is no peak
    double data_stall = 0;  ///< share of the time that the loop waited for data, 0 to 1
    std::int64_t gpus = 0;  ///< that computed it, of all ranks; 0: CPUs did
};

/// Rank 0's record of a stage, FOLDER/metrics.jsonl and FOLDER/timing.jsonl: a line for each update, written
/// as soon as it is known.
class MetricsLog {
  public:
    /// Opens both files to go on behind an update: lines of later ones and what a killed job left of a last
    /// line are dropped, all else stays bit for bit. Lines that are missing (a lost file) cost a warning: the
    /// training is whole without them.
    /// @param keep_through 0: anew
    /// @throws Error (input) naming file and line for one that is damaged or out of order; (output) if a file
    /// cannot be written
    MetricsLog(const std::filesystem::path& folder, std::int64_t keep_through);

    /// @throws Error (output) naming the file, e.g. for a full disk
    void add(const UpdateRecord& record);
    void add(const TimingRecord& record);

    /// Those kept and those added, in order.
    const std::vector<UpdateRecord>& updates() const { return updates_; }

    /// Writes FOLDER/metrics.h5: schema "lvr.metrics", version 1; a dataset for each field of UpdateRecord.
    /// Equal records and provenance give equal bytes. @throws Error (output)
    void finish(const core::Json& provenance) const;

  private:
    std::filesystem::path folder_;
    std::vector<UpdateRecord> updates_;
    std::ofstream update_lines_, timing_lines_;
};

struct Metrics {
    std::vector<UpdateRecord> updates;
    std::vector<TimingRecord> timing;
};

/// Of a stage's folder, also one that is being written: a last line that is cut off is left out, a file that
/// is missing is empty. @throws Error (input) naming file and line for one that is damaged
Metrics read_metrics(const std::filesystem::path& folder);

/// GPU hours of a stage as its timing.jsonl has them: what it took, loading and evaluation not counted.
/// @return NaN if that does not say, or CPUs took part
double gpu_hours(const Metrics& metrics);

}  // namespace lvr::train
