// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/fit_config.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::analysis {

core::Fields FitConfig::fields() {
    return {
        {"input", &input, "results.h5, or a CSV table like data/paper/v1.csv", {}, true},
        {"target", &target, "with --convert: the file to write (.h5 or .csv)", {}, true},
        {"out", &out, "folder for law.json, law.h5 and the tables (made if missing)"},
        {"format", &format, "what stdout gets", {"text", "json", "csv", "markdown", "latex"}},
        {"a", &a, "the A column for benchmarks that have none of their own (needed if several could serve)"},
        {"benchmark", &benchmark, "fit only these benchmarks"},
        {"group", &group, "report only these groups ('all' is the mean over every benchmark)"},
        {"groups", &groups, "group = \"benchmark, benchmark\": averages to report"},
        {"families", &families, "representation = \"family\": over the input's family column"},
        {"no_normalise", &no_normalise, "fit raw A, C and scores instead of min-max scaled ones"},
        {"ridge", &ridge, "penalties on the squared weights for a ridge path, besides the plain fit"},
        {"seed", &seed, "seed of every random draw"},
        {"level", &level, "coverage of the intervals, between 0 and 1"},
        {"bootstrap", &bootstrap, "resamples per fit (0: no intervals)"},
        {"permutations", &permutations, "permutations per fit (0: no p-value)"},
        {"random_draws", &random_draws, "draws of random columns per baseline (0: none)"},
        {"policy", &policy, "evaluate the AC policy: how many trainings until the best is found"},
        {"policy_method",
         &policy_method,
         "exact: enumerate all subsets; simulate: draw trials; auto: exact up to 16",
         {"auto", "exact", "simulate"}},
        {"trials", &trials, "simulated runs of a policy"},
        {"exhaustive", &exhaustive, "fit every subset of size 2 .. n - 1 and predict the rest"},
        {"plan", &plan, "name the representations to train next"},
        {"budget", &budget, "with --plan: how many"},
        {"planner",
         &planner,
         "how --plan chooses",
         {"average", "gp", "region", "uniform", "d-optimal", "bayesian", "rank"}},
        {"plan_study", &plan_study, "compare the planners on a complete table"},
        {"study_without", &study_without,
         "with --plan-study: left out of the mean called 'selected', as the paper does"},
        {"convert", &convert, "write INPUT as TARGET (CSV <-> HDF5), nothing lost, and stop"},
    };
}

void FitConfig::validate() const {
    const auto demand = [](bool condition, const char* problem, const char* remedy) {
        if (!condition) throw core::usage_error(problem, "", remedy);
    };
    demand(!input.empty(), "no input file given", "name a results.h5 or a CSV table, e.g. data/paper/v1.csv");
    if (!convert && !target.empty()) {
        throw core::usage_error(fmt::format("'{}' is one argument too many", target),
                                "only --convert takes a second file",
                                "write lists with commas, e.g. --benchmark mme,ok_vqa");
    }
    demand(!convert || !target.empty(), "--convert takes two files", "lvr-fit --convert table.csv table.h5");
    demand(level > 0 && level < 1, "--level must lie between 0 and 1", "e.g. --level 0.95");
    demand(bootstrap >= 0 && permutations >= 0 && random_draws >= 0, "a number of draws is negative",
           "use 0 or more");
    demand(trials >= 1, "--trials must be at least 1", "e.g. --trials 10000");
    demand(budget >= 1, "--budget must be at least 1", "e.g. --budget 3");
    demand(!groups.contains("all"), "a group is called 'all'",
           "'all' is always the mean over every benchmark; choose another name");
    for (const double penalty : ridge) demand(penalty >= 0, "a ridge penalty is negative", "use 0 or more");
}

std::vector<std::string> split_names(const std::string& list) {
    constexpr const char* k_blank = " \t";
    std::vector<std::string> names;
    for (std::size_t start = 0; start <= list.size();) {
        const std::size_t comma = std::min(list.find(',', start), list.size());
        const std::string name = list.substr(start, comma - start);
        const std::size_t first = name.find_first_not_of(k_blank);
        if (first != std::string::npos)
            names.push_back(name.substr(first, name.find_last_not_of(k_blank) + 1 - first));
        start = comma + 1;
    }
    return names;
}

}  // namespace lvr::analysis
