// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/law_tables.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <lvr/core/json.hpp>

namespace lvr::analysis {
namespace {

using Row = std::vector<std::string>;
using Figure = std::optional<double>;

std::string range(const std::optional<Interval>& interval, int digits) {
    if (!interval) return "–";
    return cell(interval->low, digits) + " to " + cell(interval->high, digits);
}

std::string form_title(const LawForm& form) {
    return std::string(form.uses_a ? "A" : "") + (form.uses_c ? "C" : "") +
           (form.quadratic ? " quadratic" : " linear");
}

std::string group_title(const GroupLaw& group) {
    return fmt::format("mean of {} ({})", group.name, group.benchmarks.size());
}

TextTable in_sample_table(const Law& law) {
    TextTable table{
        "r2", "R² in sample (min-max scaled, centred minimum-norm least squares)", {"benchmark", "n"}, {}};
    for (const auto& form : all_forms()) table.header.push_back(form_title(form));
    for (const auto& benchmark : law.benchmarks) {
        Row row = {benchmark.problem.benchmark, std::to_string(benchmark.problem.size())};
        for (const auto& form : all_forms()) {
            const LawFit* fit = benchmark.fit(form);
            row.push_back(cell(fit ? fit->r2 : Figure(), 12) +
                          (fit && fit->r2 && fit->underdetermined ? "*" : ""));
        }
        table.rows.push_back(row);
    }
    const bool flagged = std::any_of(table.rows.begin(), table.rows.end(), [](const Row& row) {
        return std::any_of(row.begin() + 2, row.end(),
                           [](const std::string& text) { return text.ends_with('*'); });
    });
    if (flagged) table.title += "; * underdetermined: the minimum-norm answer";
    table.rules.push_back(table.rows.size());
    for (const auto& group : law.groups) {
        Row row = {group_title(group), ""};
        for (const auto& fit : group.fits) row.push_back(cell(fit.r2, 12));
        table.rows.push_back(row);
    }
    return table;
}

TextTable out_of_sample_table(const Law& law) {
    TextTable table{"out_of_sample",
                    "What remains out of sample, and how sure it is (AC quadratic unless named)",
                    {"benchmark", "R²", "interval", "adjusted", "random", "leave-one-out", "of A alone",
                     "leave-family-out", "Kendall τ", "permutation p"},
                    {}};
    for (const auto& benchmark : law.benchmarks) {
        const LawFit *ac = benchmark.fit(k_ac_quadratic), *a = benchmark.fit(k_a_quadratic);
        if (ac == nullptr) {
            table.rows.push_back(Row(table.header.size(), "–"));
            table.rows.back().front() = benchmark.problem.benchmark;
            continue;
        }
        const Figure random = benchmark.baselines ? benchmark.baselines->random_quadratic.expected : Figure();
        table.rows.push_back({benchmark.problem.benchmark, cell(ac->r2, 4), range(ac->r2_interval, 3),
                              cell(ac->adjusted_r2, 4), cell(random, 4), cell(ac->loo_r2, 4),
                              cell(a->loo_r2, 4), cell(ac->lofo_r2, 4), cell(ac->kendall_tau, 3),
                              cell(ac->permutation_p_value, 4)});
    }
    table.rules.push_back(table.rows.size());
    const std::size_t ac = all_forms().size() - 1, a = 1;
    for (const auto& group : law.groups) {
        table.rows.push_back({group_title(group), cell(group.fits[ac].r2, 4), "",
                              cell(group.fits[ac].adjusted_r2, 4), cell(group.baselines.random_quadratic, 4),
                              cell(group.fits[ac].loo_r2, 4), cell(group.fits[a].loo_r2, 4),
                              cell(group.fits[ac].lofo_r2, 4), "", ""});
    }
    return table;
}

void add_random_rows(const Law& law, bool quadratic, TextTable& table) {
    Row random = {quadratic ? "quadratic" : "linear", "Random (expected)"},
        a_random = {"quadratic", "A + random (drawn)"};
    for (const auto& group : law.groups) {
        random.push_back(
            percent(quadratic ? group.baselines.random_quadratic : group.baselines.random_linear));
        a_random.push_back(percent(group.baselines.a_random));
    }
    table.rows.push_back(random);
    if (quadratic) table.rows.push_back(a_random);
}

TextTable table_2(const Law& law) {
    TextTable table{"table2_r2_by_group",
                    "R² in percent by fitting data and group (as the paper's Table 2)",
                    {"fit", "data"},
                    {}};
    for (const auto& group : law.groups)
        table.header.push_back(fmt::format("{} ({})", group.name, group.benchmarks.size()));
    for (const bool quadratic : {false, true}) {
        table.rules.push_back(table.rows.size());
        add_random_rows(law, quadratic, table);
        for (std::size_t k = 0; k < all_forms().size(); ++k) {
            const LawForm& form = all_forms()[k];
            if (form.quadratic != quadratic) continue;
            Row row = {quadratic ? "quadratic" : "linear", name_of(form).substr(0, name_of(form).find('_'))};
            for (const auto& group : law.groups) row.push_back(percent(group.fits[k].r2));
            table.rows.push_back(row);
        }
    }
    table.rules.erase(table.rules.begin());
    return table;
}

TextTable benchmark_table(const Law& law) {
    TextTable table{"r2_by_benchmark", "R² in percent per benchmark", {"fit"}, {}};
    for (const auto& benchmark : law.benchmarks) table.header.push_back(benchmark.problem.benchmark);
    const auto add = [&](const std::string& title, const LawForm& form, auto figure) {
        Row row = {title};
        for (const auto& benchmark : law.benchmarks) {
            const LawFit* fit = benchmark.fit(form);
            row.push_back(percent(fit ? figure(*fit) : Figure()));
        }
        table.rows.push_back(row);
    };
    for (const auto& form : all_forms())
        add(form_title(form), form, [](const LawFit& fit) { return fit.r2; });
    table.rules.push_back(table.rows.size());
    for (const auto& form : all_forms()) {
        add(form_title(form) + ", leave-one-out", form, [](const LawFit& fit) { return fit.loo_r2; });
    }
    return table;
}

TextTable table_4(const Law& law) {
    TextTable table{"table4_cross_term",
                    "Cross term α_AC of the AC quadratic (as the paper's Table 4)",
                    {"benchmark", "α_AC", "standard error", "bootstrap interval", "p"},
                    {}};
    for (const auto& benchmark : law.benchmarks) {
        const LawFit* fit = benchmark.fit(k_ac_quadratic);
        if (fit == nullptr) {
            table.rows.push_back({benchmark.problem.benchmark, "–", "–", "–", "–"});
            continue;
        }
        const Term& term = fit->terms[4];
        table.rows.push_back({benchmark.problem.benchmark, cell(term.value, 4), cell(term.standard_error, 4),
                              range(term.interval, 2), cell(term.p_value, 4)});
    }
    return table;
}

std::string exact(const Figure& value) { return value ? core::shortest(*value) : "–"; }

void add_fit_row(const BenchmarkLaw& benchmark, const LawFit& fit, const std::string& name,
                 TextTable& table) {
    Row row = {benchmark.problem.benchmark, name, std::to_string(benchmark.problem.size()), "1"};
    for (const Figure& figure : {fit.r2, fit.adjusted_r2, fit.mse, fit.loo_r2, fit.lofo_r2, fit.kendall_tau,
                                 fit.weighted_tau, fit.spearman_rho, fit.permutation_p_value}) {
        row.push_back(exact(figure));
    }
    for (const auto& key : term_keys(k_ac_quadratic)) {
        Figure value;
        for (const auto& term : fit.terms) value = term.key == key ? term.value : value;
        row.push_back(exact(value));
    }
    table.rows.push_back(row);
}

void add_group_rows(const GroupLaw& group, TextTable& table) {
    for (std::size_t k = 0; k < group.fits.size(); ++k) {
        const GroupFit& fit = group.fits[k];
        Row row = {"mean of " + group.name, name_of(all_forms()[k]), "",
                   std::to_string(group.benchmarks.size())};
        for (const Figure& figure : {fit.r2, fit.adjusted_r2, fit.mse, fit.loo_r2, fit.lofo_r2})
            row.push_back(exact(figure));
        row.resize(table.header.size());
        table.rows.push_back(row);
    }
}

}  // namespace

std::vector<TextTable> terminal_tables(const Law& law) {
    return {out_of_sample_table(law), in_sample_table(law)};
}

std::vector<TextTable> paper_tables(const Law& law) {
    return {table_2(law), benchmark_table(law), table_4(law), out_of_sample_table(law), in_sample_table(law)};
}

TextTable fits_table(const Law& law) {
    TextTable table{"fits",
                    "Every fit",
                    {"benchmark", "fit", "n", "benchmarks", "r2", "adjusted_r2", "mse", "loo_r2", "lofo_r2",
                     "kendall_tau", "weighted_tau", "spearman_rho", "permutation_p_value", "1", "a", "c",
                     "a2", "ac", "c2"},
                    {}};
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

TextTable policy_table(const PolicyTable& policies) {
    TextTable table{
        "policy",
        "The AC policy: trainings until the best is among the top k predictions, and recall after four",
        {"benchmark", "sampling", "tries, top 1", "top 2", "top 3", "first hit ≤ 4, top 3", "exactly 4",
         "with credit"},
        {}};
    std::int64_t trials = 0;
    for (const auto& [benchmark, curves] : policies) {
        table.rules.push_back(table.rows.size());
        for (const Sampling sampling : {Sampling::region, Sampling::uniform, Sampling::random}) {
            const PolicyCurves& c = curves[static_cast<std::size_t>(sampling)];
            const std::size_t at = std::min<std::size_t>(4, c.first_hit[2].size()) - 1;
            const bool exact = c.trials == 0;
            const int tries = exact ? 6 : 2, recall = exact ? 4 : 2;  // not more digits than the draws bear
            trials = std::max(trials, c.trials);
            table.rows.push_back({benchmark, name_of(sampling) + (exact ? "" : "*"),
                                  cell(c.mean_tries[0], tries), cell(c.mean_tries[1], tries),
                                  cell(c.mean_tries[2], tries), cell(c.first_hit[2][at], recall),
                                  cell(c.exactly_n[2][at], recall), cell(c.exactly_n_credit[2][at], recall)});
        }
    }
    if (trials > 0) table.title += fmt::format("; * simulated, {} trials", trials);
    if (!table.rules.empty()) table.rules.erase(table.rules.begin());
    return table;
}

TextTable search_table(const SearchTable& searches) {
    TextTable table{"exhaustive",
                    "Exhaustive subset search: subsets whose law finds the best among the rest",
                    {"benchmark", "subsets fitted", "hits"},
                    {}};
    for (const auto& [benchmark, search] : searches) {
        table.rows.push_back({benchmark, std::to_string(search.fits), std::to_string(search.hits.size())});
    }
    return table;
}

std::string findings_text(const Table& table, const Law& law) {
    std::string text = "What the data support\n";
    for (const auto& benchmark : law.benchmarks) {
        text += fmt::format("  {}: {}\n", benchmark.problem.benchmark, benchmark.finding);
        const LawFit* fit = benchmark.fit(k_ac_quadratic);
        if (fit == nullptr || fit->influential.empty() || fit->underdetermined) continue;
        std::vector<std::string> names;
        for (const int position : fit->influential) {
            const int row = benchmark.problem.rows[static_cast<std::size_t>(position)];
            names.push_back(table.representations[static_cast<std::size_t>(row)]);
        }
        text += fmt::format("    rests much on: {}\n", fmt::join(names, ", "));
    }
    return text;
}

}  // namespace lvr::analysis
