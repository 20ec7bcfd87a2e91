// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <lvr/core/error.hpp>
#include <lvr/files/results.hpp>

#include "csv_records.hpp"
#include "results_extras.hpp"

namespace lvr::files {
namespace {

const std::string k_extras_mark = "!";

/// What a column of the header means.
struct Column {
    enum class Role { representation, family, gpu_hours, correspondence, alignment, score, label } role;
    std::string header;
    std::size_t index = 0;              // of the alignment, benchmark or label
    std::optional<std::int64_t> seed = {};  // of a score
};

class CsvReader {
  public:
    CsvReader(std::string_view text, const std::string& file_name) : file_name_(file_name), records_(split_csv(text, file_name)) {}

    Results run() {
        std::string extras;
        for (const auto& record : records_) {
            if (record.is_comment) take_comment(record, extras);
            else if (columns_.empty()) take_header(record);
            else take_row(record);
        }
        if (columns_.empty()) fail("has no header: the file is empty", "the first line names the columns: representation,C,A_...,score_...");
        if (results_.representations.empty()) fail("has a header but no rows: the table is empty", "add a row per representation");
        if (!extras.empty()) apply_extras(extras, results_, file_name_);
        validate(results_, file_name_);
        return std::move(results_);
    }

  private:
    [[noreturn]] void fail(const std::string& problem, const std::string& remedy) const {
        throw core::input_error(file_name_ + ": " + problem, "", remedy);
    }

    [[noreturn]] void fail_at(std::size_t line, const std::string& problem, const std::string& remedy) const {
        throw core::input_error(fmt::format("{}: line {}: {}", file_name_, line, problem), "", remedy);
    }

    void take_comment(const CsvRecord& record, std::string& extras) {
        const std::string& text = record.fields[0];
        if (text.rfind(k_extras_mark, 0) == 0) extras = text.substr(k_extras_mark.size());
        else results_.comments.push_back(text);
    }

    void take_header(const CsvRecord& record) {
        for (std::size_t j = 0; j < record.fields.size(); ++j) {
            const auto first = record.fields.begin();
            if (std::find(first, first + static_cast<std::ptrdiff_t>(j), record.fields[j]) != first + static_cast<std::ptrdiff_t>(j)) {
                fail_at(record.line, "column '" + record.fields[j] + "' is there twice", "keep one of them, or rename it");
            }
            if (record.fields[j].empty()) fail_at(record.line, fmt::format("column {} has no name", j + 1), "name it");
            columns_.push_back(column_of(record.fields[j], record.line));
        }
        require(Column::Role::representation, "representation", "the names of the encoders");
        require(Column::Role::correspondence, "C", "the correspondence score");
        require(Column::Role::alignment, "A_<benchmark>", "the alignment score");
        require(Column::Role::score, "score_<benchmark>", "the benchmark scores");
    }

    void require(Column::Role role, const std::string& name, const std::string& what) const {
        const bool there = std::any_of(columns_.begin(), columns_.end(), [&](const Column& c) { return c.role == role; });
        if (!there) fail("has no column " + name, "add " + what + " under that name");
    }

    Column column_of(const std::string& header, std::size_t line) {
        using Role = Column::Role;
        if (header == "representation") return {Role::representation, header};
        if (header == "family") return {Role::family, header};
        if (header == "gpu_hours") return {Role::gpu_hours, header};
        if (header == "C") return {Role::correspondence, header};
        if (header.rfind("A_", 0) == 0) return alignment_column(header, line);
        if (header.rfind("score_", 0) == 0) return score_column(header, line);
        results_.label_columns.push_back(header);
        return {Role::label, header, results_.label_columns.size() - 1};
    }

    Column alignment_column(const std::string& header, std::size_t line) {
        const std::string name = header.substr(2);
        if (name.empty()) fail_at(line, "column A_ has no name behind it", "name the benchmark, or the definition of A");
        const bool known = name == "loglik" || name == "cosine";
        results_.alignment.push_back({name, known ? name : "unspecified", {}, {}});
        return {Column::Role::alignment, header, results_.alignment.size() - 1};
    }

    Column score_column(const std::string& header, std::size_t line) {
        std::string name = header.substr(6);
        std::optional<std::int64_t> seed;
        if (const auto mark = name.rfind("@seed"); mark != std::string::npos) {
            std::int64_t value = 0;
            const char *first = name.data() + mark + 5, *last = name.data() + name.size();
            const auto [end, code] = std::from_chars(first, last, value);
            if (code != std::errc() || end != last) fail_at(line, "column '" + header + "': the seed behind @seed is not a whole number", "e.g. score_mme@seed1");
            seed = value;
            name.erase(mark);
        }
        if (name.empty()) fail_at(line, "column '" + header + "' names no benchmark", "e.g. score_mme");
        auto found = std::find_if(results_.benchmarks.begin(), results_.benchmarks.end(), [&](const Benchmark& b) { return b.name == name; });
        if (found == results_.benchmarks.end()) found = results_.benchmarks.insert(found, {name, "", k_not_measured});
        return {Column::Role::score, header, static_cast<std::size_t>(found - results_.benchmarks.begin()), seed};
    }

