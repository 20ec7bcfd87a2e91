// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/mmmu.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/data/unicode_text.hpp>
#include <lvr/tasks/answered.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/python_literal.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>
#include <lvr/tasks/uncertainty.hpp>

namespace lvr::tasks {
namespace {

constexpr std::uint64_t k_seed = 0;  ///< of the reference's harness
constexpr std::string_view k_picture = "<image ";

bool has_options(const Document& document) {
    return text_member(document, "question_type") == "multiple-choice";
}

std::vector<std::string> options_of(const Document& document) {
    return python::string_list(text_member(document, "options"));
}

/// With "<image 1>" where a picture belongs.
std::string question_text(const Document& document) {
    const std::string question = shown_member(document, "question");
    if (!has_options(document)) return question + "\nAnswer the question using a single word or phrase.";
    return fmt::format("{}\n{}\nAnswer with the option letter from the given choices directly.", question,
                       lettered(options_of(document)));
}

/// How many bytes of decimal digits a text begins with.
std::size_t digits_in_front(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size()) {
        const auto point = data::first_code_point(text.substr(end));
        if (point.length == 0 || !python::is_decimal(point.value)) break;
        end += point.length;
    }
    return end;
}

core::Json logged(std::span<const MmmuValue> values) {
    core::Json list = core::Json::array();
    for (const auto& value : values) {
        if (const auto* number = std::get_if<double>(&value)) {
            list.push_back(*number);
        } else {
            list.push_back(std::get<std::string>(value));
        }
    }
    return list;
}

}  // namespace

std::string mmmu_context(const Document& document) {
    std::string text = question_text(document);
    for (char number = '1'; number <= '7'; ++number)
        text = python::replace(text, fmt::format("{}{}>", k_picture, number), "<image>");
    return text;
}

std::vector<PictureRef> mmmu_pictures(const Document& document) {
    const std::string text = question_text(document);
    std::vector<PictureRef> pictures;
    for (std::size_t at = 0; (at = text.find(k_picture, at)) != std::string::npos;) {
        at += k_picture.size();
        const std::string_view number =
            std::string_view(text).substr(at, digits_in_front(std::string_view(text).substr(at)));
        at += number.size();
        if (!number.empty() && at < text.size() && text[at] == '>')
            pictures.push_back({"image_" + std::string(number), 0});
    }
    return pictures;
}

core::Json mmmu_target(const Document& document) { return member(document, "answer"); }

std::string mmmu_subject(std::string_view id) {
    std::string_view rest = id;
    if (rest.ends_with('\n')) rest.remove_suffix(1);
    const std::size_t first = rest.find('_'), last = rest.rfind('_');
    if (first != std::string_view::npos && last > first + 1) {
        const std::string_view number = rest.substr(last + 1),
                               subject = rest.substr(first + 1, last - first - 1);
        const bool is_number = !number.empty() && digits_in_front(number) == number.size();
        if (is_number && subject.find('\n') == std::string_view::npos) return std::string(subject);
    }
    throw ReferenceError("ValueError",
                         fmt::format("a question's id is \"{}\", not as \"validation_Art_1\"", id),
                         "it says which subject the question belongs to");
}

bool mmmu_choice_correct(const core::Json& right, std::string_view choice) {
    const auto is_choice = [&](const core::Json& letter) {
        return letter.is_string() && letter.get_ref<const std::string&>() == choice;
    };
    if (right.is_array()) return std::any_of(right.begin(), right.end(), is_choice);
    return is_choice(right);
}

std::vector<MmmuValue> mmmu_right_values(const core::Json& right) {
    if (right.is_string()) return mmmu_normalised(right.get_ref<const std::string&>());
    std::vector<MmmuValue> values;
    if (!right.is_array())
        throw ReferenceError("AttributeError", "a question's answer is neither a text nor a list of texts");
    for (const auto& item : right) {
        if (!item.is_string())
            throw ReferenceError("AttributeError", "a question's answers are not all texts");
        for (auto& value : mmmu_normalised(item.get_ref<const std::string&>()))
            values.push_back(std::move(value));
    }
    return values;
}

void mmmu_answer(MmmuAnswers& answers, const Document& document, std::string_view answer,
                 python::Random& random) {
    const auto& right = member(document, "answer");
    answers.subjects.push_back(mmmu_subject(text_member(document, "id")));
    if (!has_options(document)) {
        const auto values = mmmu_values(answer);
        answers.correct.push_back(mmmu_open_correct(mmmu_right_values(right), values));
        answers.parsed.push_back(logged(values));
        return;
    }
    const auto options = options_of(document);
    auto choice = mmmu_choice(answer, options);
    answers.guessed += choice ? 0 : 1;
    if (!choice) choice = guessed_choice(options.size(), random);
    answers.correct.push_back(mmmu_choice_correct(right, *choice));
    answers.parsed.push_back(*choice);
}

Score mmmu_score(std::span<const Answered> answers, const ScoreOptions& options) {
    Score score;
    score.metric = "mmmu_acc";
    python::Random random(k_seed);
    MmmuAnswers parsed;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Document& document = *answers[i].document;
        const std::string_view answer = stripped_answer(answers[i]);
        mmmu_answer(parsed, document, answer, random);
        score.units.push_back(question_unit(answers[i], i, parsed.correct[i] ? 100 : 0));
        if (!options.rows) continue;
        const auto& id = member(document, "id");
        const core::Json log = {{"id", id},
                                {"subdomain", parsed.subjects[i]},
                                {"question_type", member(document, "question_type")},
                                {"answer", member(document, "answer")},
                                {"parsed_pred", parsed.parsed[i]}};
        score.rows.push_back({{"mmmu_acc", log}, {"submission", {{id.get<std::string>(), answer}}}});
    }
    settle(score);
    score.undecided = parsed.guessed;
    const core::Json table = mmmu_table(parsed);
    score.value = table["Overall"]["acc"].get<double>();
    score.metrics["mmmu_acc"] = score.value;
    score.metrics["mmmu_acc by domain and subject"] = table;
    return score;
}

}  // namespace lvr::tasks
