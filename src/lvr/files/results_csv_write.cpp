// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include <lvr/core/error.hpp>
#include <lvr/files/results.hpp>

#include "csv_records.hpp"
#include "results_extras.hpp"
#include "results_schema.hpp"

namespace lvr::files {
namespace {

/// Per benchmark and seed (unseeded first), the score of each representation that has one.
using ScoreColumns =
    std::map<std::pair<std::int64_t, std::optional<std::int64_t>>, std::map<std::int64_t, double>>;

ScoreColumns score_columns(const Results& results) {
    ScoreColumns columns;
    std::vector<bool> has_column(results.benchmarks.size());
    for (const auto& score : results.scores) {
        columns[{score.benchmark, score.seed}][score.representation] = score.value;
        has_column[static_cast<std::size_t>(score.benchmark)] = true;
    }
    for (std::size_t b = 0; b < has_column.size(); ++b) {
        if (!has_column[b]) columns[{static_cast<std::int64_t>(b), std::nullopt}];
    }
    return columns;
}

std::string number_cell(double value) { return std::isnan(value) ? "" : core::shortest(value); }

std::string header_line(const Results& r, const ScoreColumns& scores) {
    std::string out = "representation,family,gpu_hours";
    for (const auto& label : r.label_columns) out += "," + quoted_csv(label);
    out += ",C";
    for (const auto& alignment : r.alignment) out += "," + quoted_csv("A_" + alignment.name);
    for (const auto& [column, values] : scores) {
        const std::string seed = column.second ? "@seed" + std::to_string(*column.second) : "";
        out += "," + quoted_csv("score_" + r.benchmarks[static_cast<std::size_t>(column.first)].name + seed);
    }
    return out + "\n";
}

std::string row_line(const Results& r, const ScoreColumns& scores, std::size_t row) {
    const auto& representation = r.representations[row];
    std::string out = quoted_csv(representation.name) + "," + quoted_csv(representation.family) + "," +
                      number_cell(representation.gpu_hours);
    for (const auto& label : representation.labels) out += "," + quoted_csv(label);
    out += "," + number_cell(r.correspondence[row]);
    for (const auto& alignment : r.alignment) out += "," + number_cell(alignment.value[row]);
    for (const auto& [column, values] : scores) {
        const auto found = values.find(static_cast<std::int64_t>(row));
        out += "," + (found == values.end() ? std::string() : number_cell(found->second));
    }
    return out + "\n";
}

/// Whether a CSV's bytes say what the results say; a damaged file may hold any bytes there.
bool still_says(const std::string& csv, const std::string& canonical) {
    try {
        return canonical_csv(parse_csv(csv, "origin_csv")) == canonical;
    } catch (const core::Error&) {
        return false;
    }
}

}  // namespace

std::string canonical_csv(const Results& r) {
    std::string out;
    for (const auto& comment : r.comments) out += "#" + comment + "\n";
    if (const std::string extras = extras_of(r); !extras.empty()) out += "#!" + extras + "\n";
    const ScoreColumns scores = score_columns(r);
    out += header_line(r, scores);
    for (std::size_t row = 0; row < r.representations.size(); ++row) out += row_line(r, scores, row);
    return out;
}

std::string to_csv(const Results& results) {
    validate(results, "the table");
    const std::string canonical = canonical_csv(results);
    const bool has_origin = !results.origin_csv.empty();
    return has_origin && still_says(results.origin_csv, canonical) ? results.origin_csv : canonical;
}

}  // namespace lvr::files
