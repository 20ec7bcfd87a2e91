// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include <lvr/core/error.hpp>
#include <lvr/files/results.hpp>
#include <lvr/files/utf8.hpp>

#include "csv_records.hpp"
#include "results_extras.hpp"
#include "results_schema.hpp"

namespace lvr::files {
namespace {

constexpr std::string_view k_seed_mark = "@seed";

/// What a column of the header means.
struct Column {
    enum class Role { representation, family, gpu_hours, correspondence, alignment, score, label } role;
    std::string header;
    std::size_t index = 0;                  // of the alignment, benchmark or label
    std::optional<std::int64_t> seed = {};  // of a score
};

/// Where a problem lies.
struct Place {
    const std::string& file_name;
    std::size_t line;
};

[[noreturn]] void fail(const Place& place, const std::string& problem, const std::string& remedy) {
    throw core::input_error(fmt::format("{}: line {}: {}", place.file_name, place.line, problem), "", remedy);
}

/// Turns a header into columns, and declares in `results` what they are about.
class HeaderReader {
  public:
    HeaderReader(Place place, Results& results) : place_(place), results_(results) {}

    std::vector<Column> run(const std::vector<std::string>& headers) {
        std::vector<Column> columns;
        std::set<std::string> seen;
        for (const auto& header : headers) {
            if (header.empty())
                fail(place_, fmt::format("column {} has no name", columns.size() + 1), "name it");
            if (!seen.insert(header).second) {
                fail(place_, "column '" + shown(header) + "' is there twice",
                     "keep one of them, or rename it");
            }
            columns.push_back(column_of(header));
        }
        return columns;
    }

  private:
    Column column_of(const std::string& header) {
        using Role = Column::Role;
        if (header == "representation") return {Role::representation, header};
        if (header == "family") return {Role::family, header};
        if (header == "gpu_hours") return {Role::gpu_hours, header};
        if (header == "C") return {Role::correspondence, header};
        if (header.starts_with("A_")) return alignment_column(header);
        if (header.starts_with("score_")) return score_column(header);
        results_.label_columns.push_back(header);
        return {Role::label, header, results_.label_columns.size() - 1};
    }

    Column alignment_column(const std::string& header) {
        const std::string name = header.substr(2);
        if (name.empty())
            fail(place_, "column 'A_' names nothing", "name the benchmark, or the definition of A");
        results_.alignment.push_back({name, default_definition(name), {}, {}});
        return {Column::Role::alignment, header, results_.alignment.size() - 1};
    }

    Column score_column(const std::string& header) {
        std::string name = header.substr(6);
        std::optional<std::int64_t> seed;
        if (const auto mark = name.find(k_seed_mark); mark != std::string::npos) {
            seed = seed_of(name.substr(mark + k_seed_mark.size()), header);
            name.erase(mark);
        }
        if (name.empty()) fail(place_, "column '" + shown(header) + "' names no benchmark", "e.g. score_mme");
        const std::size_t benchmark = benchmark_index(name);
        if (!score_columns_.insert({benchmark, seed}).second) {
            fail(place_, "column '" + shown(header) + "' is there twice for one seed", "keep one of them");
        }
        return {Column::Role::score, header, benchmark, seed};
    }

    std::int64_t seed_of(const std::string& digits, const std::string& header) const {
        std::int64_t seed = 0;
        const char* const last = digits.data() + digits.size();
        const auto [end, code] = std::from_chars(digits.data(), last, seed);
        if (code == std::errc() && end == last) return seed;
        fail(place_, "column '" + shown(header) + "': the seed behind @seed is not a whole number",
             "e.g. score_mme@seed1");
    }

    std::size_t benchmark_index(const std::string& name) {
        const auto [found, is_new] = benchmarks_.emplace(name, benchmarks_.size());
        if (is_new) results_.benchmarks.push_back({name, "", k_not_measured});
        return found->second;
    }

    Place place_;
    Results& results_;
    std::map<std::string, std::size_t> benchmarks_;
    std::set<std::pair<std::size_t, std::optional<std::int64_t>>> score_columns_;
};

/// NaN for an empty cell. Else the whole cell must be one finite number.
double number_in(const std::string& text, const Column& column, const Place& place) {
    if (text.empty()) return k_not_measured;
    double value = 0;
    const char* const last = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), last, value);
    if (code == std::errc() && stop == last && std::isfinite(value)) return value;
    fail(place, fmt::format("column '{}': '{}' is not a finite number", shown(column.header), shown(text)),
         "correct it, or leave the cell empty if it is not measured yet");
}

class CsvReader {
  public:
    CsvReader(std::string_view text, const std::string& file_name, CsvColumns wanted)
        : file_name_(file_name), wanted_(wanted), records_(split_csv(text, file_name)) {}

