// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/train/metrics.hpp>

namespace lvr::train {

struct LossWatchSpec {
    double deviations = 10;  ///< k: a loss above median + k deviations is too high; 0: no look-out for spikes
    std::int64_t window = 64;   ///< W: so many losses before it say what is normal
    std::int64_t patience = 3;  ///< so many in a row that are too high are a spike
};

/// Why training should stop: behind update `first` .. `last` (from 1) it went wrong.
struct Divergence {
    std::int64_t first = 0, last = 0;
    std::string problem;  ///< "update 12: the loss is nan"
};

/// Looks at each update's loss and gradient norm: what is not finite, and spikes of the loss. A loss is too
/// high if it is above m + k s, where m is the median of the last W losses that were not, and s the largest
/// of 1.4826 times their median absolute deviation from m (which is the standard deviation of normal noise,
/// and unmoved by single outliers) and 2 % of m (a curve that has become flat). Before W / 2 losses are known
/// nothing is too high. So a single bad batch does not stop a run; `patience` in a row do. Nothing is kept
/// but what the records say: a resumed run that is given them judges as one that was not interrupted.
class LossWatch {
  public:
    explicit LossWatch(const LossWatchSpec& spec) : spec_(spec) {}

    /// @return what to stop for
    std::optional<Divergence> look(const UpdateRecord& record);
    /// Those of before, on resume; nothing is judged.
    void recall(std::span<const UpdateRecord> records);

  private:
    std::optional<double> limit() const;
    bool take(double loss);  ///< @return whether it is too high

    LossWatchSpec spec_;
    std::deque<double> normal_;
    std::int64_t high_ = 0;  ///< in a row
};

struct SampleLoss {
    std::string sample;  ///< its name, for people
    double loss = 0;
};

/// The error to stop with: the problem, the update's samples with the worst losses (not finite ones first), a
/// remedy.
/// @param samples of update `divergence.last`; empty if they could not be found out
core::Error divergence_error(const Divergence& divergence, std::vector<SampleLoss> samples);

}  // namespace lvr::train
