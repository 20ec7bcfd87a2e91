// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/tasks/benchmark.hpp>
#include <lvr/tasks/mmmu_answer.hpp>

// MMMU: exam questions with up to seven pictures, with options or open.
namespace lvr::tasks {

std::string mmmu_context(const Document& document);
/// One for each "<image N>" of the question with its options, in order, with repeats; also of pictures that
/// no document has (N > 7), at which the reference stops.
std::vector<PictureRef> mmmu_pictures(const Document& document);
core::Json mmmu_target(const Document& document);

/// "Art_Theory" of "validation_Art_Theory_12". @throws ReferenceError (ValueError) for another form
std::string mmmu_subject(std::string_view id);

/// @param right one letter, or a list of which any will do
bool mmmu_choice_correct(const core::Json& right, std::string_view choice);
/// Normalised: a text, or a list of which any will do. @throws core::Error (input) for anything else
std::vector<MmmuValue> mmmu_right_values(const core::Json& right);

/// Questions answered, in order, and what became of them.
struct MmmuAnswers {
    std::vector<std::string> subjects;
    std::vector<bool> correct;
    std::vector<core::Json>
        parsed;                ///< letters, and lists of values (NaN is null), as the reference logs them
    std::int64_t guessed = 0;  ///< choices that were not understood
};
/// @param random guesses, one for each answer that names no option
void mmmu_answer(MmmuAnswers& answers, const Document& document, std::string_view answer,
                 python::Random& random);

/// The reference's table: accuracy, rounded to 3 decimals, and number of questions, by domain
/// ("Overall-Science"), by subject, and "Overall".
core::Json mmmu_table(const MmmuAnswers& answers);

Score mmmu_score(std::span<const Answered> answers, const ScoreOptions& options);

}  // namespace lvr::tasks
