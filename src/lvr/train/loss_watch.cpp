// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/loss_watch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lvr::train {
namespace {

constexpr double k_normal =
    1.4826;  // a normal distribution's standard deviation in median absolute deviations
constexpr double k_flattest = 0.02;  // of the median: deviations of a curve without noise
constexpr std::size_t k_most_named = 8;

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

std::string not_finite(const UpdateRecord& record) {
    if (!std::isfinite(record.loss))
        return fmt::format("update {}: the loss is not finite ({})", record.update, record.loss);
    return fmt::format("update {}: the gradient's norm is not finite ({}), though the loss is {:.4g}",
                       record.update, record.gradient_norm, record.loss);
}

/// Worst first; what is not finite is worse than any number.
bool is_worse(const SampleLoss& a, const SampleLoss& b) {
    const bool a_is_finite = std::isfinite(a.loss), b_is_finite = std::isfinite(b.loss);
    if (a_is_finite != b_is_finite) return b_is_finite;
    return a_is_finite && a.loss > b.loss;
}

}  // namespace

std::optional<double> LossWatch::limit() const {
    const auto enough = std::max<std::int64_t>(spec_.window / 2, 1);
    if (spec_.deviations <= 0 || static_cast<std::int64_t>(normal_.size()) < enough) return std::nullopt;
    std::vector<double> values(normal_.begin(), normal_.end());
    const double middle = median(values);
    for (auto& value : values) value = std::abs(value - middle);
    return middle +
           spec_.deviations * std::max(k_normal * median(std::move(values)), k_flattest * std::abs(middle));
}

bool LossWatch::take(double loss) {
    const auto most = limit();
    if (most && loss > *most) {
        ++high_;
        return true;
    }
    high_ = 0;
    normal_.push_back(loss);
    if (static_cast<std::int64_t>(normal_.size()) > spec_.window) normal_.pop_front();
    return false;
}

std::optional<Divergence> LossWatch::look(const UpdateRecord& record) {
    if (!std::isfinite(record.loss) || !std::isfinite(record.gradient_norm))
        return Divergence{record.update, record.update, not_finite(record)};
    if (record.labels == 0 || !take(record.loss) || high_ < std::max<std::int64_t>(spec_.patience, 1))
        return std::nullopt;
    return Divergence{
        record.update - high_ + 1, record.update,
        fmt::format(
            "update {}: the loss is {:.4g}, {} in a row now above {:.4g}, which is {:g} robust deviations "
            "over the median of the {} before",
            record.update, record.loss, high_, *limit(), spec_.deviations, normal_.size())};
}

void LossWatch::recall(std::span<const UpdateRecord> records) {
    for (const auto& record : records)
        if (std::isfinite(record.loss) && record.labels > 0) take(record.loss);
}

core::Error divergence_error(const Divergence& divergence, std::vector<SampleLoss> samples) {
    std::stable_sort(samples.begin(), samples.end(), is_worse);
    std::string named;
    for (std::size_t i = 0; i < std::min(samples.size(), k_most_named); ++i)
        named += fmt::format("{}{} (loss {:.4g})", i == 0 ? "" : ", ", samples[i].sample, samples[i].loss);
    if (samples.size() > k_most_named) named += fmt::format(" and {} more", samples.size() - k_most_named);
    return core::input_error(
        "training went wrong: " + divergence.problem,
        named.empty() ? "what is trained further would be lost time" : "worst of its samples: " + named,
        "look at these samples; train anew in another folder without bad ones, with a lower learning rate or "
        "--clip-norm 1; or, if it may pass, go on from the last checkpoint with --spike 0");
}

}  // namespace lvr::train
