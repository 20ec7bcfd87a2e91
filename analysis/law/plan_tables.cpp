// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/plan_tables.hpp>

#include <fmt/format.h>

namespace lvr::analysis {
namespace {

using core::cell;
using core::percent;

using core::Json;

std::optional<double> figure(const Json& json) {
    return json.is_number() ? std::optional<double>(json.get<double>()) : std::nullopt;
}

std::string interval_text(const Json& interval) {
    if (!interval.is_array()) return "–";
    return cell(figure(interval[0]), 2) + " to " + cell(figure(interval[1]), 2);
}

TextTable plan_table(const Json& plan, bool one_benchmark) {
    TextTable table{"plan",
                    "Train next, in this order (" + plan["planner"].get<std::string>() + ")",
                    {"representation", "expected gain (" + plan["gain_unit"].get<std::string>() + ")"},
                    {}};
    if (one_benchmark) table.header.push_back("90 % interval of its score");
    for (const auto& pick : plan["plan"]) {
        table.rows.push_back({pick["representation"].get<std::string>(), cell(figure(pick["gain"]), 4)});
        if (one_benchmark) table.rows.back().push_back(interval_text(pick["interval"]));
    }
    return table;
}

/// One column per pick: there are few, and many benchmarks.
TextTable plan_intervals_table(const Json& plan) {
    TextTable table{"plan_intervals", "90 % intervals of their scores", {"benchmark"}, {}};
    for (const auto& pick : plan["plan"]) table.header.push_back(pick["representation"].get<std::string>());
    for (const auto& [benchmark, interval] : plan["plan"][0]["intervals"].items()) {
        table.rows.push_back({benchmark});
        for (const auto& pick : plan["plan"])
            table.rows.back().push_back(interval_text(pick["intervals"][benchmark]));
    }
    return table;
}

void add_study_rows(const Json& study, const char* part, const char* title, TextTable& table) {
    table.rules.push_back(table.rows.size());
    for (const auto& [planner, recall] : study[part].items()) {
        std::vector<std::string> row = {title, planner};
        for (const char* reading : {"practical", "predicted"}) {
            for (const std::size_t k : {2U, 3U, 4U, 5U})
                row.push_back(cell(figure(recall[reading]["selected"][k]), 1));
        }
        row.push_back(cell(figure(recall["practical"]["all"][3]), 1));
        table.rows.push_back(row);
    }
}

TextTable study_table(const Json& study) {
    TextTable table{
        "plan_study",
        "Recall@3 in percent after training K: practical (trained count as observed) and predicted",
        {"scores", "planner", "K=3", "4", "5", "6", "predicted K=3", "4", "5", "6", "all, K=4"},
        {}};
    add_study_rows(study, "as_measured", "as measured", table);
    add_study_rows(study, "stress", "stress", table);
    add_study_rows(study, "negated", "negated", table);
    add_study_rows(study, "stress_negated", "stress, negated", table);
    table.rules.erase(table.rules.begin());
    return table;
}

}  // namespace

std::vector<TextTable> plan_tables(const Json& plan) {
    if (plan.is_null()) return {};
    const bool several = !plan["plan"].empty() && plan["plan"][0]["intervals"].size() > 1;
    if (!several) return {plan_table(plan, true)};
    return {plan_table(plan, false), plan_intervals_table(plan)};
}

std::vector<TextTable> study_tables(const Json& study) {
    if (study.is_null()) return {};
    return {study_table(study)};
}

}  // namespace lvr::analysis
