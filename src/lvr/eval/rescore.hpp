// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <lvr/eval/eval_config.hpp>
#include <lvr/eval/samples_log.hpp>
#include <lvr/run/job.hpp>

namespace lvr::eval {

/// A log of answers, and what its folder says of it.
struct AnswerLog {
    std::filesystem::path file;  ///< samples.jsonl
    const tasks::Benchmark* benchmark = nullptr;
    std::string model;    ///< the folder's
    core::Json identity;  ///< of what was answered; null for a log of another harness
};

/// The logs below a folder, or the one that is named, sorted by path.
/// @param task only these benchmarks' logs, empty: all; of a log that lies in no evaluation's folder it says
/// which benchmark was answered
/// @throws Error (input) if there is none; (usage) if nothing says which benchmark a log is of
std::vector<AnswerLog> find_logs(const std::filesystem::path& where, const std::vector<std::string>& task);

/// Scores the logs of --rescore anew, and prints the scores. Those of an evaluation's folder get a new
/// samples.jsonl and score.json and go to --results, as when they were answered.
int rescore(const run::Job& job, const EvalConfig& config);

}  // namespace lvr::eval
