// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <analysis/law/law_fit.hpp>

namespace lvr::analysis {

/// What columns that know nothing reach: the yardstick for R2 in sample.
struct RandomBaseline {
    std::optional<double>
        expected;  ///< exact p / (n - 1), if the columns are drawn from a continuous distribution
    std::optional<double> mean;        ///< over the draws
    std::optional<Interval> interval;  ///< of one draw
    std::int64_t draws = 0;            ///< fewer than asked for on a large table
};

struct Baselines {
    RandomBaseline random_linear;     ///< one uniform column
    RandomBaseline random_quadratic;  ///< two uniform columns, degree 2
    RandomBaseline a_random;          ///< the paper's `Ar`: a and one uniform column, degree 2
};

/// @param draws seeded draws of each; with 0 only the exact expectations @return absent if y is constant or n
/// < 2
std::optional<Baselines> random_baselines(const Problem& problem, std::int64_t draws,
                                          const FitChoice& choice);

/// Does C add anything out of sample to A alone? Leave-one-out squared errors of the A and the AC quadratic,
/// paired.
struct Contribution {
    std::optional<double> gain;  ///< leave-one-out R2 of AC minus that of A
    std::optional<Interval>
        interval;            ///< bootstrap over rows of the paired squared errors, models not refitted
    std::int64_t draws = 0;  ///< behind the interval
};

Contribution contribution_of_c(const Problem& problem, const LawFit& a_only, const LawFit& ac,
                               const FitChoice& choice);

}  // namespace lvr::analysis
