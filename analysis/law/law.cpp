// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/law.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::analysis {
namespace {

FitChoice fit_choice(const FitConfig& config, double ridge = 0) {
    return {ridge, config.seed, config.bootstrap, config.permutations, config.level};
}

/// Mean of a figure over items; absent if there are none or one of them has no such figure.
template <class Item, class Figure>
std::optional<double> mean_over(const std::vector<const Item*>& items, Figure figure) {
    double sum = 0;
    for (const auto* item : items) {
        const std::optional<double> value = figure(*item);
        if (!value) return std::nullopt;
        sum += *value;
    }
    return items.empty() ? std::nullopt : std::optional<double>(sum / static_cast<double>(items.size()));
}

GroupFit mean_fit(const std::vector<const LawFit*>& fits) {
    return {mean_over(fits, [](const LawFit& f) { return f.r2; }),
            mean_over(fits, [](const LawFit& f) { return f.adjusted_r2; }),
            mean_over(fits, [](const LawFit& f) { return f.mse; }),
            mean_over(fits, [](const LawFit& f) { return f.loo_r2; }),
            mean_over(fits, [](const LawFit& f) { return f.lofo_r2; }),
            std::any_of(fits.begin(), fits.end(), [](const LawFit* f) { return f->underdetermined; })};
}

GroupBaselines mean_baselines(const std::vector<const BenchmarkLaw*>& laws) {
    return {mean_over(laws, [](const BenchmarkLaw& law) { return law.baselines->random_linear.expected; }),
            mean_over(laws, [](const BenchmarkLaw& law) { return law.baselines->random_quadratic.expected; }),
            mean_over(laws, [](const BenchmarkLaw& law) { return law.baselines->a_random.mean; })};
}

GroupLaw group_law(const std::string& name, const std::vector<std::string>& members, const Law& law) {
    GroupLaw group;
    group.name = name;
    std::vector<const BenchmarkLaw*> present;
    for (const auto& benchmark : law.benchmarks) {
        const bool is_member =
            std::find(members.begin(), members.end(), benchmark.problem.benchmark) != members.end();
        if (is_member && benchmark.baselines) present.push_back(&benchmark);  // they exist where R2 does
    }
    for (const auto* benchmark : present) group.benchmarks.push_back(benchmark->problem.benchmark);
    for (std::size_t k = 0; k < all_forms().size(); ++k) {
        std::vector<const LawFit*> fits;
        for (const auto* benchmark : present) fits.push_back(&benchmark->fits[k]);
        group.fits.push_back(mean_fit(fits));
    }
    group.baselines = mean_baselines(present);
    return group;
}

std::vector<GroupLaw> group_laws(const Law& law, const FitConfig& config, const std::string& source) {
    std::vector<std::pair<std::string, std::vector<std::string>>> known;
    for (const char* first : {"vision", "ocr"}) {  // the paper's order; others follow by name
        const auto group = config.groups.find(first);
        if (group != config.groups.end()) known.emplace_back(group->first, split_names(group->second));
    }
    for (const auto& [name, list] : config.groups) {
        if (name != "vision" && name != "ocr") known.emplace_back(name, split_names(list));
    }
    std::vector<std::string> everything, names;
    for (const auto& benchmark : law.benchmarks) everything.push_back(benchmark.problem.benchmark);
    known.emplace_back("all", everything);
    for (const auto& [name, members] : known) names.push_back(name);
    std::vector<GroupLaw> groups;
    for (const auto& [name, members] : known) {
        const bool wanted = std::find(config.group.begin(), config.group.end(), name) != config.group.end();
        if (!config.group.empty() && !wanted) continue;
        groups.push_back(group_law(name, members, law));
        if (wanted && groups.back().benchmarks.empty()) {
            throw core::usage_error(fmt::format("{}: has none of the benchmarks of group '{}'", source, name),
                                    "", fmt::format("the group is: {}", fmt::join(members, ", ")));
        }
    }
    for (const auto& wanted : config.group) {
        if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
        throw core::usage_error(fmt::format("group '{}' is unknown", wanted), "",
                                fmt::format("known: {}; define others in [groups]", fmt::join(names, ", ")));
    }
    return groups;
}

BenchmarkLaw law_of(const Problem& problem, const FitConfig& config) {
    BenchmarkLaw law;
    law.problem = problem;
    if (problem.size() < 2) return law;
    for (const auto& form : all_forms()) law.fits.push_back(fit_law(problem, form, fit_choice(config)));
    for (const double penalty : config.ridge) {
        law.ridge.push_back({penalty, fit_law(problem, k_ac_quadratic, fit_choice(config, penalty))});
    }
    law.baselines = random_baselines(problem, config.random_draws, fit_choice(config));
    law.c_adds =
        contribution_of_c(problem, *law.fit(k_a_quadratic), *law.fit(k_ac_quadratic), fit_choice(config));
    return law;
}

}  // namespace

const LawFit* BenchmarkLaw::fit(const LawForm& form) const {
    const auto found = std::find_if(fits.begin(), fits.end(), [&](const LawFit& candidate) {
        return name_of(candidate.form) == name_of(form);
    });
    return found == fits.end() ? nullptr : &*found;
}

Law fit_all(const Table& table, const FitConfig& config, const std::string& source) {
    Law law;
    law.level = config.level;
    for (const auto& benchmark : table.benchmarks) {
        law.benchmarks.push_back(law_of(make_problem(table, benchmark, !config.no_normalise), config));
        law.benchmarks.back().finding = finding_of(law.benchmarks.back(), config.level);
    }
    const bool any =
        std::any_of(law.benchmarks.begin(), law.benchmarks.end(), [](auto& b) { return !b.fits.empty(); });
    if (!any && !config.plan) {  // a plan is what one asks for before anything is measured
        throw core::input_error(source + ": no benchmark has two representations with A, C and a score",
                                "there is nothing to fit",
                                "measure at least two representations on one benchmark");
    }
    law.groups = group_laws(law, config, source);
    return law;
}

}  // namespace lvr::analysis
