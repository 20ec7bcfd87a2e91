// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <lvr/core/error.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();

VectorXd to_vector(const std::vector<double>& values) {
    return Eigen::Map<const VectorXd>(values.data(), static_cast<Index>(values.size()));
}

std::vector<std::string> names_of(const std::vector<files::AlignmentColumn>& columns) {
    std::vector<std::string> names;
    for (const auto& column : columns) names.push_back(column.name);
    return names;
}

template <class Items>
auto find_named(const Items& items, const std::string& name) {
    return std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
}

/// Which A column serves which benchmark.
class AlignmentChooser {
  public:
    AlignmentChooser(const files::Results& results, const TableChoice& choice, const std::string& source)
        : columns_(results.alignment), chosen_(choice.alignment), source_(source) {
        for (const auto& column : columns_) {
            if (find_named(results.benchmarks, column.name) == results.benchmarks.end())
                shared_.push_back(column);
        }
        if (!chosen_.empty() && find_named(columns_, chosen_) == columns_.end()) {
            throw core::usage_error(fmt::format("{}: has no A column named '{}'", source_, chosen_), "",
                                    fmt::format("--a takes one of: {}", fmt::join(names_of(columns_), ", ")));
        }
    }

    /// @return null if none serves it, which `unserved` then explains
    const files::AlignmentColumn* column_for(const std::string& benchmark) {
        const auto own = find_named(columns_, benchmark);
        if (own != columns_.end()) return &*own;
        if (!chosen_.empty()) {
            chosen_used_ = true;
            return &*find_named(columns_, chosen_);
        }
        if (shared_.empty()) {
            throw core::input_error(fmt::format("{}: benchmark '{}' has no A column", source_, benchmark),
                                    "the law needs an alignment score for it",
                                    fmt::format("add A_{}, or choose one with --a", benchmark));
        }
        if (shared_.size() < columns_.size()) return nullptr;
        if (shared_.size() == 1) return &shared_.front();
        throw core::usage_error(fmt::format("{}: benchmark '{}' could use any of the A columns {}", source_,
                                            benchmark, fmt::join(names_of(shared_), ", ")),
                                "the law would depend on a guess", "choose one with --a NAME");
    }

    /// What to say of benchmarks that no A column serves.
    std::string unserved(const std::vector<std::string>& benchmarks) const {
        return fmt::format("{}: no A column serves {} (A columns of other benchmarks are there)", source_,
                           fmt::join(benchmarks, ", "));
    }

    std::string way_out() const {
        return fmt::format("--a {} would serve what has none", fmt::join(names_of(shared_), " or --a "));
    }

    /// A columns that are there in vain, in plain words.
    std::vector<std::string> unused() const {
        std::vector<std::string> all;
        if (chosen_.empty() && shared_.size() < columns_.size()) {
            for (const auto& name : names_of(shared_))
                all.push_back(
                    fmt::format("{}: column A_{} matches no benchmark and is not used", source_, name));
        }
        if (!chosen_.empty() && !chosen_used_) {
            all.push_back(fmt::format("{}: --a {} is not used: every benchmark has an A column of its own",
                                      source_, chosen_));
        }
        return all;
    }

  private:
    const std::vector<files::AlignmentColumn>& columns_;
    std::vector<files::AlignmentColumn> shared_;  // those that match no benchmark
    std::string chosen_, source_;
    bool chosen_used_ = false;
};

/// Mean over seeds per representation, and their pooled standard deviation.
void fill_scores(const files::Results& results, Index benchmark, BenchmarkColumn& column) {
    const auto count = static_cast<Index>(results.representations.size());
    VectorXd sum = VectorXd::Zero(count), squares = VectorXd::Zero(count), repeats = VectorXd::Zero(count);
    for (const auto& score : results.scores) {
        if (score.benchmark != benchmark) continue;
        sum[score.representation] += score.value;
        repeats[score.representation] += 1;
    }
    column.score = (repeats.array() > 0).select(sum.array() / repeats.array(), k_nan);
    for (const auto& score : results.scores) {
        if (score.benchmark != benchmark) continue;
        const double deviation = score.value - column.score[score.representation];
        squares[score.representation] += deviation * deviation;
    }
    const double freedom = (repeats.array() - 1).cwiseMax(0).sum();
    column.seed_spread = freedom > 0 ? std::sqrt(squares.sum() / freedom) : k_nan;
}

