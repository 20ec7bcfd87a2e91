// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/metric_case_input.hpp>
#include <lvr/tasks/mmbench.hpp>
#include <lvr/tasks/mme.hpp>
#include <lvr/tasks/mmmu.hpp>
#include <lvr/tasks/reference_error.hpp>

namespace lvr::tasks {
namespace {

using core::Json;

constexpr double k_tolerance = 1e-9;
constexpr int k_attempts = 15;  ///< of the reference's judge for one answer: three rounds of five

core::Error bad_case(const std::string& problem) {
    return core::input_error("a case " + problem, "", "check how the file was made");
}

/// The whole number after a word of a generator's description; 0 if there is none.
std::int64_t number_after(std::string_view text, std::string_view word) {
    std::int64_t number = 0;
    const std::size_t at = text.find(word);
    if (at == std::string_view::npos) return 0;
    std::from_chars(text.data() + at + word.size(), text.data() + text.size(), number);
    return number;
}

// MME

std::vector<MmeResult> results_of_pairs(const Json& pairs) {
    std::vector<MmeResult> results;
    for (const auto& [category, pictures] : pairs.items()) {
        for (std::size_t i = 0; i < pictures.size(); ++i) {
            for (const auto& score : pictures[i])
                results.push_back({category, fmt::format("{}/{}", category, i), score.get<double>() == 1});
        }
    }
    return results;
}

/// "(existence30,count30,...)" and a list of two digits for each picture.
std::vector<MmeResult> generated_results(std::string_view generator, std::string_view scores) {
    std::vector<MmeResult> results;
    const std::size_t open = generator.find("(existence");
    if (open == std::string_view::npos) throw bad_case("has a generator that is not known");
    std::string_view sizes = generator.substr(open + 1);
    sizes = sizes.substr(0, sizes.find(')'));
    while (!sizes.empty()) {
        const std::string_view size = sizes.substr(0, sizes.find(','));
        sizes.remove_prefix(std::min(size.size() + 1, sizes.size()));
        const std::string category(size.substr(0, size.find_first_of("0123456789")));
        for (std::int64_t i = 0; i < 2 * number_after(size, category); ++i) {
            if (scores.empty()) throw bad_case("has fewer scores than its generator says");
            results.push_back({category, std::to_string(i / 2), scores.front() == '1'});
            scores.remove_prefix(1);
        }
    }
    return results;
}

std::vector<MmeResult> mme_results(const Json& metric_case) {
    const auto& input = member(metric_case, "input");
    if (input.contains("pairs")) return results_of_pairs(input["pairs"]);
    if (input.contains("generator"))
        return generated_results(text_member(input, "generator"), text_member(input, "scores_compact"));
    std::vector<MmeResult> results;
    for (const auto& result : member(input, "raw"))
        results.push_back({text_member(result, "category"), shown_member(result, "question_id"),
                           member(result, "score").get<double>() == 1});
    return results;
}

Json mme_process_case(const Json& metric_case) {
    const bool correct =
        mme_correct(input_text(metric_case, "prediction"), input_text(metric_case, "answer"));
    return {{"metric_key", mme_metric(input_text(metric_case, "category"))}, {"score", correct ? 1.0 : 0.0}};
}

// MMMU

Json written_values(std::span<const MmmuValue> values) {
    Json list = Json::array();
    for (const auto& value : values) {
        const auto* number = std::get_if<double>(&value);
        list.push_back(number != nullptr ? written(*number) : Json(std::get<std::string>(value)));
    }
    return list;
}

Json choice_case(const Json& metric_case) {
    const auto options = input_texts(metric_case, "options");
    python::Random random(input_seed(metric_case, "python_random_seed"));
    const auto choice = mmmu_choice(input_text(metric_case, "response"), options);
    return {{"pred", choice ? *choice : guessed_choice(options.size(), random)},
            {"used_random", !choice.has_value()}};
}

Json open_case(const Json& metric_case) {
    const auto values = mmmu_values(input_text(metric_case, "response"));
    return {{"correct", mmmu_open_correct(mmmu_right_values(input_member(metric_case, "gold")), values)}};
}

struct Sample {
    Json document;
    std::string response;
};

/// "900 docs validation_Music_i, MC with 4 options and gold A, response A for i<=326 else B"
std::vector<Sample> generated_samples(const std::string& generator) {
    const std::int64_t count = number_after(generator, ""), right = number_after(generator, "i<=");
    const std::size_t name = generator.find("docs "), end = generator.find("_i,");
    if (count < 1 || name == std::string::npos || end == std::string::npos || end < name + 5)
        throw bad_case("has a generator that is not known");
    const std::string prefix = generator.substr(name + 5, end - name - 5);
    std::vector<Sample> samples;
    for (std::int64_t i = 1; i <= count; ++i) {
        const Json document = {{"id", fmt::format("{}_{}", prefix, i)},
                               {"question_type", "multiple-choice"},
                               {"answer", "A"},
                               {"options", "['a', 'b', 'c', 'd']"}};
        samples.push_back({document, i <= right ? "A" : "B"});
    }
    return samples;
}

std::vector<Sample> samples_of(const Json& samples) {
    if (samples.is_object()) return generated_samples(text_member(samples, "generator"));
    std::vector<Sample> list;
    for (const auto& sample : samples)
        list.push_back({member(sample, "doc"), text_member(sample, "response")});
    return list;
}

Json mmmu_aggregate_case(const Json& metric_case) {
    python::Random random(input_seed(metric_case, "python_random_seed"));
    const auto& samples = input_member(metric_case, "samples");
    MmmuAnswers answers;
    for (const auto& sample : samples_of(samples))
        mmmu_answer(answers, sample.document, sample.response, random);
    const Json table = mmmu_table(answers);
    return {{"Overall.acc", table["Overall"]["acc"]},
            {"printable", table},
            {"parsed_preds", samples.is_object() ? Json() : written(Json(answers.parsed))}};
}

// MMBench

MmbenchChoices choices_of(const Json& choices) {
    MmbenchChoices list;
    for (const auto& [letter, value] : choices.items()) {
        if (letter.size() != 1 || letter[0] < 'A' || letter[0] > 'D')
            throw ReferenceError("AssertionError", fmt::format("an option is called \"{}\"", letter));
        const Json& text = value;
        const bool is_number = text.is_object() && text.contains("float") && text.at("float").is_string();
        list.emplace_back(letter[0],
                          is_number ? text.at("float").get<std::string>() : shown_member(choices, letter));
    }
    return list;
}

Json written_option(std::optional<char> option, Json none) {
    return {{"option", option ? Json(std::string(1, *option)) : std::move(none)}};
}

/// An option that other rows have is missing in this one, not absent.
std::vector<MmbenchRow> rows_of(const Json& rows) {
    std::vector<MmbenchRow> list;
    for (const auto& row : rows) {
        Json filled = row;
        for (const char* name : {"A", "B", "C", "D"}) {
            const bool known = std::any_of(rows.begin(), rows.end(),
                                           [&](const auto& other) { return other.contains(name); });
            if (known && !row.contains(name)) filled[name] = nullptr;
        }
        const auto category = [&](const char* name) {
            const Json value = row.value(name, Json());
            return value.is_null() ? std::nullopt : std::optional(shown_member(row, name));
        };
        list.push_back({member(row, "index").get<std::int64_t>(), shown_member(row, "prediction"),
                        shown_member(row, "answer"), category("category"), category("L2-category"),
                        mmbench_choices(filled)});
    }
    return list;
}

Json mmbench_eval_case(const Json& metric_case) {
    const auto result =
        mmbench_evaluate(rows_of(without_nan(input_member(metric_case, "rows"))), Judge::reference);
    Json hits = Json::object();
    for (const auto& group : result.groups) hits[std::to_string(group.index)] = group.right ? 1 : 0;
    return {{"overall_x100", result.groups.empty() ? written(std::numeric_limits<double>::quiet_NaN())
                                                   : Json(100 * result.overall())},
            {"category", result.by_category()},
            {"l2_category", result.by_l2_category()},
            {"hit_per_question", hits},
            {"api_attempts", k_attempts * result.judged}};
}

Json chosen_case(const Json& metric_case) {
    const auto choices = mmbench_choices(without_nan(input_member(metric_case, "options")));
    Json answer = Json::object();
    for (const auto& [letter, text] : choices)
        answer[std::string(1, letter)] = input_member(metric_case, "options").at(std::string(1, letter));
    return {{"choices", answer}};
}

}  // namespace

void add_mme_cases(MetricCaseFunctions& functions) {
    functions["mme_parse"] = {[](const Json& c) -> Json {
        return {{"label", mme_label(input_text(c, "text"))}};
    }};
    functions["mme_process"] = {mme_process_case};
    functions["mme_aggregate"] = {[](const Json& c) -> Json {
                                      return {{"total", mme_total(mme_pictures(mme_results(c)))}};
                                  },
                                  k_tolerance};
}

void add_mmmu_cases(MetricCaseFunctions& functions) {
    functions["mmmu_parse_mc"] = {choice_case};
    functions["mmmu_extract_numbers"] = {[](const Json& c) -> Json {
        return {{"numbers", extract_numbers(input_text(c, "text"))}};
    }};
    functions["mmmu_normalize_str"] = {[](const Json& c) -> Json {
        return {{"normalized", written_values(mmmu_normalised(input_text(c, "text")))}};
    }};
    functions["mmmu_parse_open"] = {
        [](const Json& c) -> Json {
            return {{"pred_list_sorted", written_values(mmmu_values(input_text(c, "response")))}};
        },
        0, true};
    functions["mmmu_eval_open"] = {open_case};
    functions["mmmu_eval_mc"] = {[](const Json& c) -> Json {
        return {{"correct", mmmu_choice_correct(input_member(c, "gold"), input_text(c, "pred"))}};
    }};
    functions["mmmu_subset"] = {[](const Json& c) -> Json {
        return {{"subset", mmmu_subject(input_text(c, "id"))}};
    }};
    functions["mmmu_aggregate"] = {mmmu_aggregate_case};
}

void add_mmbench_cases(MetricCaseFunctions& functions) {
    functions["mmbench_option"] = {
        [](const Json& c) { return written_option(mmbench_letter(input_text(c, "text")), nullptr); }};
    functions["mmbench_text"] = {[](const Json& c) {
        return written_option(mmbench_text(input_text(c, "text"), choices_of(input_member(c, "choices"))),
                              nullptr);
    }};
    functions["mmbench_infer"] = {[](const Json& c) {
        // Options are looked at, and asserted to be some of A to D, where no letter is found.
        const auto& answer = input_text(c, "text");
        const auto letter = mmbench_letter(answer);
        return written_option(
            letter ? letter : mmbench_option(answer, choices_of(input_member(c, "choices"))), nullptr);
    }};
    functions["mmbench_static_upstream"] = {
        [](const Json& c) { return written_option(mmbench_rules(input_text(c, "text"), "ABCD"), ""); }};
    functions["mmbench_choices"] = {chosen_case};
    functions["mmbench_eval"] = {mmbench_eval_case, k_tolerance};
}

}  // namespace lvr::tasks
