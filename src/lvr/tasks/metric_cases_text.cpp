// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/error.hpp>
#include <lvr/data/white_space.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/metric_case_input.hpp>
#include <lvr/tasks/mmbench.hpp>
#include <lvr/tasks/mme.hpp>
#include <lvr/tasks/mmmu.hpp>
#include <lvr/tasks/python_literal.hpp>
#include <lvr/tasks/python_number.hpp>
#include <lvr/tasks/python_random.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>
#include <lvr/tasks/science_qa.hpp>
#include <lvr/tasks/seed_bench.hpp>
#include <lvr/tasks/vqa.hpp>
#include <lvr/tasks/vqa_answer.hpp>

namespace lvr::tasks {
namespace {

using core::Json;

constexpr double k_tolerance = 1e-9;

Json letters(std::uint64_t seed, std::uint32_t options) {
    python::Random random(seed);
    Json drawn = Json::array();
    for (int i = 0; i < 24; ++i) drawn.push_back(letter_of(random.below(options)));
    return drawn;
}

Json random_case(const Json& metric_case) {
    const std::uint64_t seed = input_seed(metric_case, "seed");
    Json bits = Json::array(), numbers = Json::array(), mixed = Json::array();
    python::Random for_bits(seed), for_numbers(seed), for_mixed(seed);
    for (int i = 0; i < 12; ++i) bits.push_back(for_bits.bits(32));
    for (int i = 0; i < 24; ++i) numbers.push_back(for_numbers.below(5));
    for (const std::uint32_t options : {4, 2, 5, 3, 4, 1, 4, 7, 6, 4})
        mixed.push_back(letter_of(for_mixed.below(options)));
    return {{"getrandbits32", bits},
            {"choice_ABCD", letters(seed, 4)},
            {"choice_ABCDE", letters(seed, 5)},
            {"choice_AB", letters(seed, 2)},
            {"choice_ABC", letters(seed, 3)},
            {"randint_0_4", numbers},
            {"choice_mixed_lengths_4_2_5_3_4_1_4_7_6_4", mixed}};
}

Json float_case(const Json& metric_case) {
    const auto value = python::to_float(input_text(metric_case, "text"));
    return {{"value", value ? written(*value) : Json()}};
}

Json round_case(const Json& metric_case) {
    const double value = input_member(metric_case, "value").get<double>();
    return {
        {"value", written(python::round_to(value, static_cast<int>(input_integer(metric_case, "digits"))))}};
}

Json vqa_case(const Json& metric_case) {
    const Json answers = metric_case.at("input").value("answers", Json());  // a document may have none
    const auto& prediction = input_text(metric_case, "prediction");
    // Named alone in a case that shows how it differs; beside the others where they agree.
    const bool textvqa = is_of(metric_case, "textvqa") && !is_of(metric_case, "ok_vqa");
    const auto result = textvqa ? textvqa_result(prediction, answers) : vqa_result(prediction, answers);
    return {{"exact_match", result.accuracy}, {"normalized_prediction", result.normalised}};
}

/// What a mean is taken of. @throws ReferenceError (ZeroDivisionError) if it is nothing
const Json& some_of(const Json& metric_case, const char* name) {
    const auto& list = input_member(metric_case, name);
    if (list.empty()) throw ReferenceError("ZeroDivisionError", "a mean of nothing");
    return list;
}

Json mean_case(const Json& metric_case) {
    const auto& values = some_of(metric_case, "values");
    double sum = 0;
    for (const auto& value : values) sum += value.get<double>();
    return {{"mean", sum / static_cast<double>(values.size())}};
}

Json seed_case(const Json& metric_case) {
    const std::string choice(seed_choice(input_text(metric_case, "prediction")));
    const auto& answer = input_member(metric_case, "answer");
    return {{"metric_key", seed_metric(input_text(metric_case, "data_type"))},
            {"pred", choice},
            {"correct", answer == choice}};
}

Json seed_mean_case(const Json& metric_case) {
    const auto& pairs = some_of(metric_case, "pairs");
    double right = 0;
    for (const auto& pair : pairs) right += pair.at(0) == pair.at(1) ? 1 : 0;
    return {{"seed_image", right / static_cast<double>(pairs.size())}};
}

Json science_qa_case(const Json& metric_case) {
    const auto& prediction = input_text(metric_case, "prediction");
    const auto options =
        static_cast<std::size_t>(std::max<std::int64_t>(0, input_integer(metric_case, "num_choices")));
    const std::string letter = science_qa_letter(input_integer(metric_case, "answer_index"), options);
    const auto score = [&](std::string_view text) { return science_qa_correct(text, letter) ? 1.0 : 0.0; };
    return {{"exact_match_raw", score(prediction)},
            {"exact_match_after_harness_strip", score(data::strip(prediction))}};
}

/// The benchmark whose prompt a function of the reference makes.
const Benchmark& asked_by(const Json& metric_case) {
    constexpr std::pair<std::string_view, std::string_view> functions[] = {
        {"textvqa", "textvqa_val"}, {"vizwiz", "vizwiz_vqa_val"},  {"ok_vqa", "ok_vqa_val2014"},
        {"mmmu", "mmmu_val"},       {"mmbench", "mmbench_en_dev"}, {"mme", "mme"},
        {"sqa", "scienceqa_img"},   {"seed", "seedbench"}};
    for (const auto& [word, benchmark] : functions) {
        if (is_of(metric_case, word)) return find_benchmark(benchmark);
    }
    throw core::input_error("a case's \"fn\" names no benchmark's prompt", "", "check how the file was made");
}

Json prompt_case(const Json& metric_case) {
    const Benchmark& benchmark = asked_by(metric_case);
    const Json document = without_nan(input_member(metric_case, "doc"));
    Json answer = {{"context", benchmark.context(document)}};
    if (benchmark.name == "mmmu_val") {
        answer["visuals"] = Json::array();
        for (const auto& picture : benchmark.pictures(document)) answer["visuals"].push_back(picture.column);
    }
    return answer;
}

}  // namespace

void add_python_cases(MetricCaseFunctions& functions) {
    functions["py_capitalize"] = {[](const Json& c) -> Json {
        return {{"result", python::capitalize(input_text(c, "text"))}};
    }};
    functions["py_literal_list"] = {[](const Json& c) -> Json {
        return {{"list", python::string_list(input_text(c, "text"))}};
    }};
    functions["py_random"] = {random_case};
    functions["py_lower"] = {[](const Json& c) -> Json {
        return {{"result", python::lower(input_text(c, "text"))}};
    }};
    functions["py_float"] = {float_case};
    functions["py_round"] = {round_case};
}

void add_vqa_cases(MetricCaseFunctions& functions) {
    functions["vqa_normalize"] = {[](const Json& c) -> Json {
        return {{"normalized", normalised_answer(input_text(c, "text"))}};
    }};
    functions["vqa_accuracy"] = {vqa_case, k_tolerance};
    functions["vqa_aggregate"] = {mean_case, k_tolerance};
}

void add_choice_cases(MetricCaseFunctions& functions) {
    functions["seed"] = {seed_case};
    functions["seed_aggregate"] = {seed_mean_case, k_tolerance};
    functions["scienceqa"] = {science_qa_case};
}

void add_prompt_cases(MetricCaseFunctions& functions) { functions["prompt"] = {prompt_case}; }

MetricCaseFunctions metric_case_functions() {
    MetricCaseFunctions functions;
    add_python_cases(functions);
    add_prompt_cases(functions);
    add_vqa_cases(functions);
    add_choice_cases(functions);
    add_mme_cases(functions);
    add_mmmu_cases(functions);
    add_mmbench_cases(functions);
    return functions;
}

}  // namespace lvr::tasks
