// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/analyse.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <analysis/law/plan_job.hpp>
#include <lvr/core/build_info.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>

namespace lvr::analysis {
namespace {

constexpr int k_fewest = 2;

core::Json provenance_of(const std::vector<files::SourceFile>& sources, FitConfig config) {
    core::Json provenance;
    provenance["program"] = "lvr-fit";
    provenance["build"] = core::build_info();
    for (const auto& source : sources) provenance["inputs"][source.name] = source.sha256;
    config.out.clear();  // where the output lies is no part of what it says
    provenance["config"] = core::to_json(config.fields());
    return provenance;
}

/// The benchmarks that a policy can be judged on, or a warning about why not.
std::vector<Problem> complete_problems(Table& table, const Law& law) {
    std::vector<Problem> problems;
    for (const auto& benchmark : law.benchmarks) {
        const Problem& problem = benchmark.problem;
        if (problem.size() >= k_fewest && problem.y.maxCoeff() > problem.y.minCoeff()) {
            problems.push_back(problem);
            if (problem.size() == table.rows()) continue;
            table.warnings.push_back(
                fmt::format("{}: the search for the best is among the {} measured representations",
                            problem.benchmark, problem.size()));
        } else {
            table.warnings.push_back(problem.benchmark +
                                     ": has no best representation to search for; left out");
        }
    }
    return problems;
}

PolicyTable policies_of(const std::vector<Problem>& problems, const FitConfig& config,
                        const par::Comm& comm) {
    PolicyTable policies;
    const PolicyChoice choice{config.policy_method, config.trials, config.seed};
    for (const auto& problem : problems) {
        policies.emplace_back(problem.benchmark, all_policy_curves(problem, choice, comm));
    }
    return policies;
}

SearchTable searches_of(const std::vector<Problem>& problems, const par::Comm& comm) {
    SearchTable searches;
    for (const auto& problem : problems) {
        if (problem.size() > k_largest_enumeration) {
            throw core::usage_error(fmt::format("{}: {} representations are too many for --exhaustive",
                                                problem.benchmark, problem.size()),
                                    fmt::format("2^{} subsets would be fitted", problem.size()),
                                    fmt::format("it takes up to {}", k_largest_enumeration));
        }
        searches.emplace_back(problem.benchmark, exhaustive_search(problem, comm));
    }
    return searches;
}

/// "simulate" if any of it is drawn: figures that look exact must be.
core::Json method_json(const PolicyTable& policies) {
    std::int64_t trials = 0;
    for (const auto& [benchmark, curves] : policies) {
        for (const auto& of_sampling : curves) trials = std::max(trials, of_sampling.trials);
    }
    core::Json json = {{"method", "exact"}, {"trials", nullptr}};
    if (trials > 0) json = {{"method", "simulate"}, {"trials", trials}};
    return json;
}

/// Members of the user's own groups that the input lacks: a typing error, as a rule.
void check_groups(const files::Results& results, const FitConfig& config, Table& table) {
    const core::StringMap built_in = FitConfig().groups;
    for (const auto& [group, members] : config.groups) {
        const auto standard = built_in.find(group);
        if (standard != built_in.end() && standard->second == members) continue;
        for (const auto& member : split_names(members)) {
            const bool known = std::any_of(results.benchmarks.begin(), results.benchmarks.end(),
                                           [&](const auto& benchmark) { return benchmark.name == member; });
            if (!known)
                table.warnings.push_back(
                    fmt::format("group '{}': the input has no benchmark '{}'", group, member));
        }
    }
}

}  // namespace

Analysis analyse(const files::Input& input, FitConfig config, const par::Comm& comm) {
    Analysis analysis;
    analysis.provenance = provenance_of(input.sources, config);
    analysis.table = make_table(input.results, {config.a, config.benchmark, config.families}, config.input);
    check_groups(input.results, config, analysis.table);
    if (config.plan) analysis.plan = plan_json(analysis.table, config);
    analysis.law = fit_all(analysis.table, config, config.input);
    if (config.policy || config.exhaustive) {
        const auto problems = complete_problems(analysis.table, analysis.law);
        if (config.policy) analysis.policy = policies_of(problems, config, comm);
        if (config.exhaustive) analysis.search = searches_of(problems, comm);
    }
    if (config.plan_study) analysis.plan_study = plan_study_json(analysis.table, config, comm);
    return analysis;
}

core::Json to_json(const Analysis& analysis) {
    core::Json json = to_json(analysis.table, analysis.law);
    if (analysis.policy) {
        json["policy"] = to_json(*analysis.policy);
        json["policy_method"] = method_json(*analysis.policy);
    }
    if (analysis.search) json["exhaustive"] = to_json(*analysis.search);
    if (!analysis.plan.is_null()) json.update(analysis.plan);
    if (!analysis.plan_study.is_null()) json["plan_study"] = analysis.plan_study;
    json["provenance"] = analysis.provenance;
    return json;
}

}  // namespace lvr::analysis
