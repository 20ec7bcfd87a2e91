// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <analysis/law/baselines.hpp>
#include <analysis/law/fit_config.hpp>
#include <analysis/law/law_fit.hpp>
#include <analysis/law/table.hpp>

namespace lvr::analysis {

struct RidgeFit {
    double penalty = 0;
    LawFit fit;  ///< AC quadratic
};

/// Everything that is said of one benchmark.
struct BenchmarkLaw {
    Problem problem;
    std::vector<LawFit> fits;  ///< in the order of all_forms(); empty with fewer than two measured rows
    std::vector<RidgeFit> ridge;
    std::optional<Baselines> baselines;
    Contribution c_adds;
    std::string finding;  ///< one plain sentence: what the data support

    const LawFit* fit(const LawForm& form) const;  ///< null if there is none
};

/// Means over a group's benchmarks; absent where one of them has no such figure, so that all means of a group
/// are over the same benchmarks.
struct GroupFit {
    std::optional<double> r2, adjusted_r2, mse, loo_r2, lofo_r2;
    bool underdetermined = false;  ///< one of the fits is
};

/// Means of the baselines' R2.
struct GroupBaselines {
    std::optional<double> random_linear, random_quadratic;  ///< exact expectations
    std::optional<double> a_random;                         ///< over the draws
};

struct GroupLaw {
    std::string name;
    std::vector<std::string> benchmarks;  ///< those present whose R2 is defined
    std::vector<GroupFit> fits;           ///< in the order of all_forms()
    GroupBaselines baselines;
};

struct Law {
    std::vector<BenchmarkLaw> benchmarks;
    std::vector<GroupLaw> groups;
    double level = 0.95;  ///< of every interval
};

/// Fits the law in every form to every benchmark. Cheap (a second for eight benchmarks), so every rank does
/// all of it.
/// @throws Error (input) if no benchmark has two measured rows; (usage) for a group that the table lacks
Law fit_all(const Table& table, const FitConfig& config, const std::string& source);

/// What the data say, in one sentence, e.g. whether C adds anything out of sample to A alone.
std::string finding_of(const BenchmarkLaw& law, double level);

}  // namespace lvr::analysis
