// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/tasks/benchmark.hpp>

namespace lvr::eval {

// samples.jsonl, a line for each question, as lmms-eval logs its samples:
//   doc_id, doc (the row without its pictures), target, arguments [[context]], resps [["text"]],
//   filtered_resps ["text"], and what the metrics log of it;
// and, of ours: image (16 digits of the SHA-256 of its first picture), cut (at the limit of tokens), problem.

/// A question and its answer as a log has them.
struct Sample {
    std::int64_t row = 0;
    tasks::Document document;
    std::string answer;
    std::string image;
    std::string problem;
    bool cut = false;  ///< at the limit of tokens
};

std::vector<tasks::Answered> answered(std::span<const Sample> samples);

/// Complete or absent. @param score of these samples @throws Error (output)
void write_samples(const std::filesystem::path& file, const tasks::Benchmark& benchmark,
                   std::span<const Sample> samples, const tasks::Score& score);

/// Samples in the order of the data set's rows, also of other harnesses: of each line only doc_id, doc and
/// filtered_resps (else resps) are needed.
/// @throws Error (input) naming file and line for what is no such log, or a doc_id that is there twice
std::vector<Sample> read_samples(const std::filesystem::path& file);

}  // namespace lvr::eval
