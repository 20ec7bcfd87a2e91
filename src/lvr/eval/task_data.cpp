// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/task_data.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::eval {
namespace {

/// The first questions, and all that are scored together with one of them.
void keep_first(TaskData& data, std::int64_t limit) {
    const auto& group = data.benchmark.group;
    std::set<std::string> begun;
    std::vector<std::int64_t> kept;
    for (std::int64_t i = 0; i < std::ssize(data.asked); ++i) {
        const auto row = data.asked[static_cast<std::size_t>(i)];
        const auto its = group == nullptr ? std::string() : group(data.rows.document(row));
        if (i < limit) begun.insert(its);
        if (i < limit || (group != nullptr && begun.contains(its))) kept.push_back(row);
    }
    data.asked = std::move(kept);
}

}  // namespace

std::filesystem::path data_of(const EvalConfig& config, const tasks::Benchmark& benchmark) {
    for (const auto& [name, where] : config.task_data) {
        if (&tasks::find_benchmark(name) == &benchmark) return where;
    }
    if (!config.data.empty()) return std::filesystem::path(config.data) / benchmark.folder;
    throw core::usage_error(fmt::format("no data given for {}", benchmark.name), "",
                            fmt::format("use --data FOLDER with {} in it, or --task-data {}=FOLDER",
                                        benchmark.folder, benchmark.name));
}

std::vector<const tasks::Benchmark*> chosen_benchmarks(const EvalConfig& config) {
    std::vector<const tasks::Benchmark*> chosen;
    const auto add = [&](const tasks::Benchmark& one) {
        if (std::ranges::find(chosen, &one) == chosen.end()) chosen.push_back(&one);
    };
    for (const auto& name : config.task) {
        if (name == k_caption_loglik) continue;
        if (name != "paper") {
            add(tasks::find_benchmark(name));
            continue;
        }
        for (const auto& one : tasks::benchmarks()) add(one);
    }
    return chosen;
}

TaskData open_task(const EvalConfig& config, const tasks::Benchmark& benchmark) {
    const auto where = data_of(config, benchmark);
    TaskData data{benchmark,
                  data::Rows({.folder = where,
                              .shards = std::string(benchmark.shards),
                              .columns = benchmark.columns,
                              .image_root = config.image_root}),
                  {}};
    for (std::int64_t row = 0; row < data.rows.size(); ++row) {
        if (config.all_questions || benchmark.counts(data.rows.document(row))) data.asked.push_back(row);
    }
    if (config.limit > 0) keep_first(data, config.limit);
    if (data.asked.empty())
        throw core::input_error(
            fmt::format("{}: has no question that counts for {}", where.string(), benchmark.name), "",
            "check that it is the benchmark's own data");
    return data;
}

}  // namespace lvr::eval