    void take_row(const CsvRecord& record) {
        if (record.fields.size() != columns_.size()) {
            fail_at(record.line, fmt::format("has {} fields, the header has {}", record.fields.size(), columns_.size()),
                    "give every column a field (it may be empty) and quote fields with commas");
        }
        Representation representation;
        representation.labels.resize(results_.label_columns.size());
        results_.correspondence.push_back(k_not_measured);
        results_.correspondence_error.push_back(k_not_measured);
        for (auto& alignment : results_.alignment) {
            alignment.value.push_back(k_not_measured);
            alignment.standard_error.push_back(k_not_measured);
        }
        for (std::size_t j = 0; j < columns_.size(); ++j) take_cell(columns_[j], record.fields[j], record.line, representation);
        if (representation.name.empty()) fail_at(record.line, "the representation has no name", "name it in the column 'representation'");
        if (!lines_.emplace(representation.name, record.line).second) {
            fail_at(record.line, fmt::format("representation '{}' is there twice (first in line {})", representation.name, lines_[representation.name]),
                    "keep one of them, or put seeds into columns score_<benchmark>@seed<k>");
        }
        results_.representations.push_back(std::move(representation));
    }

    void take_cell(const Column& column, const std::string& text, std::size_t line, Representation& representation) {
        using Role = Column::Role;
        switch (column.role) {
            case Role::representation: representation.name = text; return;
            case Role::family: representation.family = text; return;
            case Role::label: representation.labels[column.index] = text; return;
            case Role::gpu_hours: representation.gpu_hours = number(column, text, line); return;
            case Role::correspondence: results_.correspondence.back() = number(column, text, line); return;
            case Role::alignment: results_.alignment[column.index].value.back() = number(column, text, line); return;
            case Role::score: break;
        }
        const double value = number(column, text, line);
        if (std::isnan(value)) return;
        const auto row = static_cast<std::int64_t>(results_.representations.size());
        results_.scores.push_back({row, static_cast<std::int64_t>(column.index), column.seed, value, k_not_measured, 0, k_not_measured});
    }

    /// NaN for an empty cell. The whole cell must be one finite number.
    double number(const Column& column, const std::string& text, std::size_t line) const {
        const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
        if (first == std::string::npos) return k_not_measured;
        const char *begin = text.data() + first, *end = text.data() + last + 1;
        double value = 0;
        const auto [stop, code] = std::from_chars(begin, end, value);
        if (code == std::errc() && stop == end && std::isfinite(value)) return value;
        fail_at(line, fmt::format("column '{}': '{}' is not a finite number", column.header, text), "correct it, or leave the cell empty if it is not measured yet");
    }

    const std::string& file_name_;
    std::vector<CsvRecord> records_;
    std::vector<Column> columns_;
    std::map<std::string, std::size_t> lines_;
    Results results_;
};

std::string number_cell(double value) { return std::isnan(value) ? "" : core::shortest(value); }

/// The score columns: per benchmark, unseeded first, then by seed.
using ScoreColumn = std::pair<std::int64_t, std::optional<std::int64_t>>;

std::map<ScoreColumn, std::map<std::int64_t, double>> score_columns(const Results& results) {
    std::map<ScoreColumn, std::map<std::int64_t, double>> columns;
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

std::string canonical_csv(const Results& r) {
    std::string out;
    for (const auto& comment : r.comments) out += "#" + comment + "\n";
    const std::string extras = extras_of(r);
    if (!extras.empty()) out += "#" + k_extras_mark + extras + "\n";
    const auto scores = score_columns(r);
    out += "representation,family,gpu_hours";
    for (const auto& label : r.label_columns) out += "," + quoted_csv(label);
    out += ",C";
    for (const auto& alignment : r.alignment) out += "," + quoted_csv("A_" + alignment.name);
    for (const auto& [column, values] : scores) {
        const std::string seed = column.second ? "@seed" + std::to_string(*column.second) : "";
        out += "," + quoted_csv("score_" + r.benchmarks[static_cast<std::size_t>(column.first)].name + seed);
    }
    for (std::size_t i = 0; i < r.representations.size(); ++i) {
        const auto& representation = r.representations[i];
        out += "\n" + quoted_csv(representation.name) + "," + quoted_csv(representation.family) + "," + number_cell(representation.gpu_hours);
        for (const auto& label : representation.labels) out += "," + quoted_csv(label);
        out += "," + number_cell(r.correspondence[i]);
        for (const auto& alignment : r.alignment) out += "," + number_cell(alignment.value[i]);
        for (const auto& [column, values] : scores) {
            const auto found = values.find(static_cast<std::int64_t>(i));
            out += "," + (found == values.end() ? std::string() : number_cell(found->second));
        }
    }
    return out + "\n";
}

}  // namespace

Results parse_csv(std::string_view text, const std::string& file_name) {
    Results results = CsvReader(text, file_name).run();
    results.origin_csv = text;
    return results;
}

std::string to_csv(const Results& results) {
    const std::string canonical = canonical_csv(results);
    if (results.origin_csv.empty()) return canonical;
    const Results origin = parse_csv(results.origin_csv, "origin_csv");
    return canonical_csv(origin) == canonical ? results.origin_csv : canonical;
}

}  // namespace lvr::files
