// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lvr::train {

/// The learning rate of each update: a line from 0 over the warm-up, then half a cosine to 0, as
/// transformers' get_cosine_schedule_with_warmup. The first update of a warm-up has the rate 0.
struct CosineSchedule {
    double peak = 1e-3;
    std::int64_t updates = 1;
    double warmup_share = 0.03;  ///< of the updates, rounded up

    std::int64_t warmup() const;
    /// @param update counted from 0
    double rate(std::int64_t update) const;
};

}  // namespace lvr::train
