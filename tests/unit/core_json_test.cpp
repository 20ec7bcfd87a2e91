// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/rng.hpp>

using namespace lvr::core;

namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_infinite = std::numeric_limits<double>::infinity();

double read_back(const std::string& text) {
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    CHECK(code == std::errc());
    CHECK(end == text.data() + text.size());
    return value;
}

/// Significant digits: without sign, point, exponent and the zeros at either end.
std::size_t digits_of(const std::string& text) {
    std::string digits;
    for (const char letter : text.substr(0, text.find('e'))) {
        if (letter >= '0' && letter <= '9') digits += letter;
    }
    const auto first = digits.find_first_not_of('0'), last = digits.find_last_not_of('0');
    return first == std::string::npos ? 0 : last - first + 1;
}

}  // namespace

TEST_CASE("numbers print in the shortest form that reads back to the same bits") {
    CHECK(shortest(0.1) == "0.1");
    CHECK(shortest(12) == "12");
    CHECK(shortest(1e300) == "1e+300");
    CHECK(shortest(-2.5) == "-2.5");
    CHECK(shortest(0) == "0");
    CHECK(shortest(-0.0) == "-0.0");
    CHECK(shortest(k_nan) == "null");
    CHECK(shortest(-k_infinite) == "null");
    CHECK(shortest(0.1 + 0.2) == "0.30000000000000004");
    CHECK(shortest(5e-324) == "5e-324");
}

TEST_CASE("random doubles survive the trip through text, in at most 17 digits") {
    KeyedRng rng(1, {"json round trip"});
    int seen = 0;
    while (seen < 100000) {
        const auto value = std::bit_cast<double>(rng.next());
        if (!std::isfinite(value)) continue;
        ++seen;
        const std::string text = shortest(value);
        if (std::bit_cast<std::uint64_t>(read_back(text)) != std::bit_cast<std::uint64_t>(value)) FAIL(text);
        char buffer[64];
        const auto end =
            std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
        if (digits_of(text) != digits_of(std::string(buffer, end))) FAIL(text);
        if (std::bit_cast<std::uint64_t>(Json::parse(text).get<double>()) !=
            std::bit_cast<std::uint64_t>(value))
            FAIL(text);
    }
}

TEST_CASE("JSON text keeps the order of keys, puts arrays of numbers on one line, and reads back") {
    Json value;
    value["z"] = {1, 2.5, k_nan};
    value["a"]["nested"] = Json::array({Json::object(), Json::array(), "x\"y\n"});
    value["a"]["nothing"] = nullptr;
    const std::string text = to_text(value);
    CHECK(text ==
          "{\n  \"z\": [1, 2.5, null],\n  \"a\": {\n    \"nested\": [\n      {},\n      [],\n      "
          "\"x\\\"y\\n\"\n    ],\n"
          "    \"nothing\": null\n  }\n}");
    CHECK(to_text(Json::parse(text)) == text);
    CHECK(to_text(Json::object()) == "{}");
}

TEST_CASE("bytes that are not UTF-8 do not break JSON text, in values and in keys") {
    Json value;
    value["k\xff"] = "v\xfe";
    const auto back = Json::parse(to_text(value));
    CHECK(back.begin().key() == "k\xEF\xBF\xBD");
    CHECK(back.front() == "v\xEF\xBF\xBD");
}

TEST_CASE("what is absent or not finite is null") {
    CHECK(number(k_nan).is_null());
    CHECK(number(k_infinite).is_null());
    CHECK(number(std::optional<double>()).is_null());
    CHECK(number(std::optional<double>(2)) == Json(2.0));
    const std::vector<double> values = {1, k_nan};
    CHECK(numbers(values) == Json::array({1.0, nullptr}));
}

TEST_CASE("JSON of others is read to a depth, and named where it is wrong") {
    const auto nested = [](const char* open, const char* close, int depth) {
        std::string text;
        for (int i = 0; i < depth; ++i) text += open;
        text += "1";
        for (int i = 0; i < depth; ++i) text += close;
        return text;
    };
    CHECK(depth_of(parse_json(nested("[", "]", k_deepest_json), "x")) == k_deepest_json);
    CHECK(depth_of(parse_json(nested("{\"a\":", "}", k_deepest_json), "x")) == k_deepest_json);
    for (const int depth : {k_deepest_json + 1, 80'000}) {
        CHECK_THROWS_WITH(parse_json(nested("[", "]", depth), "x.csv"),
                          Catch::Contains("x.csv is nested more than 64 levels deep"));
        CHECK_THROWS_AS(parse_json(nested("{\"a\":", "}", depth), "x"), Error);
    }
    CHECK_THROWS_WITH(parse_json("{", "x.csv"), Catch::Contains("x.csv is not JSON"));
    CHECK_THROWS_AS(parse_json("1e999", "x"), Error);
    CHECK(parse_json("[1, {\"a\": null}]", "x") == Json::parse("[1, {\"a\": null}]"));
    CHECK(depth_of(Json(1)) == 0);
    CHECK(depth_of(Json::array()) == 1);
}
