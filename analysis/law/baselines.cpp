// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/baselines.hpp>

#include <cmath>
#include <numeric>

#include <analysis/law/least_squares.hpp>
#include <analysis/law/resampling.hpp>
#include <lvr/core/rng.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd uniform_column(Index rows, core::KeyedRng& rng) {
    VectorXd column(rows);
    for (double& value : column) value = rng.uniform();
    return column;
}

/// R2 of one seeded draw per index, with columns made by `columns(rng)`.
template <class Columns>
RandomBaseline baseline(const Problem& problem, std::int64_t draws, const FitChoice& choice, const char* name,
                        Columns columns) {
    if (draws < 1) return {};
    std::vector<double> r2;
    std::vector<int> rows(static_cast<std::size_t>(problem.size()));
    std::iota(rows.begin(), rows.end(), 0);
    const std::int64_t count = affordable_draws(draws, problem.y.size());
    for (std::int64_t draw = 0; draw < count; ++draw) {
        core::KeyedRng rng(static_cast<std::uint64_t>(choice.seed), {name, problem.benchmark},
                           static_cast<std::uint64_t>(draw));
        SubsetSolver solver(columns(rng), problem.y);
        solver.fit(rows);
        r2.push_back(*r_squared(problem.y, solver.predict_all()));
    }
    const double mean = std::accumulate(r2.begin(), r2.end(), 0.0) / static_cast<double>(r2.size());
    return {std::nullopt, mean, central_interval(std::move(r2), choice.level), count};
}

double expected_r2(double columns, int rows) { return std::min(1.0, columns / (rows - 1)); }

}  // namespace

std::optional<Baselines> random_baselines(const Problem& problem, std::int64_t draws,
                                          const FitChoice& choice) {
    const Index n = problem.y.size();
    if (n < 2 || !r_squared(problem.y, problem.y)) return std::nullopt;
    Baselines all;
    const LawForm line{true, false, false};
    all.random_linear = baseline(problem, draws, choice, "random_linear", [&](core::KeyedRng& rng) {
        return columns_of(line, uniform_column(n, rng), problem.c);
    });
    all.random_quadratic = baseline(problem, draws, choice, "random_quadratic", [&](core::KeyedRng& rng) {
        const VectorXd first = uniform_column(n, rng);
        return columns_of(k_ac_quadratic, first, uniform_column(n, rng));
    });
    all.a_random = baseline(problem, draws, choice, "a_random", [&](core::KeyedRng& rng) {
        return columns_of(k_ac_quadratic, problem.a, uniform_column(n, rng));
    });
    all.random_linear.expected = expected_r2(1, problem.size());
    all.random_quadratic.expected = expected_r2(5, problem.size());
    return all;
}

Contribution contribution_of_c(const Problem& problem, const LawFit& a_only, const LawFit& ac,
                               const FitChoice& choice) {
    Contribution contribution;
    if (!a_only.loo_r2 || !ac.loo_r2) return contribution;
    contribution.gain = *ac.loo_r2 - *a_only.loo_r2;
    const VectorXd gains =
        (problem.y - a_only.loo_predicted).array().square() - (problem.y - ac.loo_predicted).array().square();
    const double total = (problem.y.array() - problem.y.mean()).square().sum();
    std::vector<double> draws;
    const auto n = static_cast<std::uint64_t>(gains.size());
    contribution.draws = affordable_draws(choice.bootstrap, gains.size());
    for (std::int64_t draw = 0; draw < contribution.draws; ++draw) {
        core::KeyedRng rng(static_cast<std::uint64_t>(choice.seed), {"contribution", problem.benchmark},
                           static_cast<std::uint64_t>(draw));
        double sum = 0;
        for (std::uint64_t i = 0; i < n; ++i) sum += gains[static_cast<Index>(rng.below(n))];
        draws.push_back(sum / total);
    }
    if (!draws.empty()) contribution.interval = central_interval(std::move(draws), choice.level);
    return contribution;
}

}  // namespace lvr::analysis
