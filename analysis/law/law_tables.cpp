// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/law_tables.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <lvr/core/json.hpp>

namespace lvr::analysis {
namespace {

using core::cell;
using core::percent;

using Row = std::vector<std::string>;
using Figure = std::optional<double>;

std::string range(const std::optional<Interval>& interval, int digits) {
    if (!interval) return "–";
    return cell(interval->low, digits) + " to " + cell(interval->high, digits);
}

constexpr const char* k_undetermined_note =
    "* underdetermined (of a mean: one of its fits): more coefficients than the data can tell apart.";
constexpr const char* k_interval_note =
    "Interval: of the R² in the population, for these A and C and normal errors (noncentral F).";

std::string starred(const std::string& text, bool underdetermined) {
    return text + (underdetermined && text != "–" ? "*" : "");
}

/// A figure of a fit or of a group's mean; a star says that it is not the data's alone.
template <class Fit>
std::string marked(const Fit* fit, Figure Fit::*figure, int digits) {
    return fit ? starred(cell(fit->*figure, digits), fit->underdetermined) : "–";
}

template <class Fit>
std::string marked_percent(const Fit* fit, Figure Fit::*figure) {
    return fit ? starred(percent(fit->*figure), fit->underdetermined) : "–";
}

/// The table, with a line on what the star means where there is one. The first column holds names, not
/// figures.
TextTable explained(TextTable table) {
    const bool any = std::any_of(table.rows.begin(), table.rows.end(), [](const Row& row) {
        return std::any_of(row.begin() + 1, row.end(),
                           [](const std::string& text) { return text.ends_with('*'); });
    });
    if (any) table.note = k_undetermined_note;
    return table;
}

std::string form_title(const LawForm& form) {
    return std::string(form.uses_a ? "A" : "") + (form.uses_c ? "C" : "") +
           (form.quadratic ? " quadratic" : " linear");
}

std::string group_title(const GroupLaw& group) {
    return fmt::format("mean of {} ({})", group.name, group.benchmarks.size());
}

/// One figure per benchmark and form, then the groups' means.
TextTable form_table(const Law& law, const char* name, const char* title, Figure LawFit::*figure,
                     Figure GroupFit::*mean, int digits) {
    TextTable table{name, title, {"benchmark", "n"}, {}};
    for (const auto& form : all_forms()) table.header.push_back(form_title(form));
    for (const auto& benchmark : law.benchmarks) {
        Row row = {benchmark.problem.benchmark, std::to_string(benchmark.problem.size())};
        for (const auto& form : all_forms()) row.push_back(marked(benchmark.fit(form), figure, digits));
        table.rows.push_back(row);
    }
    table.rules.push_back(table.rows.size());
    for (const auto& group : law.groups) {
        Row row = {group_title(group), ""};
        for (const auto& fit : group.fits) row.push_back(marked(&fit, mean, digits));
        table.rows.push_back(row);
    }
    return explained(std::move(table));
}

TextTable r2_table(const Law& law) {
    return form_table(law, "r2", "R² in sample (centred minimum-norm least squares)", &LawFit::r2,
                      &GroupFit::r2, 12);
}

TextTable mse_table(const Law& law) {
    return form_table(law, "mse", "Mean squared error in sample, on the scale of the fit", &LawFit::mse,
                      &GroupFit::mse, 6);
}

std::string interval_title(const Law& law) { return fmt::format("{:.6g} % interval", 100 * law.level); }

TextTable out_of_sample_table(const Law& law) {
    TextTable table{"out_of_sample",
                    "How sure it is, and what remains out of sample (AC quadratic unless named)",
                    {"benchmark", "R²", interval_title(law), "adjusted", "random", "leave-one-out",
                     "of A alone", "leave-family-out", "Kendall τ", "permutation p"},
                    {}};
    for (const auto& benchmark : law.benchmarks) {
        const LawFit *ac = benchmark.fit(k_ac_quadratic), *a = benchmark.fit(k_a_quadratic);
        if (ac == nullptr) {
            table.rows.push_back(Row(table.header.size(), "–"));
            table.rows.back().front() = benchmark.problem.benchmark;
            continue;
        }
        const Figure random = benchmark.baselines ? benchmark.baselines->random_quadratic.expected : Figure();
        table.rows.push_back({benchmark.problem.benchmark, marked(ac, &LawFit::r2, 4),
                              range(ac->r2_interval, 3), cell(ac->adjusted_r2, 4), cell(random, 4),
                              marked(ac, &LawFit::loo_r2, 4), marked(a, &LawFit::loo_r2, 4),
                              marked(ac, &LawFit::lofo_r2, 4), cell(ac->kendall_tau, 3),
                              cell(ac->permutation_p_value, 4)});
    }
    table.rules.push_back(table.rows.size());
    const std::size_t ac = all_forms().size() - 1, a = 1;
    for (const auto& group : law.groups) {
        const GroupFit *both = &group.fits[ac], *alone = &group.fits[a];
        table.rows.push_back({group_title(group), marked(both, &GroupFit::r2, 4), "",
                              cell(both->adjusted_r2, 4), cell(group.baselines.random_quadratic, 4),
                              marked(both, &GroupFit::loo_r2, 4), marked(alone, &GroupFit::loo_r2, 4),
                              marked(both, &GroupFit::lofo_r2, 4), "", ""});
    }
    table = explained(std::move(table));
    table.note = k_interval_note + (table.note.empty() ? "" : "\n" + table.note);
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
            for (const auto& group : law.groups) row.push_back(marked_percent(&group.fits[k], &GroupFit::r2));
            table.rows.push_back(row);
        }
    }
    table.rules.erase(table.rules.begin());
    return explained(std::move(table));
}

