// SPDX-License-Identifier: Apache-2.0
// Against statsmodels and SciPy (tests/reference/score_errors.py).
#include <catch2/catch.hpp>

#include <cmath>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/tasks/uncertainty.hpp>

using namespace lvr;
using Catch::Contains;
using core::Json;
using tasks::Score;

namespace {

/// @param values "first" or "second"
Score score_of(const Json& golden, const char* values) {
    Score score;
    for (std::size_t i = 0; i < golden.at(values).size(); ++i) {
        const std::string stratum = golden.contains("strata") ? golden["strata"][i].dump() : "";
        score.units.push_back({std::to_string(i), stratum, golden.at("clusters")[i].dump(),
                               golden.at(values)[i].get<double>()});
    }
    tasks::settle(score);
    return score;
}

Approx near(const Json& value) { return Approx(value.get<double>()).epsilon(1e-9).margin(1e-9); }

Score three_questions() {
    Score score;
    score.units = {{"a", "", "1", 0}, {"b", "", "2", 100}, {"c", "", "3", 100}};
    return score;
}

}  // namespace

TEST_CASE("standard errors and comparisons are those of statsmodels") {
    const std::string file = LVR_SOURCE_DIR "/tests/golden/score_errors.json";
    const Json golden = core::parse_json(core::read_text(file), file);
    int compared = 0, errors = 0;
    for (const auto& one : golden) {
        const Score first = score_of(one, "first");
        CHECK(first.standard_error == near(one.at("standard_error")));
        ++errors;
        if (one.contains("sum")) CHECK(first.reported == near(one["sum"]));
        if (!one.contains("difference")) continue;
        const auto& expected = one["difference"];
        const auto result = tasks::compare(first, score_of(one, "second"));
        CHECK(result.difference == near(expected.at("value")));
        CHECK(result.standard_error == near(expected.at("standard_error")));
        CHECK(result.low == near(expected.at("low")));
        CHECK(result.high == near(expected.at("high")));
        CHECK(result.p_value == near(expected.at("p_value")));
        CHECK(result.units == static_cast<std::int64_t>(one.at("first").size()));
        ++compared;
    }
    CHECK(errors == 11);
    CHECK(compared == 7);
}

TEST_CASE("a model compared with itself does not differ") {
    const auto result = tasks::compare(three_questions(), three_questions());
    CHECK(result.difference == 0);
    CHECK(result.p_value == 1);
    CHECK(result.differing == 0);
    CHECK(result.clusters == 3);
}

TEST_CASE("the sign of a difference is that of the first, and the order of units does not matter") {
    Score better = three_questions();
    better.units[0].value = 100;
    std::swap(better.units[0], better.units[2]);
    const auto result = tasks::compare(better, three_questions());
    CHECK(result.difference == Approx(100.0 / 3));
    CHECK(result.differing == 1);
    CHECK(result.low < result.difference);
    CHECK(result.high > result.difference);
    const auto wide = tasks::compare(better, three_questions(), 0.99);
    CHECK(wide.high > result.high);
    CHECK(tasks::compare(three_questions(), better).difference == -result.difference);
}

TEST_CASE("answers to other questions are not compared") {
    const auto refusal = [](const Score& other) {
        try {
            tasks::compare(three_questions(), other);
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    Score other = three_questions();
    other.units[1].id = "d";
    CHECK_THAT(refusal(other),
               Contains("only one of them has: b, d") || Contains("only one of them has: b and d"));
    other = three_questions();
    other.units.pop_back();
    CHECK_THAT(refusal(other), Contains("only one of them has: c"));
    other = three_questions();
    other.units[2].cluster = "1";
    CHECK_THAT(refusal(other), Contains("another category or picture") && Contains(": c"));
    other.units[2] = other.units[1];
    CHECK_THAT(refusal(other), Contains("twice: b"));
}

TEST_CASE("what cannot be estimated is not a number") {
    Score score;
    score.units = {{"a", "", "1", 0}, {"b", "", "1", 100}};
    CHECK(std::isnan(tasks::standard_error(score.units)));
    const auto result = tasks::compare(score, score);
    CHECK(std::isnan(result.p_value));
    CHECK(result.difference == 0);
    score.units.clear();
    CHECK_THROWS_WITH(tasks::settle(score), Contains("counts"));
}
