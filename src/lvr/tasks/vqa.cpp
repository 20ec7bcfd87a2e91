// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/vqa.hpp>

#include <lvr/tasks/answered.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>
#include <lvr/tasks/uncertainty.hpp>
#include <lvr/tasks/vqa_answer.hpp>

namespace lvr::tasks {
namespace {

constexpr std::string_view k_short = "\nAnswer the question using a single word or phrase.";
constexpr std::string_view k_unanswerable =
    "\nWhen the provided information is insufficient, respond with 'Unanswerable'.";

using ResultFunction = VqaResult (*)(std::string_view, const core::Json&);
using LogFunction = core::Json (*)(const Document&, const std::string& normalised);

/// null if there are none.
const core::Json& annotators_of(const Document& document) {
    static const core::Json none;
    const auto found = document.find("answers");
    return found == document.end() ? none : *found;
}

core::Json image_submission(const Document& document, const std::string& normalised) {
    return {{"image", shown_member(document, "question_id") + ".jpg"}, {"answer", normalised}};
}

core::Json question_submission(const Document& document, const std::string& normalised) {
    return {{"question_id", member(document, "question_id")}, {"answer", normalised}};
}

Score soft_score(std::span<const Answered> answers, const ScoreOptions& options, ResultFunction result,
                 LogFunction log) {
    Score score;
    score.metric = "exact_match";
    double sum = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Document& document = *answers[i].document;
        const auto [accuracy, normalised] = result(stripped_answer(answers[i]), annotators_of(document));
        sum += accuracy;
        score.units.push_back(question_unit(answers[i], i, 100 * accuracy));
        if (options.rows)
            score.rows.push_back({{"exact_match", accuracy}, {"submission", log(document, normalised)}});
    }
    settle(score);
    score.value = sum / static_cast<double>(answers.size());
    score.metrics["exact_match"] = score.value;
    return score;
}

}  // namespace

std::string ok_vqa_context(const Document& document) {
    return shown_member(document, "question").append(k_unanswerable).append(k_short);
}

std::string textvqa_context(const Document& document) {
    return python::capitalize(text_member(document, "question")).append(k_short);
}

std::string vizwiz_context(const Document& document) {
    return python::capitalize(text_member(document, "question")).append(k_unanswerable).append(k_short);
}

core::Json vqa_target(const Document& document) { return annotators_of(document); }

VqaResult vqa_result(std::string_view answer, const core::Json& annotators) {
    VqaResult result{0, normalised_answer(answer)};
    if (annotators.is_null()) return result;
    const auto refuse = [] {
        throw core::input_error("the annotators' answers to a question are no list of texts", "",
                                "check how the data set was made");
    };
    if (!annotators.is_array()) refuse();
    std::int64_t equal = 0;
    for (const auto& item : annotators) {
        if (!item.is_string()) refuse();
        equal += normalised_answer(item.get_ref<const std::string&>()) == result.normalised ? 1 : 0;
    }
    result.accuracy = soft_accuracy(equal, static_cast<std::int64_t>(annotators.size()));
    return result;
}

VqaResult textvqa_result(std::string_view answer, const core::Json& annotators) {
    if (annotators.is_array() && annotators.empty())
        throw ReferenceError("StatisticsError", "a question of TextVQA has an empty list of answers");
    return vqa_result(answer, annotators);
}

Score ok_vqa_score(std::span<const Answered> answers, const ScoreOptions& options) {
    return soft_score(answers, options, vqa_result, image_submission);
}

Score textvqa_score(std::span<const Answered> answers, const ScoreOptions& options) {
    return soft_score(answers, options, textvqa_result, question_submission);
}

Score vizwiz_score(std::span<const Answered> answers, const ScoreOptions& options) {
    return soft_score(answers, options, vqa_result, image_submission);
}

}  // namespace lvr::tasks
