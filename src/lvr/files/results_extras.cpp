// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <lvr/core/error.hpp>

#include "results_extras.hpp"

namespace lvr::files {
namespace {

using core::Json;

bool any_known(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
}

std::string default_definition(const std::string& name) { return name == "loglik" || name == "cosine" ? name : "unspecified"; }

std::vector<double> to_numbers(const Json& list) {
    std::vector<double> values;
    for (const auto& item : list) values.push_back(item.is_null() ? k_not_measured : item.get<double>());
    return values;
}

double to_number(const Json& item) { return item.is_null() ? k_not_measured : item.get<double>(); }

Json alignment_extras(const Results& results) {
    Json all = Json::object();
    for (const auto& column : results.alignment) {
        Json entry;
        if (column.definition != default_definition(column.name)) entry["definition"] = column.definition;
        if (any_known(column.standard_error)) entry["standard_error"] = core::numbers(column.standard_error);
        if (!entry.is_null()) all[column.name] = entry;
    }
    return all;
}

Json score_extras(const Results& results) {
    Json all = Json::array();
    for (const auto& s : results.scores) {
        if (std::isnan(s.standard_error) && s.samples == 0 && std::isnan(s.gpu_hours)) continue;
        all.push_back({s.representation, s.benchmark, s.seed ? Json(*s.seed) : Json(), core::number(s.standard_error), s.samples, core::number(s.gpu_hours)});
    }
    return all;
}

void apply_scores(const Json& list, Results& results) {
    for (const auto& entry : list) {
        const std::optional<std::int64_t> seed = entry.at(2).is_null() ? std::nullopt : std::optional<std::int64_t>(entry.at(2).get<std::int64_t>());
        for (auto& score : results.scores) {
            if (score.representation != entry.at(0) || score.benchmark != entry.at(1) || score.seed != seed) continue;
            score.standard_error = to_number(entry.at(3));
            score.samples = entry.at(4);
            score.gpu_hours = to_number(entry.at(5));
        }
    }
}

void apply_parsed(const Json& extras, Results& results) {
    for (const auto& [name, entry] : extras.value("alignment", Json::object()).items()) {
        for (auto& column : results.alignment) {
            if (column.name != name) continue;
            column.definition = entry.value("definition", column.definition);
            if (entry.contains("standard_error")) column.standard_error = to_numbers(entry["standard_error"]);
        }
    }
    results.correspondence_definition = extras.value("correspondence_definition", "");
    if (extras.contains("correspondence_error")) results.correspondence_error = to_numbers(extras["correspondence_error"]);
    for (const auto& [name, entry] : extras.value("benchmarks", Json::object()).items()) {
        for (auto& benchmark : results.benchmarks) {
            if (benchmark.name != name) continue;
            benchmark.unit = entry.at(0);
            benchmark.scale = to_number(entry.at(1));
        }
    }
    apply_scores(extras.value("scores", Json::array()), results);
    if (extras.contains("provenance")) results.provenance = extras["provenance"];
}

}  // namespace

std::string extras_of(const Results& results) {
    Json extras;
    if (const Json alignment = alignment_extras(results); !alignment.empty()) extras["alignment"] = alignment;
    if (!results.correspondence_definition.empty()) extras["correspondence_definition"] = results.correspondence_definition;
    if (any_known(results.correspondence_error)) extras["correspondence_error"] = core::numbers(results.correspondence_error);
    for (const auto& benchmark : results.benchmarks) {
        if (benchmark.unit.empty() && std::isnan(benchmark.scale)) continue;
        extras["benchmarks"][benchmark.name] = {benchmark.unit, core::number(benchmark.scale)};
    }
    if (const Json scores = score_extras(results); !scores.empty()) extras["scores"] = scores;
    if (!results.provenance.is_null()) extras["provenance"] = results.provenance;
    return extras.is_null() ? "" : " " + extras.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void apply_extras(const std::string& extras, Results& results, const std::string& file_name) {
    try {
        apply_parsed(Json::parse(extras), results);
    } catch (const Json::exception& error) {
        throw core::input_error(file_name + ": the line that starts with '#!' is malformed (" + error.what() + ")",
                                "standard errors, units and the like would be lost", "restore the line, or remove it");
    }
}

}  // namespace lvr::files
