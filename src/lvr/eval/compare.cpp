// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/compare.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/text_table.hpp>
#include <lvr/eval/rescore.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/tasks/uncertainty.hpp>

namespace lvr::eval {
namespace {

/// Two models' answers to one benchmark, and what they come to.
struct Pair {
    const tasks::Benchmark& benchmark;
    tasks::Score first, second;
    tasks::Comparison comparison;
};

tasks::Score score_of(const EvalConfig& config, const AnswerLog& log) {
    const auto samples = read_samples(log.file);
    return log.benchmark->score(answered(samples), config.score_options());
}

/// With answers to fewer questions there is no pair to compare.
void expect_same_questions(const AnswerLog& one, const AnswerLog& other) {
    const auto rows_of = [](const AnswerLog& log) {
        std::vector<std::pair<std::int64_t, core::Json>> rows;
        for (auto& sample : read_samples(log.file)) rows.emplace_back(sample.row, std::move(sample.document));
        return rows;
    };
    const auto ours = rows_of(one), theirs = rows_of(other);
    if (ours == theirs) return;
    std::string what =
        fmt::format("{} answers {} questions, the other {}", one.file.string(), ours.size(), theirs.size());
    const auto differing = std::ranges::mismatch(ours, theirs);
    if (ours.size() == theirs.size())
        what = fmt::format("{} and {} differ in the question of row {}", one.file.string(),
                           other.file.string(), differing.in1->first);
    throw core::input_error(what, "only answers to the same questions can be compared",
                            "evaluate both models on the same data");
}

/// Of several models it is not clear which is meant.
void expect_one_model(const std::string& where, const std::vector<AnswerLog>& logs) {
    for (const auto& log : logs) {
        if (std::ranges::count(logs, log.benchmark, &AnswerLog::benchmark) > 1)
            throw core::usage_error(
                fmt::format("{} holds several models' answers to {}", where, log.benchmark->name),
                "it is not clear which is to be compared", "name one model's folder in it");
    }
}

std::vector<Pair> pairs_of(const EvalConfig& config) {
    const auto first = find_logs(config.compare[0], config.task);
    const auto second = find_logs(config.compare[1], config.task);
    expect_one_model(config.compare[0], first);
    expect_one_model(config.compare[1], second);
    std::vector<Pair> pairs;
    for (const auto& one : first) {
        const auto other = std::ranges::find(second, one.benchmark, &AnswerLog::benchmark);
        if (other == second.end()) continue;
        expect_same_questions(one, *other);
        auto a = score_of(config, one), b = score_of(config, *other);
        const auto comparison = tasks::compare(a, b);
        pairs.push_back({*one.benchmark, std::move(a), std::move(b), comparison});
    }
    if (pairs.empty())
        throw core::input_error(
            fmt::format("{} and {} have no benchmark in common", config.compare[0], config.compare[1]), "",
            "evaluate both on the same tasks");
    return pairs;
}

core::Json json_of(const Pair& pair) {
    const auto& its = pair.comparison;
    return {{"task", pair.benchmark.name},
            {"unit", pair.benchmark.unit},
            {"first", core::number(pair.first.reported)},
            {"second", core::number(pair.second.reported)},
            {"difference", core::number(its.difference)},
            {"standard_error", core::number(its.standard_error)},
            {"confidence", its.confidence},
            {"low", core::number(its.low)},
            {"high", core::number(its.high)},
            {"p_value", core::number(its.p_value)},
            {"units", its.units},
            {"clusters", its.clusters},
            {"differing", its.differing}};
}

std::string printed(const std::vector<Pair>& pairs, const EvalConfig& config) {
    std::string lines;
    core::TextTable table{.name = "comparison",
                          .title = fmt::format("{} less {}", config.compare[0], config.compare[1]),
                          .header = {"task", "first", "second", "difference", "+-", "95 % from", "to", "p",
                                     "unit", "compared", "differ", "pictures"},
                          .rows = {}};
    const auto figure = [](double value) { return fmt::format("{:.4f}", value); };
    for (const auto& pair : pairs) {
        const auto& its = pair.comparison;
        lines += core::to_line(json_of(pair));
        table.rows.push_back(
            {std::string(pair.benchmark.name), figure(pair.first.reported), figure(pair.second.reported),
             figure(its.difference), figure(its.standard_error), figure(its.low), figure(its.high),
             fmt::format("{:.3g}", its.p_value), std::string(pair.benchmark.unit), std::to_string(its.units),
             std::to_string(its.differing), std::to_string(its.clusters)});
    }
    return config.format == "jsonl" ? lines : core::to_terminal(table);
}

}  // namespace

int compare(const run::Job& job, const EvalConfig& config) {
    job.print(printed(pairs_of(config), config));
    return run::k_exit_ok;
}

}  // namespace lvr::eval
