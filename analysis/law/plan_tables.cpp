// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/plan_tables.hpp>

#include <fmt/format.h>

namespace lvr::analysis {
namespace {

using core::Json;

std::optional<double> figure(const Json& json) {
    return json.is_number() ? std::optional<double>(json.get<double>()) : std::nullopt;
}

std::string interval_text(const Json& interval) {
    if (!interval.is_array()) return "–";
    return cell(figure(interval[0]), 2) + " to " + cell(figure(interval[1]), 2);
}

TextTable plan_table(const Json& plan) {
    TextTable table{"plan",
                    "Train next, in this order (" + plan["planner"].get<std::string>() + ")",
                    {"representation", "expected gain", "90 % interval of its score"},
                    {}};
    for (const auto& pick : plan["plan"]) {
        std::string intervals = interval_text(pick["interval"]);
        if (pick["interval"].is_null() && pick["intervals"].is_object()) {
            intervals.clear();
            for (const auto& [name, interval] : pick["intervals"].items()) {
                intervals += (intervals.empty() ? "" : "; ") + name + " " + interval_text(interval);
            }
        }
        table.rows.push_back(
            {pick["representation"].get<std::string>(), cell(figure(pick["gain"]), 4), intervals});
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

std::vector<TextTable> plan_tables(const Json& plan, const Json& study) {
    std::vector<TextTable> tables;
    if (!plan.is_null()) tables.push_back(plan_table(plan));
    if (!study.is_null()) tables.push_back(study_table(study));
    return tables;
}

}  // namespace lvr::analysis
