// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <lvr/train/metrics.hpp>

namespace lvr::train {

/// What rank 0 knows of a stage, as one line for the log.
struct TrainingView {
    std::string name;  ///< "clip-l-336 finetune"; may be empty
    std::int64_t update = 0, updates = 0;
    double loss = 0;  ///< smoothed
    double learning_rate = 0, tokens_per_second = 0, mfu = 0, data_stall = 0;
    double seconds_per_update = 0;
};
std::string training_line(const TrainingView& view);

struct TrainingProgressSpec {
    std::string name;
    std::int64_t updates = 0;                   ///< of the whole stage
    std::chrono::milliseconds line_every = {};  ///< 0: 5 s if stderr is a terminal, else 30 s
};

/// The mean of all values so far, in which each counts less with every further one.
class DecayingMean {
  public:
    /// @param memory what is left of a value's weight after one more
    explicit DecayingMean(double memory) : memory_(memory) {}

    void add(double value);
    /// 0 before the first.
    double value() const { return weight_ > 0 ? sum_ / weight_ : 0; }

  private:
    double memory_, sum_ = 0, weight_ = 0;
};

/// Says on rank 0's log how a stage goes: at once for the first update of a run and the stage's last, else
/// every few seconds. Loss: exponential mean over about 20 updates; rates: of all updates since the last
/// line, the time left by those of about the last 100.
class TrainingProgress {
  public:
    explicit TrainingProgress(TrainingProgressSpec spec);

    /// @return whether a line was said
    bool add(const UpdateRecord& record, const TimingRecord& timing);

  private:
    using Clock = std::chrono::steady_clock;

    TrainingProgressSpec spec_;
    std::chrono::milliseconds line_every_;
    Clock::time_point next_line_;
    DecayingMean loss_, pace_;
    double seconds_ = 0, tokens_ = 0, flops_ = 0, stall_ = 0;  ///< since the last line
};

}  // namespace lvr::train
