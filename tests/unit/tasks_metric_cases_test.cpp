// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <map>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/tasks/metric_cases.hpp>

using namespace lvr;
using Catch::Contains;
using core::Json;

namespace {

Json golden_cases() {
    const std::string file = LVR_SOURCE_DIR "/tests/golden/metric_cases.json";
    return core::parse_json(core::read_text(file), file);
}

Json one_case(const Json& metric_case) { return {{"cases", Json::array({metric_case})}}; }

std::string failure(const Json& metric_case) {
    const auto results = tasks::run_metric_cases(one_case(metric_case), tasks::metric_case_functions());
    REQUIRE(results.size() == 1);
    CHECK_FALSE(results[0].pass);
    return results[0].got.dump();
}

}  // namespace

TEST_CASE("the reference's cases give its answers") {
    auto functions = tasks::metric_case_functions();
    std::map<std::string, int> families;
    const Json file = golden_cases();
    const auto results = tasks::run_metric_cases(file, functions);
    REQUIRE(results.size() == file["cases"].size());
    for (const auto& result : results) {
        const std::string family = result.id.substr(0, result.id.find('/'));
        if (!functions.contains(family)) {
            CHECK((family == "conversation" || family == "train_format"));
            continue;
        }
        ++families[family];
        INFO(result.id << ": expected " << result.expected.dump() << ", got " << result.got.dump());
        CHECK(result.pass);
    }
    for (const auto& [family, count] : file["meta"]["per_family"].items()) {
        INFO(family);
        CHECK((families.contains(family) || family == "conversation" || family == "train_format"));
    }
}

TEST_CASE("an answer is compared exactly, member for member") {
    Json metric_case = {{"id", "seed/1"},
                        {"family", "seed"},
                        {"input", {{"prediction", "A"}, {"answer", "A"}, {"data_type", "image"}}}};
    metric_case["expected"] = {{"metric_key", "seed_image"}, {"pred", "A"}, {"correct", true}};
    const auto passes = [&] {
        return tasks::run_metric_cases(one_case(metric_case), tasks::metric_case_functions())[0].pass;
    };
    CHECK(passes());
    metric_case["expected"]["correct"] = 1;
    CHECK_FALSE(passes());
    metric_case["expected"]["correct"] = true;
    metric_case["expected"]["more"] = 1;
    CHECK_FALSE(passes());
    metric_case["expected"].erase("more");
    metric_case["expected"]["pred"] = "a";
    CHECK_FALSE(passes());
    metric_case.erase("expected");
    CHECK_FALSE(passes());
}

TEST_CASE("a case that cannot be answered fails and says why") {
    CHECK_THAT(failure({{"id", "x"}, {"family", "chess"}}),
               Contains("no family called") && Contains("chess"));
    CHECK_THAT(failure({{"id", "x"}}), Contains("names no family"));
    CHECK_THAT(failure("text"), Contains("names no family"));
    CHECK_THAT(failure({{"id", "x"}, {"family", "seed"}}), Contains("input"));
    CHECK_THAT(failure({{"id", "x"}, {"family", "seed"}, {"input", {{"prediction", "A"}}}}),
               Contains("answer"));
    CHECK_THAT(failure({{"id", "x"},
                        {"family", "seed"},
                        {"input", {{"prediction", 1}, {"answer", "A"}, {"data_type", "image"}}}}),
               Contains("prediction"));
    CHECK_THAT(failure({{"id", "x"}, {"family", "vqa_aggregate"}, {"input", {{"values", "many"}}}}),
               Contains("failed"));
    CHECK_THAT(
        failure({{"id", "x"}, {"family", "prompt"}, {"fn", "chess"}, {"input", {{"doc", Json::object()}}}}),
        Contains("fn"));
    CHECK_THROWS_WITH(tasks::run_metric_cases(Json::array(), {}), Contains("cases"));
}

TEST_CASE("where the reference raises an exception its name is the answer") {
    const auto got = [](const char* family, const Json& input, const char* function) {
        const auto results = tasks::run_metric_cases(
            one_case({{"id", "x"}, {"family", family}, {"fn", function}, {"input", input}}),
            tasks::metric_case_functions());
        return results.at(0).got.value("error", results.at(0).got.dump());
    };
    CHECK(got("vqa_aggregate", {{"values", Json::array()}}, "mean") == "ZeroDivisionError");
    CHECK(got("seed_aggregate", {{"pairs", Json::array()}}, "") == "ZeroDivisionError");
    CHECK(got("vqa_accuracy", {{"prediction", "x"}, {"answers", Json::array()}}, "textvqa_process_results") ==
          "StatisticsError");
    CHECK(got("mme_process", {{"prediction", "x"}, {"answer", "maybe"}, {"category", "OCR"}}, "") ==
          "AssertionError");
    CHECK(got("mmmu_parse_mc", {{"response", "x"}, {"options", Json::array()}, {"python_random_seed", 0}},
              "") == "IndexError");
    CHECK(got("mmmu_subset", {{"id", "Art"}}, "") == "ValueError");
    CHECK(got("py_literal_list", {{"text", "['a"}}, "") == "SyntaxError");
    CHECK(got("scienceqa", {{"prediction", "A"}, {"answer_index", 2}, {"num_choices", 2}}, "") ==
          "IndexError");
    CHECK(got("mmbench_choices", {{"options", {{"A", "x"}}}}, "") == "KeyError");
    CHECK(got("mmbench_text", {{"text", "x"}, {"choices", {{"E", "x"}}}}, "") == "AssertionError");
}

TEST_CASE("other rooms answer families of their own") {
    tasks::MetricCaseFunctions functions;
    functions["echo"] = {[](const Json& metric_case) { return metric_case.at("input"); }};
    const auto results = tasks::run_metric_cases(
        {{"cases", {{{"family", "echo"}, {"input", 7}, {"expected", 7}}}}}, functions);
    REQUIRE(results.size() == 1);
    CHECK(results[0].pass);
    CHECK(results[0].id == "case 0");
}
