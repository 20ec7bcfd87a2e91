// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/eval/eval_config.hpp>
#include <lvr/eval/samples_log.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/tasks/benchmark.hpp>

namespace lvr::eval {

/// A line of what lvr-eval prints: a model's score.
struct TaskReport {
    std::string model, task, metric, unit;
    double value = 0, standard_error = 0;  ///< NaN where the score is refused
    std::int64_t questions = 0;
    std::int64_t undecided = 0;  ///< answers that no rule understood
    std::int64_t unread = 0;     ///< questions whose pictures could not be used
    std::int64_t cut = 0;        ///< answers that reached the limit of tokens
    std::int64_t broken = 0;  ///< of `unread`, those whose logits are not numbers: no score whatever is asked

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& model& task& metric& unit& value& standard_error& questions& undecided& unread& cut& broken;
    }
};

/// Whose answers are scored, and on which terms.
struct Scoring {
    const EvalConfig& config;
    const tasks::Benchmark& benchmark;
    std::string model;           ///< for people
    std::string representation;  ///< in results
    std::optional<std::int64_t> seed;
    core::Json identity;  ///< of what was answered
};

// cost.json in that folder: gpu_hours of the answers, training_gpu_hours of the model; another in every run.

void write_cost(const std::filesystem::path& folder, double gpu_hours, double training_gpu_hours);

/// Scores answers and writes, into their folder, samples.jsonl, score.json and, where pictures could not be
/// used, bad_rows.tsv; and the score to --results, unless it is refused for such rows.
TaskReport report_task(const Scoring& scoring, const std::filesystem::path& folder,
                       std::span<const Sample> samples);

/// A table, or a JSON object a line. Undecided answers are always shown.
std::string printed(const std::vector<TaskReport>& reports, const std::string& format);

/// Whether a line's score was refused.
bool is_refused(const TaskReport& report, const EvalConfig& config);

}  // namespace lvr::eval
