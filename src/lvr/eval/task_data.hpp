// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <lvr/data/rows.hpp>
#include <lvr/eval/eval_config.hpp>
#include <lvr/tasks/benchmark.hpp>

namespace lvr::eval {

/// A benchmark's questions, and which of them are asked.
struct TaskData {
    const tasks::Benchmark& benchmark;
    data::Rows rows;
    std::vector<std::int64_t> asked;  ///< rows, in order
};

/// Where a benchmark's data is: as --task-data says, else in --data by lmms-lab's name.
/// @throws Error (usage) if neither is given
std::filesystem::path data_of(const EvalConfig& config, const tasks::Benchmark& benchmark);

/// The benchmarks that are asked for, each once, in the order of the options; "paper" stands for its eight.
std::vector<const tasks::Benchmark*> chosen_benchmarks(const EvalConfig& config);

/// @throws Error (usage) if nobody says where the data is; (input) as data::Rows, or where nothing is asked
TaskData open_task(const EvalConfig& config, const tasks::Benchmark& benchmark);

}  // namespace lvr::eval
