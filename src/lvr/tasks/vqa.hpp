// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <lvr/tasks/benchmark.hpp>

// OK-VQA, TextVQA and VizWiz: free answers, held against those of ten annotators.
namespace lvr::tasks {

std::string ok_vqa_context(const Document& document);
std::string textvqa_context(const Document& document);
std::string vizwiz_context(const Document& document);

core::Json vqa_target(const Document& document);  ///< the annotators' answers

/// An answer held against the annotators'.
struct VqaResult {
    double accuracy = 0;
    std::string normalised;  ///< the answer
};
/// @param annotators null: none, which is an accuracy of 0
/// @throws core::Error (input) if it is no list of texts
VqaResult vqa_result(std::string_view answer, const core::Json& annotators);
/// The same for TextVQA. @throws ReferenceError (StatisticsError) if the list is empty
VqaResult textvqa_result(std::string_view answer, const core::Json& annotators);

Score ok_vqa_score(std::span<const Answered> answers, const ScoreOptions& options);
Score textvqa_score(std::span<const Answered> answers, const ScoreOptions& options);
Score vizwiz_score(std::span<const Answered> answers, const ScoreOptions& options);

}  // namespace lvr::tasks