std::vector<std::string> families_of(const files::Results& results, const TableChoice& choice,
                                     const std::string& source) {
    std::vector<std::string> families;
    for (const auto& representation : results.representations) {
        const auto named = choice.families.find(representation.name);
        families.push_back(named == choice.families.end() ? representation.family : named->second);
    }
    for (const auto& [name, family] : choice.families) {
        if (find_named(results.representations, name) == results.representations.end()) {
            throw core::usage_error(
                fmt::format("{}: has no representation '{}' (of family '{}')", source, name, family), "",
                "correct the table [families] of the configuration");
        }
    }
    return families;
}

std::vector<std::string> benchmark_names(const files::Results& results, const TableChoice& choice,
                                         const std::string& source) {
    std::vector<std::string> names;
    for (const auto& benchmark : results.benchmarks) names.push_back(benchmark.name);
    if (choice.benchmarks.empty()) return names;
    for (const auto& wanted : choice.benchmarks) {
        if (std::find(names.begin(), names.end(), wanted) == names.end()) {
            throw core::usage_error(fmt::format("{}: has no benchmark '{}'", source, wanted), "",
                                    fmt::format("it has: {}", fmt::join(names, ", ")));
        }
    }
    return choice.benchmarks;
}

}  // namespace

Table make_table(const files::Results& results, const TableChoice& choice, const std::string& source) {
    Table table;
    table.families = families_of(results, choice, source);
    table.c = to_vector(results.correspondence);
    for (const auto& representation : results.representations)
        table.representations.push_back(representation.name);
    table.trained.assign(table.representations.size(), false);
    for (const auto& score : results.scores)
        table.trained[static_cast<std::size_t>(score.representation)] = true;
    AlignmentChooser chooser(results, choice, source);
    std::vector<std::string> unserved;
    for (const auto& name : benchmark_names(results, choice, source)) {
        const auto benchmark = find_named(results.benchmarks, name);
        const auto* alignment = chooser.column_for(name);
        if (alignment == nullptr) unserved.push_back(name);
        const VectorXd none = VectorXd::Constant(table.rows(), k_nan);
        BenchmarkColumn column{name,
                               benchmark->unit,
                               alignment ? alignment->name : "",
                               alignment ? to_vector(alignment->value) : none,
                               {},
                               k_nan};
        fill_scores(results, benchmark - results.benchmarks.begin(), column);
        table.benchmarks.push_back(std::move(column));
    }
    if (!unserved.empty() && unserved.size() == table.benchmarks.size())
        throw core::usage_error(chooser.unserved(unserved), "the law needs an alignment score",
                                chooser.way_out());
    if (!unserved.empty()) table.warnings.push_back(chooser.unserved(unserved) + ": " + chooser.way_out());
    for (const auto& warning : chooser.unused()) table.warnings.push_back(warning);
    return table;
}

Problem make_problem(const Table& table, const BenchmarkColumn& benchmark, bool normalise) {
    Problem problem;
    problem.benchmark = benchmark.name;
    for (int row = 0; row < table.rows(); ++row) {
        if (!std::isfinite(benchmark.a[row]) || !std::isfinite(table.c[row]) ||
            !std::isfinite(benchmark.score[row])) {
            continue;
        }
        problem.rows.push_back(row);
        problem.families.push_back(table.families[static_cast<std::size_t>(row)]);
    }
    const VectorXd y = rows_of(benchmark.score, problem.rows);
    if (normalise) {
        problem.a_scale = min_max(benchmark.a);
        problem.c_scale = min_max(table.c);
        problem.y_scale = min_max(y);
    }
    problem.a = apply(problem.a_scale, rows_of(benchmark.a, problem.rows));
    problem.c = apply(problem.c_scale, rows_of(table.c, problem.rows));
    problem.y = apply(problem.y_scale, y);
    return problem;
}

}  // namespace lvr::analysis
