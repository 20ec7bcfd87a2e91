// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/policy.hpp>

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

#include <analysis/law/law_form.hpp>
#include <analysis/law/least_squares.hpp>
#include <analysis/law/region_sampling.hpp>
#include <analysis/law/subset_search.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::analysis {
namespace {

constexpr int k_automatic_enumeration = 16;  // 65,536 fits a benchmark: a second
constexpr int k_largest_simulation = 500;

/// [N] chance of each representation to be trained next.
using Chances = std::function<std::vector<double>(const std::vector<bool>& trained)>;

Chances chances_of(const Problem& problem, Sampling sampling) {
    if (sampling != Sampling::region) return uniform_chances;
    // The regions cut the unit square, whatever scale the fits use.
    const RegionSampler sampler(apply(min_max(problem.a), problem.a), apply(min_max(problem.c), problem.c));
    return [sampler](const std::vector<bool>& trained) { return sampler.chances(trained); };
}

PolicyCurves empty_curves(int n) {
    PolicyCurves curves;
    for (int top = 0; top < k_tops; ++top) {
        for (auto* curve : {&curves.first_hit[top], &curves.exactly_n[top], &curves.exactly_n_credit[top]}) {
            curve->assign(static_cast<std::size_t>(n), 0.0);
        }
    }
    return curves;
}

/// What a trained set amounts to, for one `top`.
struct Verdict {
    bool by_prediction = false;
    bool with_credit = false;
};

/// @param place how many are predicted above the best one
Verdict judge(int trained, bool has_best, int place, int top) {
    if (trained == 1) return {has_best, has_best};
    const bool found = place <= top;
    return {found, found || has_best};
}

/// Turns first_hit from chances per n into the cumulative curve, and gives the mean number of trainings. Sums
/// of chances may exceed 1 by a rounding.
void finish(PolicyCurves& curves) {
    for (int top = 0; top < k_tops; ++top) {
        auto& curve = curves.first_hit[top];
        const double before_last = std::accumulate(curve.begin(), curve.end() - 1, 0.0);
        curve.back() = 1 - before_last;  // having trained all counts as found
        double tries = 0;
        for (std::size_t i = 0; i < curve.size(); ++i) tries += static_cast<double>(i + 1) * curve[i];
        curves.mean_tries[top] = tries;
        std::partial_sum(curve.begin(), curve.end(), curve.begin());
        curve.back() = 1;
        for (auto* chances : {&curve, &curves.exactly_n[top], &curves.exactly_n_credit[top]}) {
            for (double& chance : *chances) chance = std::min(chance, 1.0);
        }
    }
}

/// Search without predictions: each place in the order of training is as likely for the best one.
PolicyCurves random_search(int n) {
    PolicyCurves curves = empty_curves(n);
    for (int top = 0; top < k_tops; ++top) {
        for (int i = 0; i < n; ++i) curves.first_hit[top][static_cast<std::size_t>(i)] = (i + 1.0) / n;
        curves.exactly_n[top] = curves.exactly_n_credit[top] = curves.first_hit[top];
        curves.mean_tries[top] = 0.5 * (n + 1);
    }
    return curves;
}

/// Carries the chance of every trained set forward, smallest masks first: a superset has a larger mask.
PolicyCurves enumerate(const Problem& problem, Sampling sampling, const std::vector<std::uint8_t>& places) {
    const int n = problem.size(), best = best_row(problem);
    const Chances chances = chances_of(problem, sampling);
    PolicyCurves curves = empty_curves(n);
    // [mask][0] the chance to pass through the set; [mask][1 + top] the same without having found it before.
    std::vector<std::array<double, 1 + k_tops>> mass(places.size());
    mass[0].fill(1);
    std::vector<bool> trained(static_cast<std::size_t>(n));
    for (std::uint32_t mask = 0; mask < mass.size(); ++mask) {
        run::stop_if_requested();
        if (mass[mask][0] == 0) continue;
        const int size = std::popcount(mask);
        for (int top = 0; size > 0 && top < k_tops; ++top) {
            const Verdict verdict = judge(size, mask >> best & 1U, places[mask], top);
            const auto at = static_cast<std::size_t>(size - 1);
            if (verdict.by_prediction) {
                curves.exactly_n[top][at] += mass[mask][0];
                curves.first_hit[top][at] += mass[mask][1 + top];
                mass[mask][1 + top] = 0;
            }
            if (verdict.with_credit) curves.exactly_n_credit[top][at] += mass[mask][0];
        }
        for (int i = 0; i < n; ++i) trained[static_cast<std::size_t>(i)] = mask >> i & 1U;
        const auto chance = chances(trained);
        for (int i = 0; i < n; ++i) {
            const double share = chance[static_cast<std::size_t>(i)];
            if (share == 0) continue;
            for (int k = 0; k <= k_tops; ++k) mass[mask | 1U << i][k] += share * mass[mask][k];
        }
    }
    finish(curves);
    return curves;
}

/// One simulated run, counted into `curves` (counts, not chances).
void simulate_run(const Problem& problem, const Chances& chances, core::KeyedRng rng, PolicyCurves& curves) {
    const int n = problem.size(), best = best_row(problem);
    SubsetSolver solver(columns_of(k_ac_quadratic, problem.a, problem.c), problem.y);
    std::vector<bool> trained(static_cast<std::size_t>(n));
    std::vector<int> rows;
    std::array<bool, k_tops> found{};
    for (int size = 1; size <= n; ++size) {
        const int next = draw(chances(trained), rng);
        trained[static_cast<std::size_t>(next)] = true;
        rows.insert(std::upper_bound(rows.begin(), rows.end(), next), next);
        solver.fit(rows);
        const int place = place_of_best(solver.predict_all(), best);
        for (int top = 0; top < k_tops; ++top) {
            const Verdict verdict = judge(size, trained[static_cast<std::size_t>(best)], place, top);
            const auto at = static_cast<std::size_t>(size - 1);
            curves.exactly_n[top][at] += verdict.by_prediction;
            curves.exactly_n_credit[top][at] += verdict.with_credit;
            if (verdict.by_prediction && !std::exchange(found[top], true)) curves.first_hit[top][at] += 1;
        }
    }
}

PolicyCurves simulate(const Problem& problem, Sampling sampling, const PolicyChoice& choice,
                      const par::Comm& comm) {
    const Chances chances = chances_of(problem, sampling);
    PolicyCurves curves = empty_curves(problem.size());
    for (std::int64_t trial = comm.rank(); trial < choice.trials; trial += comm.size()) {
        const core::KeyedRng rng(static_cast<std::uint64_t>(choice.seed),
                                 {"policy", problem.benchmark, name_of(sampling)},
                                 static_cast<std::uint64_t>(trial));
        run::stop_if_requested();
        simulate_run(problem, chances, rng, curves);
    }
    for (int top = 0; top < k_tops; ++top) {
        for (auto* curve : {&curves.first_hit[top], &curves.exactly_n[top], &curves.exactly_n_credit[top]}) {
            comm.sum(std::span<double>(*curve));  // whole numbers: exact in any order
            for (double& value : *curve) value /= static_cast<double>(choice.trials);
        }
    }
    curves.trials = choice.trials;
    finish(curves);
    return curves;
}

}  // namespace

