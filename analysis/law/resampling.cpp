// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/resampling.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <lvr/core/rng.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// At most this many row visits per law: with thousands of rows, fewer draws settle the same digits.
constexpr std::int64_t k_row_visits = 4'000'000;
constexpr std::int64_t k_least_draws = 200;
constexpr std::int64_t k_fewest_usable =
    100;  // draws of full rank that an interval needs, or half of a smaller number

void permute(const Problem& problem, const CentredFit& fit, const FitChoice& choice, LawFit& law) {
    VectorXd y = problem.y.array() - problem.y.mean();
    const double total = y.squaredNorm();
    const std::int64_t draws = affordable_draws(choice.permutations, y.size());
    if (draws < 1) return;
    const std::string form = name_of(law.form);
    const double observed = (fit.left().transpose() * y).squaredNorm();
    std::int64_t as_large = 1;
    std::vector<Index> order(static_cast<std::size_t>(y.size()));
    VectorXd permuted(y.size());
    for (std::int64_t draw = 0; draw < draws; ++draw) {
        core::KeyedRng rng(static_cast<std::uint64_t>(choice.seed), {"permutation", problem.benchmark, form},
                           static_cast<std::uint64_t>(draw));
        run::stop_if_requested();
        std::iota(order.begin(), order.end(), Index{0});
        rng.shuffle(order);
        for (Index i = 0; i < y.size(); ++i) permuted[i] = y[order[static_cast<std::size_t>(i)]];
        // The identity permutation must count as one as large, whatever the rounding.
        if ((fit.left().transpose() * permuted).squaredNorm() >= observed - 1e-12 * total) ++as_large;
    }
    law.permutation_draws = draws;
    law.permutation_p_value = static_cast<double>(as_large) / static_cast<double>(draws + 1);
}

struct Draws {
    std::vector<double> r2;
    std::vector<std::vector<double>> terms;
};

/// R2 of the solver's last fit on the rows it was fitted to.
std::optional<double> r2_on(const std::vector<int>& rows, SubsetSolver& solver) {
    return r_squared(rows_of(solver.y(), rows), rows_of(solver.predict_all(), rows));
}

int distinct(std::vector<int> rows) {
    std::sort(rows.begin(), rows.end());
    return static_cast<int>(std::unique(rows.begin(), rows.end()) - rows.begin());
}

void add_draw(const std::vector<int>& rows, SubsetSolver& solver, int full_rank, Draws& draws) {
    const Coefficients law = solver.fit(rows);
    const auto r2 = r2_on(rows, solver);
    if (solver.rank() < full_rank || !r2) return;
    // Through as many distinct rows as there are parameters the law passes exactly: its R2 of 1 says nothing.
    if (distinct(rows) > full_rank + 1) draws.r2.push_back(*r2);
    draws.terms[0].push_back(law.intercept);
    for (Index j = 0; j < law.weights.size(); ++j)
        draws.terms[static_cast<std::size_t>(j) + 1].push_back(law.weights[j]);
}

Draws bootstrap(const Problem& problem, const MatrixXd& columns, const FitChoice& choice, const LawFit& law) {
    Draws draws;
    draws.terms.resize(law.terms.size());
    SubsetSolver solver(columns, problem.y);
    std::vector<int> rows(static_cast<std::size_t>(columns.rows()));
    const std::int64_t count = affordable_draws(choice.bootstrap, columns.rows());
    for (std::int64_t draw = 0; draw < count; ++draw) {
        // The key leaves out the form: all forms see the same resamples, so their intervals can be compared.
        core::KeyedRng rng(static_cast<std::uint64_t>(choice.seed), {"bootstrap", problem.benchmark},
                           static_cast<std::uint64_t>(draw));
        run::stop_if_requested();
        for (int& row : rows) row = static_cast<int>(rng.below(rows.size()));
        add_draw(rows, solver, law.rank, draws);
    }
    return draws;
}

}  // namespace

std::int64_t affordable_draws(std::int64_t draws, Index rows) {
    return std::min(draws, std::max(k_least_draws, k_row_visits / rows));
}

Interval central_interval(std::vector<double> draws, double level) {
    std::sort(draws.begin(), draws.end());
    const auto quantile = [&](double share) {
        const double position = share * static_cast<double>(draws.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const std::size_t above = std::min(below + 1, draws.size() - 1);
        return draws[below] + (position - static_cast<double>(below)) * (draws[above] - draws[below]);
    };
    return {quantile((1 - level) / 2), quantile((1 + level) / 2)};
}

void resample(const Problem& problem, const MatrixXd& columns, const CentredFit& fit, const FitChoice& choice,
              LawFit& law) {
    if (choice.ridge == 0 && law.r2) permute(problem, fit, choice, law);
    if (law.underdetermined || choice.ridge > 0) return;
    const Draws draws = bootstrap(problem, columns, choice, law);
    law.bootstrap_draws = static_cast<std::int64_t>(draws.terms[0].size());
    const std::int64_t enough = std::min(k_fewest_usable, std::max<std::int64_t>(choice.bootstrap / 2, 2));
    // With one row more than parameters, every usable resample is the sample itself in another order.
    if (problem.size() > law.rank + 2) law.r2_bootstrap_draws = static_cast<std::int64_t>(draws.r2.size());
    if (law.r2_bootstrap_draws >= enough)
        law.r2_bootstrap_interval = central_interval(draws.r2, choice.level);
    if (law.bootstrap_draws < enough) return;
    for (std::size_t j = 0; j < law.terms.size(); ++j) {
        law.terms[j].interval = central_interval(draws.terms[j], choice.level);
    }
}

}  // namespace lvr::analysis
