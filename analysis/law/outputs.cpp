// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <analysis/law/analyse.hpp>
#include <analysis/law/law_tables.hpp>
#include <analysis/law/plan_tables.hpp>
#include <lvr/core/log.hpp>
#include <lvr/files/json_tree.hpp>
#include <lvr/files/output_folder.hpp>

namespace lvr::analysis {
namespace {

std::vector<TextTable> search_tables(const Analysis& analysis) {
    std::vector<TextTable> tables = ridge_tables(analysis.law);
    if (analysis.policy) tables.push_back(policy_table(*analysis.policy));
    if (analysis.search) tables.push_back(search_table(*analysis.search));
    for (auto& table : study_tables(analysis.plan_study)) tables.push_back(std::move(table));
    return tables;
}

std::vector<TextTable> extra_tables(const Analysis& analysis) {
    auto tables = search_tables(analysis);
    for (auto& table : plan_tables(analysis.plan)) tables.push_back(std::move(table));
    return tables;
}

TextTable findings_of(const Analysis& analysis) {
    std::vector<std::string> notes;
    if (!analysis.plan.is_null()) notes = analysis.plan["notes"].get<std::vector<std::string>>();
    return findings_table(analysis.table, analysis.law, notes);
}

std::string plan_text(const core::Json& plan) {
    std::string out;
    for (const auto& note : plan["notes"]) out += note.get<std::string>() + "\n";
    if (!out.empty()) out += "\n";
    const auto tables = plan_tables(plan);
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
        out += to_terminal(*table) + (std::next(table) == tables.rend() ? "" : "\n");
    }
    return out;
}

/// What a terminal shows; what was asked for stands last, where the eye is.
std::string text(const Analysis& analysis) {
    std::string out;
    for (const auto& table : search_tables(analysis)) out += to_terminal(table) + "\n";
    out += findings_text(analysis.table, analysis.law) + "\n";
    const auto tables = terminal_tables(analysis.law);
    for (std::size_t i = 0; i < tables.size(); ++i) out += (i > 0 ? "\n" : "") + to_terminal(tables[i]);
    if (!analysis.plan.is_null()) out += "\n" + plan_text(analysis.plan);
    return out;
}

std::vector<TextTable> all_tables(const Analysis& analysis) {
    std::vector<TextTable> tables = {findings_of(analysis)};
    for (auto& table : paper_tables(analysis.law)) tables.push_back(std::move(table));
    for (auto& table : extra_tables(analysis)) tables.push_back(std::move(table));
    return tables;
}

template <class Render>
std::string joined(const std::vector<TextTable>& tables, Render render) {
    std::vector<std::string> texts;
    for (const auto& table : tables) texts.push_back(render(table));
    return fmt::format("{}", fmt::join(texts, "\n"));
}

/// One table fits into a CSV: what else was asked for is named, so that it is not missed in silence.
void warn_of_what_csv_lacks(const Analysis& analysis) {
    std::vector<std::string> left_out;
    if (analysis.policy) left_out.emplace_back("--policy");
    if (analysis.search) left_out.emplace_back("--exhaustive");
    if (!analysis.plan.is_null()) left_out.emplace_back("--plan");
    if (!analysis.plan_study.is_null()) left_out.emplace_back("--plan-study");
    if (left_out.empty()) return;
    core::warn(
        "--format csv prints the fits alone; what {} found is in DIR/*.csv with --out DIR, or in --format "
        "json",
        fmt::join(left_out, ", "));
}

std::string exhaustive_csv(const Analysis& analysis) {
    TextTable table{"exhaustive", "", {"benchmark", "trained", "test_mse", "train_mse"}, {}};
    std::vector<int> rows;
    for (std::size_t b = 0; b < analysis.search->size(); ++b) {
        const auto& [benchmark, search] = (*analysis.search)[b];
        const auto problem =
            std::find_if(analysis.law.benchmarks.begin(), analysis.law.benchmarks.end(),
                         [&](const auto& law) { return law.problem.benchmark == benchmark; });
        for (const auto& hit : search.hits) {
            std::vector<std::string> names;
            rows_of_mask(hit.mask, rows);
            for (const int row : rows) {
                const int at = problem->problem.rows[static_cast<std::size_t>(row)];
                names.push_back(analysis.table.representations[static_cast<std::size_t>(at)]);
            }
            table.rows.push_back({benchmark, fmt::format("{}", fmt::join(names, ";")),
                                  core::shortest(hit.test_mse), core::shortest(hit.train_mse)});
        }
    }
    return to_csv(table);
}

/// The fits, and a file for each further table; exhaustive.csv names every subset that hit.
void write_csvs(const Analysis& analysis, files::OutputFolder& out) {
    out.write("fits.csv", to_csv(fits_table(analysis.law)));
    out.write("findings.csv", to_csv(findings_of(analysis)));
    for (const auto& table : extra_tables(analysis)) {
        const std::string name = table.name == "exhaustive" ? "exhaustive_counts" : table.name;
        out.write(name + ".csv", to_csv(table));
    }
    if (analysis.search) out.write("exhaustive.csv", exhaustive_csv(analysis));
}

}  // namespace

std::string render(const Analysis& analysis, const std::string& format) {
    if (format == "json") return core::to_text(to_json(analysis)) + "\n";
    if (format == "csv") {
        warn_of_what_csv_lacks(analysis);
        return to_csv(fits_table(analysis.law));
    }
    if (format == "markdown") return joined(all_tables(analysis), core::to_markdown);
    if (format == "latex") return joined(all_tables(analysis), core::to_latex);
    return text(analysis);
}

void write_outputs(const Analysis& analysis, const std::string& folder) {
    files::OutputFolder out(folder);
    for (const auto& table : all_tables(analysis)) {
        out.write("tables/" + table.name + ".md", core::to_markdown(table));
        out.write("tables/" + table.name + ".tex", core::to_latex(table));
    }
    write_csvs(analysis, out);
    core::Json json = to_json(analysis);
    out.write("law.json", core::to_text(json) + "\n");
    json.erase("provenance");
    files::write_tree(out.file("law.h5"), json, analysis.provenance);
    out.finish();
}

}  // namespace lvr::analysis
