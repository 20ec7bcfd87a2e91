// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lvr/eval/ask.hpp>
#include <lvr/eval/task_data.hpp>
#include <lvr/eval/trained_model.hpp>
#include <lvr/files/answers.hpp>

namespace lvr::eval {

struct AnswerSpec {
    const TaskData& task;
    const LoadedModel& model;
    Asking asking;
    std::int64_t most_tokens = 1;  ///< of an answer
    std::int64_t batch = 16;
    int threads = 1;
    bool applies_stop_strings = false;
};

/// Reads, prepares and encodes the pictures of some questions, each once, and lets the model answer. A
/// question whose picture cannot be used has its reason as `problem` and "" as its answer.
/// @param rows of the data set @return in their order
/// @throws Error (interrupted) if a signal came; (input) for what hits the whole run
std::vector<files::AnswerRecord> answer_rows(const AnswerSpec& spec, std::span<const std::int64_t> rows);

/// An answer's text: without special tokens and ids that are no token (a model may have more rows than its
/// tokenizer), cut at the stop string if that applies, and without white space at its ends.
std::string answer_text(const data::Tokenizer& tokenizer, std::span<const std::int64_t> ids,
                        bool applies_stop_strings);

}  // namespace lvr::eval
