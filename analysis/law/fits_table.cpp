// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <analysis/law/law_tables.hpp>
#include <lvr/core/json.hpp>

namespace lvr::analysis {
namespace {

using Row = std::vector<std::string>;
using Figure = std::optional<double>;
using Range = std::optional<Interval>;

std::string exact(const Figure& value) { return value ? core::shortest(*value) : "–"; }

std::string truth(bool value) { return value ? "true" : "false"; }

Row header() {
    Row names = {
        "benchmark", "fit",     "n",           "benchmarks",   "r2",           "adjusted_r2",        "mse",
        "loo_r2",    "lofo_r2", "kendall_tau", "weighted_tau", "spearman_rho", "permutation_p_value"};
    const auto keys = term_keys(k_ac_quadratic);
    names.insert(names.end(), keys.begin(), keys.end());
    for (const char* name : {"rank", "underdetermined", "loo_rmse", "lofo_rmse", "f_p_value", "r2_low",
                             "r2_high", "r2_bootstrap_low", "r2_bootstrap_high", "r2_bootstrap_draws",
                             "bootstrap_draws", "permutation_draws"}) {
        names.emplace_back(name);
    }
    for (const char* figure : {"standard_error_", "p_value_", "low_", "high_"}) {
        for (const auto& key : keys) names.push_back(figure + key);
    }
    return names;
}

/// A figure of each term of the widest form; a dash for those that the fit lacks.
template <class Value>
void add_by_term(const LawFit& fit, Value value, Row& row) {
    for (const auto& key : term_keys(k_ac_quadratic)) {
        Figure figure;
        for (const auto& term : fit.terms) figure = term.key == key ? value(term) : figure;
        row.push_back(exact(figure));
    }
}

Figure low(const Range& range) { return range ? Figure(range->low) : Figure(); }
Figure high(const Range& range) { return range ? Figure(range->high) : Figure(); }

void add_fit_row(const BenchmarkLaw& benchmark, const LawFit& fit, const std::string& name,
                 TextTable& table) {
    Row row = {benchmark.problem.benchmark, name, std::to_string(benchmark.problem.size()), "1"};
    for (const Figure& figure : {fit.r2, fit.adjusted_r2, fit.mse, fit.loo_r2, fit.lofo_r2, fit.kendall_tau,
                                 fit.weighted_tau, fit.spearman_rho, fit.permutation_p_value}) {
        row.push_back(exact(figure));
    }
    add_by_term(
        fit, [](const Term& term) { return Figure(term.value); }, row);
    row.push_back(std::to_string(fit.rank));
    row.push_back(truth(fit.underdetermined || fit.terms.empty()));  // without a fit, as in the JSON
    for (const Figure& figure :
         {fit.loo_rmse, fit.lofo_rmse, fit.f_p_value, low(fit.r2_interval), high(fit.r2_interval),
          low(fit.r2_bootstrap_interval), high(fit.r2_bootstrap_interval)}) {
        row.push_back(exact(figure));
    }
    for (const std::int64_t draws : {fit.r2_bootstrap_draws, fit.bootstrap_draws, fit.permutation_draws})
        row.push_back(std::to_string(draws));
    add_by_term(
        fit, [](const Term& term) { return term.standard_error; }, row);
    add_by_term(
        fit, [](const Term& term) { return term.p_value; }, row);
    add_by_term(
        fit, [](const Term& term) { return low(term.interval); }, row);
    add_by_term(
        fit, [](const Term& term) { return high(term.interval); }, row);
    table.rows.push_back(row);
}

void add_group_rows(const GroupLaw& group, TextTable& table) {
    const auto flag = std::find(table.header.begin(), table.header.end(), "underdetermined");
    for (std::size_t k = 0; k < group.fits.size(); ++k) {
        const GroupFit& fit = group.fits[k];
        Row row = {"mean of " + group.name, name_of(all_forms()[k]), "",
                   std::to_string(group.benchmarks.size())};
        for (const Figure& figure : {fit.r2, fit.adjusted_r2, fit.mse, fit.loo_r2, fit.lofo_r2})
            row.push_back(exact(figure));
        row.resize(table.header.size());
        row[static_cast<std::size_t>(flag - table.header.begin())] = truth(fit.underdetermined);
        table.rows.push_back(row);
    }
}

}  // namespace

TextTable fits_table(const Law& law) {
    TextTable table{"fits", "Every fit", header(), {}};
    for (const auto& benchmark : law.benchmarks) {
        for (const auto& fit : benchmark.fits) add_fit_row(benchmark, fit, name_of(fit.form), table);
        for (const auto& form : all_forms()) {
            if (benchmark.fits.empty()) add_fit_row(benchmark, {}, name_of(form), table);
        }
        for (const auto& ridge : benchmark.ridge) {
            add_fit_row(benchmark, ridge.fit, "AC_quadratic_ridge_" + core::shortest(ridge.penalty), table);
        }
    }
    for (const auto& group : law.groups) add_group_rows(group, table);
    return table;
}

}  // namespace lvr::analysis
