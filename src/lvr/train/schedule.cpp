// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lvr::train {

std::int64_t CosineSchedule::warmup() const {
    return static_cast<std::int64_t>(std::ceil(static_cast<double>(updates) * warmup_share));
}

double CosineSchedule::rate(std::int64_t update) const {
    const auto before = warmup();
    if (update < before) return peak * static_cast<double>(update) / static_cast<double>(before);
    const auto rest = static_cast<double>(std::max<std::int64_t>(1, updates - before));
    const double progress = static_cast<double>(update - before) / rest;
    return std::max(0.0, peak * 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

}  // namespace lvr::train
