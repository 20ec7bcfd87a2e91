// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <lvr/tasks/benchmark.hpp>

// ScienceQA: two to five options; the answer is a letter, or begins with it and a period.
namespace lvr::tasks {

std::string science_qa_context(const Document& document);
core::Json science_qa_target(const Document& document);

/// The letter of the right option, counted from the end if negative as Python does.
/// @throws ReferenceError (IndexError) if there is no such option
std::string science_qa_letter(std::int64_t answer, std::size_t options);

/// @param letter the right one
bool science_qa_correct(std::string_view answer, std::string_view letter);

Score science_qa_score(std::span<const Answered> answers, const ScoreOptions& options);

}  // namespace lvr::tasks
