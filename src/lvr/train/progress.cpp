// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/progress.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <utility>

#include <lvr/core/log.hpp>
#include <lvr/core/quantity.hpp>

namespace lvr::train {
namespace {

constexpr double k_loss_memory = 1 - 1.0 / 20,
                 k_pace_memory = 1 - 1.0 / 100;  // of exponential means, per update

std::string per_second(double tokens) {
    if (tokens >= 1e5) return fmt::format("{:.0f}k tokens/s", tokens / 1e3);
    if (tokens >= 1e3) return fmt::format("{:.1f}k tokens/s", tokens / 1e3);
    return fmt::format("{:.0f} tokens/s", tokens);
}

}  // namespace

std::string training_line(const TrainingView& view) {
    std::string line = view.name.empty() ? "" : view.name + ": ";
    line += fmt::format("update {} of {}", view.update, view.updates);
    if (view.updates > 0) line += fmt::format(" ({} %)", 100 * view.update / view.updates);
    line += fmt::format(", loss {:.4f}, lr {:.3g}, {}", view.loss, view.learning_rate,
                        per_second(view.tokens_per_second));
    if (std::isfinite(view.mfu)) line += fmt::format(", MFU {:.1f} %", 100 * view.mfu);
    line += fmt::format(", waiting for data {:.0f} %", 100 * view.data_stall);
    if (view.update < view.updates)
        line += fmt::format(
            ", {} left",
            core::duration_text(view.seconds_per_update * static_cast<double>(view.updates - view.update)));
    return line;
}

void DecayingMean::add(double value) {
    sum_ = memory_ * sum_ + value;
    weight_ = memory_ * weight_ + 1;
}

TrainingProgress::TrainingProgress(TrainingProgressSpec spec)
    : spec_(std::move(spec)),
      line_every_(spec_.line_every.count() > 0
                      ? spec_.line_every
                      : std::chrono::milliseconds(isatty(STDERR_FILENO) != 0 ? 5000 : 30000)),
      next_line_(Clock::now()),
      loss_(k_loss_memory),
      pace_(k_pace_memory) {}

bool TrainingProgress::add(const UpdateRecord& record, const TimingRecord& timing) {
    if (std::isfinite(record.loss) && record.labels > 0) loss_.add(record.loss);
    pace_.add(timing.seconds);
    seconds_ += timing.seconds;
    tokens_ += timing.tokens_per_second * timing.seconds;
    flops_ += timing.mfu * timing.seconds;
    stall_ += timing.data_stall * timing.seconds;
    const auto now = Clock::now();
    if (now < next_line_ && record.update < spec_.updates) return false;
    next_line_ = now + line_every_;
    const double seconds = seconds_ > 0 ? seconds_ : 1;
    core::info("{}", training_line({.name = spec_.name,
                                    .update = record.update,
                                    .updates = spec_.updates,
                                    .loss = loss_.value(),
                                    .learning_rate = record.learning_rate,
                                    .tokens_per_second = tokens_ / seconds,
                                    .mfu = flops_ / seconds,
                                    .data_stall = stall_ / seconds,
                                    .seconds_per_update = pace_.value()}));
    seconds_ = tokens_ = flops_ = stall_ = 0;
    return true;
}

}  // namespace lvr::train
