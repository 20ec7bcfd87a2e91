// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/uncertainty.hpp>

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/tasks/group_numbers.hpp>

namespace lvr::tasks {
namespace {

constexpr double k_unknown = std::numeric_limits<double>::quiet_NaN();

struct Stratum {
    std::int64_t units = 0, clusters = 0;
    double sum = 0;
    double mean() const { return sum / static_cast<double>(units); }
    /// Of a residual in the sum of means, with the correction for the mean having been estimated.
    double weight() const {
        const auto count = static_cast<double>(clusters);
        return std::sqrt(count / (count - 1)) / static_cast<double>(units);
    }
};

/// The units' strata and clusters by number.
struct Layout {
    explicit Layout(std::span<const ScoreUnit> units) {
        GroupNumbers names(units.size()), clusters(units.size());
        stratum_of.reserve(units.size());
        cluster_of.reserve(units.size());
        for (const auto& unit : units) {
            stratum_of.push_back(names.number_of(unit.stratum));
            cluster_of.push_back(clusters.number_of(unit.cluster));
            if (stratum_of.back() == strata.size()) strata.emplace_back();
            ++strata[stratum_of.back()].units;
            strata[stratum_of.back()].sum += unit.value;
        }
        cluster_count = clusters.size();
        count_clusters();
    }

    /// A cluster counts in each stratum that it reaches.
    void count_clusters() {
        if (strata.size() == 1) {
            strata[0].clusters = static_cast<std::int64_t>(cluster_count);
            return;
        }
        std::vector<std::pair<std::size_t, std::size_t>> reached;
        for (std::size_t i = 0; i < stratum_of.size(); ++i)
            reached.emplace_back(stratum_of[i], cluster_of[i]);
        std::sort(reached.begin(), reached.end());
        reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
        for (const auto& [stratum, cluster] : reached) ++strata[stratum].clusters;
    }

    std::vector<std::size_t> stratum_of, cluster_of;
    std::vector<Stratum> strata;
    std::size_t cluster_count = 0;
};

double sum_of_means(const Layout& layout) {
    core::ensure(!layout.strata.empty(), "a score has units");
    double sum = 0;
    for (const auto& stratum : layout.strata) sum += stratum.mean();
    return sum;
}

double standard_error(const Layout& layout, std::span<const ScoreUnit> units) {
    std::vector<double> means, weights;
    for (const auto& stratum : layout.strata) {
        if (stratum.clusters < 2) return k_unknown;
        means.push_back(stratum.mean());
        weights.push_back(stratum.weight());
    }
    std::vector<double> sums(layout.cluster_count, 0);
    for (std::size_t i = 0; i < units.size(); ++i) {
        const std::size_t stratum = layout.stratum_of[i];
        sums[layout.cluster_of[i]] += weights[stratum] * (units[i].value - means[stratum]);
    }
    double squares = 0;
    for (const double sum : sums) squares += sum * sum;
    return std::sqrt(squares);
}

[[noreturn]] void refuse_difference(const std::vector<std::string>& names, const std::string& what) {
    throw core::input_error(
        fmt::format("two sets of answers cannot be compared: {}: {}", what, core::name_list(names)),
        "a paired comparison is between answers to the same questions",
        "answer the same questions of the same data with both models");
}

using UnitsById = std::unordered_map<std::string_view, const ScoreUnit*>;

UnitsById by_id(const Score& score) {
    UnitsById units;
    units.reserve(score.units.size());
    std::vector<std::string> doubled;
    for (const auto& unit : score.units) {
        if (!units.try_emplace(unit.id, &unit).second) doubled.push_back(unit.id);
    }
    if (!doubled.empty()) refuse_difference(doubled, "units that one of them has twice");
    return units;
}

/// @throws core::Error (input) if the units are not the same ones
std::vector<ScoreUnit> differences(const Score& first, const Score& second) {
    const UnitsById others = by_id(second), own = by_id(first);
    std::vector<std::string> missing, moved;
    std::vector<ScoreUnit> units;
    for (const auto& unit : first.units) {
        const auto other = others.find(unit.id);
        if (other == others.end()) {
            missing.push_back(unit.id);
        } else if (other->second->stratum != unit.stratum || other->second->cluster != unit.cluster) {
            moved.push_back(unit.id);
        } else {
            units.push_back(unit);
            units.back().value -= other->second->value;
        }
    }
    for (const auto& unit : second.units) {
        if (!own.contains(unit.id)) missing.push_back(unit.id);
    }
    if (!missing.empty()) refuse_difference(missing, "units that only one of them has");
    if (!moved.empty()) refuse_difference(moved, "units of another category or picture in one of them");
    return units;
}

}  // namespace

double sum_of_means(std::span<const ScoreUnit> units) { return sum_of_means(Layout(units)); }

double standard_error(std::span<const ScoreUnit> units) { return standard_error(Layout(units), units); }

Comparison compare(const Score& first, const Score& second, double confidence) {
    core::ensure(confidence > 0 && confidence < 1, "a confidence is between 0 and 1");
    const auto units = differences(first, second);
    const Layout layout(units);
    Comparison result;
    result.difference = sum_of_means(layout);
    result.standard_error = standard_error(layout, units);
    result.confidence = confidence;
    result.units = static_cast<std::int64_t>(units.size());
    result.clusters = static_cast<std::int64_t>(layout.cluster_count);
    for (const auto& unit : units) result.differing += unit.value != 0 ? 1 : 0;
    const auto freedom =
        static_cast<double>(layout.cluster_count) - static_cast<double>(layout.strata.size());
    // Where all differ alike nothing is known of how they vary.
    const bool is_constant = result.standard_error == 0 && result.difference != 0;
    if (!std::isfinite(result.standard_error) || freedom < 1 || is_constant) {
        result.low = result.high = result.p_value = result.standard_error = k_unknown;
        return result;
    }
    const boost::math::students_t distribution(freedom);
    const double reach = result.standard_error * boost::math::quantile(distribution, (1 + confidence) / 2);
    result.low = result.difference - reach;
    result.high = result.difference + reach;
    if (result.standard_error > 0) {
        const double t = std::abs(result.difference) / result.standard_error;
        result.p_value = 2 * boost::math::cdf(boost::math::complement(distribution, t));
    } else {
        result.p_value = 1;
    }
    return result;
}

void settle(Score& score) {
    if (score.units.empty()) {
        throw core::input_error("none of the answers counts for the benchmark's score",
                                "there is nothing to be averaged",
                                "answer questions that the benchmark scores");
    }
    const Layout layout(score.units);
    score.reported = sum_of_means(layout);
    score.standard_error = standard_error(layout, score.units);
}

}  // namespace lvr::tasks