std::string name_of(Sampling sampling) {
    switch (sampling) {
        case Sampling::region:
            return "region";
        case Sampling::uniform:
            return "uniform";
        case Sampling::random:
            return "random";
    }
    return "";
}

bool is_exact(const PolicyChoice& choice, int representations) {
    if (choice.method == "exact" && representations > k_largest_enumeration) {
        throw core::usage_error(
            "the policy cannot be enumerated for " + std::to_string(representations) + " representations",
            "it needs a fit for each of 2^N sets", "use --policy-method simulate");
    }
    return choice.method == "exact" ||
           (choice.method == "auto" && representations <= k_automatic_enumeration);
}

std::array<PolicyCurves, 3> all_policy_curves(const Problem& problem, const PolicyChoice& choice,
                                              const par::Comm& comm) {
    std::array<PolicyCurves, 3> curves;
    if (problem.size() > k_largest_simulation) {
        throw core::usage_error(
            "the policy cannot be simulated for " + std::to_string(problem.size()) + " representations",
            "each trial refits the law once per representation",
            "use a table of at most " + std::to_string(k_largest_simulation));
    }
    const bool exact = is_exact(choice, problem.size());
    const auto places = exact ? places_of_best(problem, comm) : std::vector<std::uint8_t>();
    for (const Sampling sampling : {Sampling::region, Sampling::uniform}) {
        curves[static_cast<std::size_t>(sampling)] =
            exact ? enumerate(problem, sampling, places) : simulate(problem, sampling, choice, comm);
    }
    curves[static_cast<std::size_t>(Sampling::random)] = random_search(problem.size());
    return curves;
}

}  // namespace lvr::analysis
