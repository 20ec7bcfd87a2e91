// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

#include <lvr/core/config.hpp>
#include <lvr/core/config_json.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>

using namespace lvr::core;
namespace fs = std::filesystem;

namespace {

struct Sample {
    bool loud = false;
    std::int64_t count = 3;
    double share = 0.5;
    std::string mode = "fast";
    std::string note;
    std::vector<std::string> names = {"a"};
    std::vector<double> numbers;
    StringMap groups = {{"old", "x"}};

    Fields fields() {
        return {{"loud", &loud, "say more"},       {"count", &count, "how many"},
                {"share", &share, "of the whole"}, {"mode", &mode, "how", {"fast", "exact"}},
                {"note", &note, "any text"},       {"names", &names, "who"},
                {"numbers", &numbers, "which"},    {"groups", &groups, "name = members"}};
    }
};

fs::path write(const std::string& toml) {
    const fs::path file = fs::temp_directory_path() / ("lvr-config-" + std::to_string(getpid()) + ".toml");
    std::ofstream(file, std::ios::binary) << toml;
    return file;
}

Sample loaded(const std::string& toml) {
    Sample sample;
    load_toml(write(toml), sample.fields());
    return sample;
}

std::string message_of(const std::string& toml, ErrorKind kind = ErrorKind::usage) {
    try {
        loaded(toml);
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    FAIL("accepted: " << toml);
    return "";
}

}  // namespace

TEST_CASE("a configuration file sets what it names and leaves the rest") {
    const auto sample =
        loaded("loud = true\nshare = 2\nnames = ['b', \"c\"]\nnumbers = [1, 2.5]\n[groups]\nnew = 'p, q'\n");
    CHECK(sample.loud);
    CHECK(sample.count == 3);
    CHECK(sample.share == 2.0);  // a whole number is a number
    CHECK(sample.mode == "fast");
    CHECK(sample.names == std::vector<std::string>{"b", "c"});
    CHECK(sample.numbers == std::vector<double>{1, 2.5});
    CHECK(sample.groups == StringMap{{"new", "p, q"}});
    CHECK(loaded("").names == Sample().names);
}

TEST_CASE("what is wrong in a configuration file is said with its line and the nearest known key") {
    CHECK_THAT(message_of("\ncuont = 4"),
               Catch::Contains("line 2") && Catch::Contains("did you mean 'count'?"));
    CHECK_THAT(message_of("zzzzzzzz = 4"),
               Catch::Contains("unknown key") && Catch::Contains("--dump-config"));
    CHECK_THAT(message_of("count = 'four'"), Catch::Contains("count: is not an integer"));
    CHECK_THAT(message_of("count = 4.0"), Catch::Contains("count: is not an integer"));
    CHECK_THAT(message_of("loud = 1"), Catch::Contains("loud: is not true or false"));
    CHECK_THAT(message_of("share = '1'"), Catch::Contains("share: is not a number"));
    CHECK_THAT(message_of("share = nan"), Catch::Contains("share: is not a finite number"));
    CHECK_THAT(message_of("numbers = [1, inf]"), Catch::Contains("numbers: is not a finite number"));
    CHECK_THAT(message_of("numbers = 1"), Catch::Contains("numbers: is not a list"));
    CHECK_THAT(message_of("names = ['a', 1]"), Catch::Contains("names: is not a text"));
    CHECK_THAT(message_of("note = 1979-05-27"), Catch::Contains("note: is not a text"));
    CHECK_THAT(message_of("groups = 'x'"), Catch::Contains("groups: is not a table"));
    CHECK_THAT(message_of("[groups]\nx = 1"), Catch::Contains("groups.x: is not a text"));
    CHECK_THAT(message_of("mode = 'slow'"), Catch::Contains("'slow' is not one of fast, exact"));
    CHECK_THAT(message_of("count = = 4"), Catch::Contains("line 1") && Catch::Contains("not valid TOML"));
    CHECK_THAT(message_of("count = 4\ncount = 5"), Catch::Contains("line 2"));
    CHECK_THAT(message_of("count = 99999999999999999999"), Catch::Contains("line 1"));
}

TEST_CASE("a configuration file that is not there is an input error") {
    Sample sample;
    CHECK_THROWS_WITH(load_toml("no-such.toml", sample.fields()),
                      Catch::Contains("no-such.toml: no such file"));
}

TEST_CASE("what is dumped loads back to the same values") {
    KeyedRng rng(7, {"config round trip"});
    const auto text = [&] {
        static const std::string letters[] = {"a", "Z", "\"", "'",  "\\", "\n",   "\t", " ",
                                              "#", "=", "é",  "漢", "]",  "\x01", "\r"};
        std::string made;
        for (auto left = rng.below(12); left > 0; --left) made += letters[rng.below(std::size(letters))];
        return made;
    };
    int rounds = 0;
    for (; rounds < 300; ++rounds) {
        Sample before;
        before.loud = rng.below(2) == 1;
        before.count = static_cast<std::int64_t>(rng.next());
        before.share = rng.normal() * std::pow(10.0, static_cast<double>(rng.below(600)) - 300);
        before.mode = rng.below(2) == 1 ? "fast" : "exact";
        before.note = text();
        before.names.clear();
        for (auto left = rng.below(3); left > 0; --left) before.names.push_back(text());
        for (auto left = rng.below(3); left > 0; --left)
            before.numbers.push_back(std::floor(rng.normal() * 3));
        before.groups = {{text() + "k", text()}, {text() + "l", text()}};
        const std::string dumped = to_toml(before.fields());
        INFO(dumped);
        Sample after;
        load_toml(write(dumped), after.fields());
        CHECK(to_json(before.fields()) == to_json(after.fields()));
        Sample from_object;
        from_json(to_json(before.fields()), from_object.fields(), "settings");
        CHECK(to_json(before.fields()) == to_json(from_object.fields()));
        REQUIRE(to_toml(after.fields()) == dumped);
    }
    CHECK(rounds == 300);
}

TEST_CASE("a dump explains each field") {
    Sample sample;
    const std::string dumped = to_toml(sample.fields());
    CHECK_THAT(dumped, Catch::Contains("# how (fast, exact)\nmode = "));
    CHECK_THAT(dumped, Catch::Contains("# how many\ncount = 3\n"));
    CHECK_THAT(dumped, Catch::Contains("share = 0.5\n"));
}

TEST_CASE("the nearest word is near, or there is none") {
    const std::vector<std::string> known = {"--policy", "--plan", "--plan-study", "--seed"};
    CHECK(nearest("--polcy", known) == "--policy");
    CHECK(nearest("--plam", known) == "--plan");
    CHECK(nearest("--plan_study", known) == "--plan-study");
    CHECK(nearest("--sede", known) == "--seed");
    CHECK(nearest("completely-else", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest("x", {}).empty());
}

TEST_CASE("settings that are none are refused") {
    const auto refused = [](const Json& object) -> std::string {
        Sample sample;
        try {
            from_json(object, sample.fields(), "model/summary.json");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::input);
            return error.what();
        }
        return "";
    };
    CHECK(refused({{"count", 4}}).empty());
    CHECK_THAT(refused({{"cuont", 4}}), Catch::Contains("model/summary.json: has 'cuont'"));
    CHECK_THAT(refused({{"count", "four"}}), Catch::Contains("'count' is of another type"));
    CHECK_THAT(refused(Json::array({1})), Catch::Contains("no object"));
}
