// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include <lvr/core/rng.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/score/pck.hpp>

namespace lvr::score {
namespace {

/// The figure of a sample in which each pair counts `weight` times.
class Weighted {
  public:
    Weighted(const Pck& pck, const PckRule& rule) : pck_(pck), rule_(rule) {}

    void add(std::size_t pair, double weight) {
        const auto& one = pck_.pairs[pair];
        const auto right = static_cast<double>(one.right[0]), points = static_cast<double>(one.points);
        sum_ += weight * (rule_.is_per_keypoint ? right : right / points);
        weights_ += weight * (rule_.is_per_keypoint ? points : 1);
    }
    bool is_empty() const { return weights_ == 0; }
    double value() const { return sum_ / weights_; }

  private:
    const Pck& pck_;
    const PckRule& rule_;
    double sum_ = 0, weights_ = 0;
};

/// Between the two nearest of the sorted values, in proportion.
double quantile(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval interval_of(std::vector<double> values) {
    if (values.size() < 2) return {std::nan(""), std::nan(""), std::nan("")};
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    std::ranges::sort(values);
    return {std::sqrt(squares / static_cast<double>(values.size() - 1)), quantile(values, 0.025),
            quantile(values, 0.975)};
}

}  // namespace

Interval bootstrap_over_pairs(const Pck& pck, const PckRule& rule, std::int64_t resamples,
                              std::uint64_t seed) {
    std::vector<double> values;
    for (std::int64_t draw = 0; draw < resamples; ++draw) {
        run::stop_if_requested();
        core::KeyedRng rng(seed, {"correspond", "pairs"}, static_cast<std::uint64_t>(draw));
        Weighted sample(pck, rule);
        for (std::size_t i = 0; i < pck.pairs.size(); ++i) sample.add(rng.below(pck.pairs.size()), 1);
        values.push_back(sample.value());
    }
    return interval_of(std::move(values));
}

Interval bootstrap_over_images(const data::Spair& spair, const Pck& pck, const PckRule& rule,
                               std::int64_t resamples, std::uint64_t seed) {
    std::vector<double> values;
    for (std::int64_t draw = 0; draw < resamples; ++draw) {
        run::stop_if_requested();
        core::KeyedRng rng(seed, {"correspond", "images"}, static_cast<std::uint64_t>(draw));
        std::vector<std::vector<double>> times;
        for (const auto& category : spair.categories) {
            auto& drawn = times.emplace_back(category.images.size());
            for (std::size_t i = 0; i < drawn.size(); ++i) drawn[rng.below(drawn.size())] += 1;
        }
        Weighted sample(pck, rule);
        for (std::size_t i = 0; i < pck.pairs.size(); ++i) {
            const auto& pair = pck.pairs[i];
            sample.add(i, times[pair.category][pair.source] * times[pair.category][pair.target]);
        }
        if (!sample.is_empty()) values.push_back(sample.value());
    }
    return interval_of(std::move(values));
}

}  // namespace lvr::score
