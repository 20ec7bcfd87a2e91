// SPDX-License-Identifier: Apache-2.0
// Random texts against the reference's functions and Python's own (tests/reference/metrics_reference.py).
#include <catch2/catch.hpp>

#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/tasks/benchmark.hpp>
#include <lvr/tasks/metric_cases.hpp>
#include <lvr/tasks/mmbench_answer.hpp>
#include <lvr/tasks/mmmu_answer.hpp>
#include <lvr/tasks/python_literal.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/vqa_answer.hpp>

using namespace lvr;
using Catch::Contains;
using core::Json;

namespace {

/// The file's families as a file of metric cases.
Json cases_of(const Json& families) {
    Json cases = Json::array();
    for (const auto& [family, part] : families.items()) {
        for (const auto& one : part.at("cases")) {
            cases.push_back({{"id", family + "/" + std::to_string(cases.size())},
                             {"family", family},
                             {"fn", part.at("fn")},
                             {"input", one.at(0)},
                             {"expected", one.at(1)}});
        }
    }
    return {{"cases", cases}};
}

/// Bytes that are nobody's UTF-8, in the midst of text.
std::string broken_text(std::uint32_t& state) {
    constexpr std::string_view pool = "Ab 1.,'sS(\n\xCE\xA3\xC3\x80\xFF\xE2\x80\xF0\x9F-_e=iso ";
    std::string text;
    for (int i = 0; i < 24; ++i) {
        state = state * 1664525 + 1013904223;
        text += pool[(state >> 16) % pool.size()];
    }
    return text;
}

}  // namespace

TEST_CASE("random texts give what the reference makes of them") {
    const std::string file = LVR_SOURCE_DIR "/tests/golden/metrics_reference.json";
    const Json families = core::parse_json(core::read_text(file), file);
    const auto results = tasks::run_metric_cases(cases_of(families), tasks::metric_case_functions());
    CHECK(families.size() == 21);
    CHECK(results.size() > 2000);
    for (const auto& result : results) {
        INFO(result.id << ": expected " << result.expected.dump() << ", got " << result.got.dump());
        CHECK(result.pass);
    }
}

TEST_CASE("bytes that are not UTF-8 do no harm") {
    std::uint32_t state = 1;
    const std::vector<std::string> options = {"\xFF", "a\xCE", "", "b"};
    std::size_t lengths = 0;
    for (int i = 0; i < 2000; ++i) {
        const std::string text = broken_text(state);
        lengths += tasks::normalised_answer(text).size() + tasks::python::lower(text).size() +
                   tasks::python::capitalize(text).size() + tasks::mmmu_values(text).size();
        lengths += tasks::mmmu_choice(text, options).value_or("").size();
        lengths +=
            tasks::mmbench_rules(text, "ABCD") || tasks::mmbench_option(text, {{'A', text}, {'B', "b"}}) ? 1
                                                                                                         : 0;
        CHECK(tasks::python::first(text, 1000) == text);
    }
    CHECK(lengths > 0);
}

TEST_CASE("an unknown benchmark is named with the nearest") {
    CHECK(tasks::find_benchmark("seedbench").score_name == "seed_image");
    CHECK(tasks::find_benchmark("seed_image").name == "seedbench");
    CHECK_THROWS_WITH(tasks::find_benchmark("seedbensh"), Contains("seedbensh") && Contains("seedbench"));
    CHECK_THROWS_WITH(tasks::find_benchmark("chess"), Contains("mmbench_en_dev") && Contains("seedbench"));
    CHECK(tasks::benchmarks().size() == 8);
}

TEST_CASE("documents that lack what is asked are refused by the member's name") {
    for (const auto& benchmark : tasks::benchmarks()) {
        INFO(benchmark.name);
        CHECK_THROWS_WITH(benchmark.context(Json::object()), Contains("question"));
        const Json document = Json::object();
        const std::vector<tasks::Answered> answers = {{&document, "A", "", 0}};
        CHECK_THROWS_AS(benchmark.score(std::span<const tasks::Answered>(), {}), core::Error);
        if (benchmark.name.find("vqa") == std::string_view::npos)
            CHECK_THROWS_AS(benchmark.score(answers, {}), core::Error);
    }
}

TEST_CASE("scores stop where the reference stops") {
    const auto score = [](std::string_view name, const std::vector<Json>& documents) {
        std::vector<tasks::Answered> answers;
        for (const auto& document : documents) answers.push_back({&document, "yes", "", -1});
        return tasks::find_benchmark(name).score(answers, {});
    };
    const Json mme = {{"question_id", "existence/1.png"}, {"category", "existence"}, {"answer", "Yes"}};
    CHECK_THROWS_WITH(score("mme", {mme}), Contains("existence/1.png") && Contains("1 answers, not 2"));
    Json perhaps = mme;
    perhaps["answer"] = "Perhaps";
    CHECK_THROWS_WITH(score("mme", {mme, perhaps}), Contains("Perhaps"));
    CHECK_THROWS_WITH(score("textvqa_val", {{{"question_id", 1}, {"answers", Json::array()}}}),
                      Contains("empty list"));
    CHECK(score("ok_vqa_val2014", {{{"question_id", "1"}, {"answers", Json::array()}}}).value == 0);
    CHECK_THROWS_WITH(score("mmmu_val", {{{"id", "x"}, {"answer", "A"}, {"question_type", "open"}}}),
                      Contains("\"x\""));
    CHECK_THROWS_WITH(score("mmmu_val", {{{"id", "validation_Art_1"},
                                          {"answer", "A"},
                                          {"question_type", "multiple-choice"},
                                          {"options", "[]"}}}),
                      Contains("has none"));
    CHECK_THROWS_WITH(score("scienceqa_img", {{{"answer", 3}, {"choices", {"a", "b"}}}}),
                      Contains("number 3 of 2"));
    CHECK_THROWS_WITH(score("seedbench", {{{"data_type", "video"}, {"answer", "A"}, {"question_id", "1"}}}),
                      Contains("counts"));
    CHECK_THROWS_WITH(
        score("mmbench_en_dev", {{{"index", "x"}, {"answer", "A"}, {"category", "c"}, {"L2-category", "l"}}}),
        Contains("index"));
}

TEST_CASE("a list of options that Python does not read is refused where it breaks") {
    CHECK(tasks::python::string_list("['a', \"b\"]") == std::vector<std::string>{"a", "b"});
    for (const char* text : {"", "[", "['a'", "['a", "a", "['a' b]", "[1]", "['\\ud800']", "['\\N{DASH}']",
                             "['\\x4']", "[,]", "['a']]", "('a')", "['a\nb']"}) {
        INFO(text);
        CHECK_THROWS_WITH(tasks::python::string_list(text), Contains("at byte"));
    }
}
