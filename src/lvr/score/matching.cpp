// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/matching.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::score {
namespace {

using kernels::rounded_to_bfloat16;

/// Patches [first, last] of one axis about the peak.
struct Reach {
    std::int64_t first = 0, last = 0;
    std::int64_t size() const { return last - first + 1; }
};

Reach reach(std::int64_t peak, std::int64_t window, std::int64_t patches) {
    if (window == 0 || window >= patches) return {0, patches - 1};
    return {std::max<std::int64_t>(peak - window, 0), std::min(peak + window, patches - 1)};
}

/// Sums of the softmax over rows and columns, in double; outside of the window every similarity is 0, so all
/// that lies there has one weight.
struct Marginals {
    std::vector<double> columns, rows;

    Marginals(std::span<const float> similarities, Grid grid, Reach x, Reach y, double temperature)
        : columns(static_cast<std::size_t>(grid.columns)), rows(static_cast<std::size_t>(grid.rows)) {
        const bool has_outside = x.size() * y.size() < grid.size();
        float peak = has_outside ? 0.0F : -std::numeric_limits<float>::infinity();
        for (std::int64_t row = y.first; row <= y.last; ++row)
            for (std::int64_t column = x.first; column <= x.last; ++column)
                peak = std::max(peak, similarities[row * grid.columns + column]);
        const double outside = std::exp(-static_cast<double>(peak) / temperature);
        for (std::int64_t row = y.first; row <= y.last; ++row) {
            for (std::int64_t column = x.first; column <= x.last; ++column) {
                const float below = similarities[row * grid.columns + column] - peak;
                const double weight = std::exp(static_cast<double>(below) / temperature);
                columns[column] += weight;
                rows[row] += weight;
            }
        }
        if (!has_outside) return;
        for (std::int64_t c = 0; c < grid.columns; ++c)
            columns[c] +=
                outside * static_cast<double>(grid.rows - (c < x.first || c > x.last ? 0 : y.size()));
        for (std::int64_t r = 0; r < grid.rows; ++r)
            rows[r] +=
                outside * static_cast<double>(grid.columns - (r < y.first || r > y.last ? 0 : x.size()));
    }
};

double mean_place(const std::vector<double>& weights) {
    double sum = 0, moment = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        sum += weights[i];
        moment += weights[i] * static_cast<double>(i);
    }
    return moment / sum;
}

/// The expected number on an axis whose places run from -1 to 1 in float32, from weights in bfloat16.
double mean_place_bfloat16(const std::vector<double>& weights) {
    const auto count = static_cast<double>(weights.size());
    float mean = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double place = count > 1 ? -1 + 2 * static_cast<double>(i) / (count - 1) : -1;
        mean += rounded_to_bfloat16(static_cast<float>(weights[i])) * static_cast<float>(place);
    }
    const float number = (mean + 1) * static_cast<float>(count - 1) / 2;
    return std::clamp(number, 0.0F, static_cast<float>(count - 1));
}

PatchPlace soft_place_bfloat16(std::span<const float> similarities, Grid grid, Reach x, Reach y,
                               float temperature) {
    const auto kept = [&](std::int64_t row, std::int64_t column) {
        const bool is_inside = column >= x.first && column <= x.last && row >= y.first && row <= y.last;
        return is_inside ? similarities[row * grid.columns + column] : 0.0F;
    };
    float peak = -std::numeric_limits<float>::infinity();
    for (std::int64_t row = 0; row < grid.rows; ++row)
        for (std::int64_t column = 0; column < grid.columns; ++column)
            peak = std::max(peak, kept(row, column));
    std::vector<float> weights(static_cast<std::size_t>(grid.size()));
    double sum = 0;
    for (std::int64_t row = 0; row < grid.rows; ++row) {
        for (std::int64_t column = 0; column < grid.columns; ++column) {
            const float below = rounded_to_bfloat16(kept(row, column) - peak);
            const float scaled = rounded_to_bfloat16(below / temperature);
            weights[row * grid.columns + column] = rounded_to_bfloat16(std::exp(scaled));
            sum += weights[row * grid.columns + column];
        }
    }
    const float total = rounded_to_bfloat16(static_cast<float>(sum));
    std::vector<double> columns(static_cast<std::size_t>(grid.columns)),
        rows(static_cast<std::size_t>(grid.rows));
    for (std::int64_t row = 0; row < grid.rows; ++row) {
        for (std::int64_t column = 0; column < grid.columns; ++column) {
            const double share = rounded_to_bfloat16(weights[row * grid.columns + column] / total);
            columns[column] += share;
            rows[row] += share;
        }
    }
    return {mean_place_bfloat16(columns), mean_place_bfloat16(rows)};
}

}  // namespace

PatchPlace best_place(std::span<const float> similarities, Grid grid, const MatchRule& rule) {
    const auto peak = std::ranges::max_element(similarities) - similarities.begin();  // the first of equals
    const std::int64_t column = peak % grid.columns, row = peak / grid.columns;
    if (!rule.soft) return {static_cast<double>(column), static_cast<double>(row)};
    const Reach x = reach(column, rule.window, grid.columns), y = reach(row, rule.window, grid.rows);
    const auto temperature = static_cast<float>(rule.temperature);
    if (rule.arithmetic == Arithmetic::bfloat16)
        return soft_place_bfloat16(similarities, grid, x, y, temperature);
    if (rule.arithmetic == Arithmetic::bfloat16_torch1)
        return soft_place_bfloat16(similarities, grid, x, y, rounded_to_bfloat16(temperature));
    const Marginals marginals(similarities, grid, x, y, rule.temperature);
    return {mean_place(marginals.columns), mean_place(marginals.rows)};
}

}  // namespace lvr::score