TextTable benchmark_table(const Law& law) {
    TextTable table{"r2_by_benchmark", "R² in percent per benchmark", {"fit"}, {}};
    for (const auto& benchmark : law.benchmarks) table.header.push_back(benchmark.problem.benchmark);
    const auto add = [&](const std::string& title, const LawForm& form, Figure LawFit::*figure) {
        Row row = {title};
        for (const auto& benchmark : law.benchmarks)
            row.push_back(marked_percent(benchmark.fit(form), figure));
        table.rows.push_back(row);
    };
    for (const auto& form : all_forms()) add(form_title(form), form, &LawFit::r2);
    table.rules.push_back(table.rows.size());
    for (const auto& form : all_forms()) add(form_title(form) + ", leave-one-out", form, &LawFit::loo_r2);
    return explained(std::move(table));
}

TextTable ridge_path(const Law& law) {
    TextTable table{"ridge",
                    "Ridge path of the AC quadratic",
                    {"benchmark", "penalty", "R²", "MSE", "leave-one-out", "leave-family-out", "Kendall τ"},
                    {}};
    for (const auto& benchmark : law.benchmarks) {
        if (!table.rows.empty() && !benchmark.ridge.empty()) table.rules.push_back(table.rows.size());
        for (const auto& [penalty, fit] : benchmark.ridge) {
            table.rows.push_back({benchmark.problem.benchmark, core::shortest(penalty),
                                  marked(&fit, &LawFit::r2, 4), marked(&fit, &LawFit::mse, 6),
                                  marked(&fit, &LawFit::loo_r2, 4), marked(&fit, &LawFit::lofo_r2, 4),
                                  cell(fit.kendall_tau, 3)});
        }
    }
    return explained(std::move(table));
}

TextTable table_4(const Law& law) {
    TextTable table{"table4_cross_term",
                    "Cross term α_AC of the AC quadratic (as the paper's Table 4)",
                    {"benchmark", "α_AC", "standard error", "bootstrap " + interval_title(law), "p"},
                    {}};
    for (const auto& benchmark : law.benchmarks) {
        const LawFit* fit = benchmark.fit(k_ac_quadratic);
        if (fit == nullptr) {
            table.rows.push_back({benchmark.problem.benchmark, "–", "–", "–", "–"});
            continue;
        }
        const Term& term = fit->terms[4];
        table.rows.push_back({benchmark.problem.benchmark, starred(cell(term.value, 4), fit->underdetermined),
                              cell(term.standard_error, 4), range(term.interval, 2), cell(term.p_value, 4)});
    }
    return explained(std::move(table));
}

/// "rests much on: ...", or nothing where no point stands out.
std::string weighs_most(const Table& table, const BenchmarkLaw& benchmark) {
    const LawFit* fit = benchmark.fit(k_ac_quadratic);
    if (fit == nullptr || fit->influential.empty() || fit->underdetermined) return "";
    std::vector<std::string> names;
    for (const int position : fit->influential) {
        const int row = benchmark.problem.rows[static_cast<std::size_t>(position)];
        names.push_back(table.representations[static_cast<std::size_t>(row)]);
    }
    return fmt::format("rests much on: {}", fmt::join(names, ", "));
}

}  // namespace

std::vector<TextTable> terminal_tables(const Law& law) { return {out_of_sample_table(law), r2_table(law)}; }

std::vector<TextTable> paper_tables(const Law& law) {
    return {table_2(law), benchmark_table(law),     mse_table(law),
            table_4(law), out_of_sample_table(law), r2_table(law)};
}

std::vector<TextTable> ridge_tables(const Law& law) {
    TextTable table = ridge_path(law);
    if (table.rows.empty()) return {};
    return {std::move(table)};
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
        const std::string rests = weighs_most(table, benchmark);
        if (!rests.empty()) text += fmt::format("    {}\n", rests);
    }
    return text;
}

TextTable findings_table(const Table& table, const Law& law, const std::vector<std::string>& plan_notes) {
    TextTable findings{"findings", "What the data support", {"benchmark", "finding"}, {}};
    findings.sentences = true;
    for (const auto& benchmark : law.benchmarks) {
        const std::string rests = weighs_most(table, benchmark);
        findings.rows.push_back({benchmark.problem.benchmark,
                                 benchmark.finding + (rests.empty() ? "" : " The fit " + rests + ".")});
    }
    for (const auto& note : plan_notes) findings.rows.push_back({"(plan)", note});
    return findings;
}

}  // namespace lvr::analysis
