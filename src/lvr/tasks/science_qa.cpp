// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/science_qa.hpp>

#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/tasks/answered.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/reference_error.hpp>
#include <lvr/tasks/uncertainty.hpp>

namespace lvr::tasks {
namespace {

std::string right_letter(const Document& document) {
    const auto& answer = member(document, "answer");
    const auto& choices = member(document, "choices");
    if (!answer.is_number_integer() || !choices.is_array())
        throw core::input_error("a question's \"answer\" is no whole number, or its \"choices\" no list", "",
                                "check that the data set is ScienceQA's");
    return science_qa_letter(answer.get<std::int64_t>(), choices.size());
}

}  // namespace

std::string science_qa_context(const Document& document) {
    const auto choices = texts_member(document, "choices");
    const auto& hint = member(document, "hint");
    std::string context = shown_member(document, "hint");  // "None" if there is none: so does the reference
    const bool is_zero = (hint.is_number() && hint == 0) || (hint.is_boolean() && hint == false);
    if (!hint.is_null() && !is_zero && !context.empty()) context = "Context: " + context + "\n";
    return fmt::format("{}{}\n{}\nAnswer with the option's letter from the given choices directly.", context,
                       shown_member(document, "question"), lettered(choices));
}

core::Json science_qa_target(const Document& document) { return right_letter(document); }

std::string science_qa_letter(std::int64_t answer, std::size_t options) {
    const auto count = static_cast<std::int64_t>(options);
    if (answer < -count || answer >= count)
        throw ReferenceError(
            "IndexError",
            fmt::format("the right answer of a question of ScienceQA is number {} of {} options", answer,
                        count));
    return letter_of(static_cast<std::size_t>(answer < 0 ? answer + count : answer));
}

bool science_qa_correct(std::string_view answer, std::string_view letter) {
    if (answer == letter) return true;
    const bool is_upper = letter.size() == 1 && letter.front() >= 'A' && letter.front() <= 'Z';
    return is_upper && answer.size() >= 2 && answer.front() == letter.front() && answer[1] == '.';
}

Score science_qa_score(std::span<const Answered> answers, const ScoreOptions& options) {
    Score score;
    score.metric = "exact_match";
    double sum = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const double correct =
            science_qa_correct(stripped_answer(answers[i]), right_letter(*answers[i].document)) ? 1.0 : 0.0;
        sum += correct;
        score.units.push_back(question_unit(answers[i], i, 100 * correct));
        if (options.rows) score.rows.push_back({{"exact_match", correct}});
    }
    settle(score);
    score.value = sum / static_cast<double>(answers.size());
    score.metrics["exact_match"] = score.value;
    return score;
}

}  // namespace lvr::tasks