    Results run() {
        for (const auto& record : records_) {
            if (record.is_comment) {
                take_comment(record);
            } else if (columns_.empty()) {
                columns_ = HeaderReader({file_name_, record.line}, results_).run(record.fields);
                check_columns();
            } else {
                take_row(record);
            }
        }
        if (columns_.empty()) {
            throw core::input_error(file_name_ + ": has no header: the file is empty", "",
                                    "the first line names the columns: representation,C,A_...,score_...");
        }
        if (!extras_.is_null()) apply_extras(extras_, results_, file_name_);
        validate(results_, file_name_);
        sort_scores(results_.scores);
        return std::move(results_);
    }

  private:
    void take_comment(const CsvRecord& record) {
        const std::string& text = record.fields[0];
        if (!is_extras(text)) return results_.comments.push_back(text);
        if (!extras_.is_null()) {
            fail({file_name_, record.line}, "there are two lines that start with '#! {'", "keep one of them");
        }
        extras_ = parse_extras(text, file_name_);
    }

    void check_columns() const {
        using Role = Column::Role;
        require(Role::representation, "representation", "the names of the encoders");
        if (wanted_ == CsvColumns::any) {
            if (!has(Role::correspondence) && !has(Role::alignment))
                require(Role::score, "C, A_<benchmark> or score_<benchmark>", "a score");
            return;
        }
        require(Role::correspondence, "C", "the correspondence score");
        const bool is_incomplete = says_incomplete(extras_);
        if (!is_incomplete) require(Role::alignment, "A_<benchmark>", "the alignment score");
        if (!is_incomplete) require(Role::score, "score_<benchmark>", "the benchmark scores");
    }

    bool has(Column::Role role) const {
        const auto has_role = [&](const Column& column) { return column.role == role; };
        return std::any_of(columns_.begin(), columns_.end(), has_role);
    }

    void require(Column::Role role, const std::string& name, const std::string& what) const {
        if (has(role)) return;
        throw core::input_error(file_name_ + ": has no column " + name, "",
                                "add " + what + " under that name");
    }

    void take_row(const CsvRecord& record) {
        const Place place{file_name_, record.line};
        if (record.fields.size() != columns_.size()) {
            fail(place,
                 fmt::format("has {} fields, the header has {}", record.fields.size(), columns_.size()),
                 "give every column a field (it may be empty) and quote fields with commas");
        }
        add_empty_row();
        for (std::size_t j = 0; j < columns_.size(); ++j) take_cell(columns_[j], record.fields[j], place);
        check_name(results_.representations.back().name, place);
    }

    void add_empty_row() {
        results_.representations.push_back({"", "", k_not_measured, {}});
        results_.representations.back().labels.resize(results_.label_columns.size());
        results_.correspondence.push_back(k_not_measured);
        results_.correspondence_error.push_back(k_not_measured);
        for (auto& alignment : results_.alignment) {
            alignment.value.push_back(k_not_measured);
            alignment.standard_error.push_back(k_not_measured);
        }
    }

    void check_name(const std::string& name, const Place& place) {
        if (name.empty()) {
            fail(place, "the representation has no name", "name it in the column 'representation'");
        }
        const auto [first, is_new] = lines_.emplace(name, place.line);
        if (is_new) return;
        fail(place,
             fmt::format("representation '{}' is there twice (first in line {})", shown(name), first->second),
             "keep one of them, or put seeds into columns score_<benchmark>@seed<k>");
    }

    void take_cell(const Column& column, const std::string& text, const Place& place) {
        using Role = Column::Role;
        auto& representation = results_.representations.back();
        switch (column.role) {
            case Role::representation:
                representation.name = text;
                return;
            case Role::family:
                representation.family = text;
                return;
            case Role::label:
                representation.labels[column.index] = text;
                return;
            default:
                take_number(column, number_in(text, column, place));
        }
    }

    void take_number(const Column& column, double value) {
        using Role = Column::Role;
        switch (column.role) {
            case Role::gpu_hours:
                results_.representations.back().gpu_hours = value;
                return;
            case Role::correspondence:
                results_.correspondence.back() = value;
                return;
            case Role::alignment:
                results_.alignment[column.index].value.back() = value;
                return;
            default:
                break;
        }
        if (std::isnan(value)) return;
        const auto row = static_cast<std::int64_t>(results_.representations.size()) - 1;
        results_.scores.push_back({row, static_cast<std::int64_t>(column.index), column.seed, value});
    }

    const std::string& file_name_;
    CsvColumns wanted_;
    std::vector<CsvRecord> records_;
    std::vector<Column> columns_;
    std::map<std::string, std::size_t> lines_;  // where each representation was first seen
    core::Json extras_;
    Results results_;
};

}  // namespace

void sort_scores(std::vector<Score>& scores) {
    std::stable_sort(scores.begin(), scores.end(), [](const Score& x, const Score& y) {
        return std::tie(x.representation, x.benchmark, x.seed) <
               std::tie(y.representation, y.benchmark, y.seed);
    });
}

Results parse_csv(std::string_view text, const std::string& file_name, CsvColumns columns) {
    Results results = CsvReader(text, file_name, columns).run();
    if (canonical_csv(results) != text) results.origin_csv = text;
    return results;
}

}  // namespace lvr::files
