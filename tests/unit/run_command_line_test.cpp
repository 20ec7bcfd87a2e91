// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <fstream>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/job.hpp>

#include "run_capture.hpp"

using namespace lvr;

namespace {

struct Sample {
    std::string input;
    bool loud = false;
    std::int64_t count = 3;
    double share = 0.5;
    std::string mode = "fast";
    std::vector<std::string> names = {"a"};
    std::vector<double> numbers;
    std::vector<std::string> folders;
    core::StringMap groups = {{"old", "x"}};

    core::Fields fields() {
        return {{"input", &input, "what to read", {}, true},
                {"loud", &loud, "say more"},
                {"count", &count, "how many"},
                {"share", &share, "of the whole"},
                {"mode", &mode, "how", {"fast", "exact"}},
                {"names", &names, "who"},
                {"numbers", &numbers, "which"},
                {.name = "folders", .value = &folders, .doc = "where", .many = true},
                {"groups", &groups, "name = members"}};
    }
};

struct Outcome {
    std::optional<int> status;
    Sample sample;
    std::string out, err;
    int validations = 0;
};

Outcome parse(std::vector<std::string> words) {
    words.insert(words.begin(), "sample");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    Outcome outcome;
    const test::Capture out(STDOUT_FILENO), err(STDERR_FILENO);
    outcome.status = run::parse_command_line(static_cast<int>(argv.size()), argv.data(),
                                             {"sample", "A sample.", "Examples: none"},
                                             outcome.sample.fields(), [&] { ++outcome.validations; });
    outcome.out = out.text();
    outcome.err = err.text();
    return outcome;
}

std::string config(const std::string& toml) {
    const std::string file =
        std::filesystem::temp_directory_path() / ("lvr-run-" + std::to_string(getpid()) + ".toml");
    std::ofstream(file) << toml;
    return file;
}

}  // namespace

TEST_CASE("defaults, then the configuration file, then the command line") {
    const auto bare = parse({});
    CHECK_FALSE(bare.status.has_value());
    CHECK(bare.validations == 1);
    CHECK(bare.sample.count == 3);
    const std::string file = config("count = 7\nshare = 0.25\nnames = ['p', 'q']\nloud = true\n");
    const auto with_file = parse({"--config", file});
    CHECK(with_file.sample.count == 7);
    CHECK(with_file.sample.share == 0.25);
    CHECK(with_file.sample.loud);
    const auto with_both =
        parse({"x.csv", "--count", "9", "--config=" + file, "--names=r,s", "--names", "t", "--loud=false"});
    CHECK_FALSE(with_both.status.has_value());
    CHECK(with_both.sample.input == "x.csv");
    CHECK(with_both.sample.count == 9);
    CHECK(with_both.sample.share == 0.25);
    CHECK(with_both.sample.names == std::vector<std::string>{"r", "s", "t"});
    CHECK_FALSE(with_both.sample.loud);
}

TEST_CASE("numbers, lists and tables are read whole") {
    const auto good = parse({"--count=-4", "--share", "1e-3", "--numbers", "1,2.5", "--numbers=-3",
                             "--groups", "new=a, b", "in.csv"});
    CHECK_FALSE(good.status.has_value());
    CHECK(good.sample.input == "in.csv");
    CHECK(good.sample.count == -4);
    CHECK(good.sample.share == 1e-3);
    CHECK(good.sample.numbers == std::vector<double>{1, 2.5, -3});
    CHECK(good.sample.groups == core::StringMap{{"old", "x"}, {"new", "a, b"}});
}

TEST_CASE("a list that takes many words ends at the next option") {
    const auto outcome = parse({"--folders", "a", "b", "--folders=c,d", "--count", "2"});
    CHECK_FALSE(outcome.status.has_value());
    CHECK(outcome.sample.folders == std::vector<std::string>{"a", "b", "c", "d"});
    CHECK(outcome.sample.count == 2);
}

TEST_CASE("a program's command is chosen by its first word") {
    const auto run = [](std::vector<std::string> words) {
        words.insert(words.begin(), "sample");
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        std::string called;
        const auto called_as = [&](const char* name) {
            return [&called, name](int argc, char** rest) {
                called = std::string(name) + ":" + (argc > 1 ? rest[1] : "");
                return 0;
            };
        };
        const test::Capture err(STDERR_FILENO);
        const int status = run::run_commands(
            static_cast<int>(argv.size()), argv.data(),
            {{{"sample walk", "", ""}, called_as("walk")}, {{"sample", "", ""}, called_as("rest")}});
        return std::tuple(status, called, err.text());
    };
    CHECK(std::get<1>(run({"walk", "--far"})) == "walk:--far");
    CHECK(std::get<1>(run({"--far", "walk"})) == "rest:--far");
    CHECK(std::get<1>(run({})) == "rest:");
    const auto [status, called, says] = run({"walc"});
    CHECK(status == run::k_exit_usage);
    CHECK(called.empty());
    CHECK_THAT(says, Catch::Contains("no command 'walc'") && Catch::Contains("did you mean walk?"));
}

TEST_CASE("what cannot be read is a usage error that says what and what to do") {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"--cuont", "3"}, "did you mean --count?"},
        {{"--zzzzzzzzzz"}, "see --help"},
        {{"--count", "abc"}, "'abc' is not an integer"},
        {{"--count", "1.5"}, "'1.5' is not an integer"},
        {{"--count", "99999999999999999999"}, "'99999999999999999999' is not an integer"},
        {{"--share", "1e999"}, "'1e999' is not a number"},
        {{"--share", "nan"}, "'nan' is not a number"},
        {{"--share", "0.5x"}, "'0.5x' is not a number"},
        {{"--numbers", "1,x"}, "'x' is not a number"},
        {{"--mode", "slow"}, "'slow' is not one of fast, exact"},
        {{"--groups", "nothing"}, "'nothing' is not NAME=TEXT"},
        {{"--count"}, "--count"},
        {{"one.csv", "two.csv"}, "two.csv"},
        {{"one.csv", "--names", "p", "q"},
         "not expected: q\n  remedy: write lists with commas, as in NAME,NAME"},
        {{"--log-level", "loud"}, "'loud' is unknown"},
        {{"--config"}, "--config"},
    };
    for (const auto& [words, says] : cases) {
        const auto outcome = parse(words);
        INFO(words.front() << ": " << outcome.err);
        CHECK(outcome.status == run::k_exit_usage);
        CHECK_THAT(outcome.err, Catch::Contains(says) && Catch::Contains("remedy:"));
        CHECK(outcome.out.empty());
        CHECK(outcome.validations == 0);
    }
}

TEST_CASE("a configuration file that is wrong or missing stops the program") {
    CHECK(parse({"--config", config("cuont = 1")}).status == run::k_exit_usage);
    CHECK_THAT(parse({"--config", config("cuont = 1")}).err, Catch::Contains("did you mean 'count'?"));
    CHECK(parse({"--config", "no-such.toml"}).status == run::k_exit_input);
}

TEST_CASE("under a launcher rank 0 speaks for all, but of a missing file each rank") {
    setenv("PMI_RANK", "2", 1);
    const auto usage = parse({"--cuont", "3"}), input = parse({"--config", "no-such.toml"});
    unsetenv("PMI_RANK");
    CHECK(usage.status == run::k_exit_usage);
    CHECK(usage.err.empty());
    CHECK(input.status == run::k_exit_input);
    CHECK_THAT(input.err, Catch::Contains("no-such.toml: no such file"));
}

TEST_CASE("help shows lists as they are typed, with commas and no more words") {
    const auto help = parse({"--help"});
    CHECK_THAT(help.out,
               Catch::Contains("--names NAME,NAME ") && Catch::Contains("--numbers NUMBER,NUMBER "));
    CHECK_THAT(help.out, !Catch::Contains("NAME,NAME ...") && !Catch::Contains("NUMBER,NUMBER ..."));
}

TEST_CASE("help and version go to stdout and stop the program") {
    const auto help = parse({"--help"});
    CHECK(help.status == run::k_exit_ok);
    CHECK_THAT(help.out, Catch::Contains("--count") && Catch::Contains("--config") &&
                             Catch::Contains("--dump-config") && Catch::Contains("--version") &&
                             Catch::Contains("Exit status"));
    const auto version = parse({"--version"});
    CHECK(version.status == run::k_exit_ok);
    CHECK_THAT(version.out, Catch::StartsWith("sample {") && Catch::Contains("\"version\""));
}

TEST_CASE("what --dump-config prints is read back by --config") {
    const auto dumped = parse({"in.csv", "--count=5", "--share=0.125", "--names=p", "--numbers=1e-9,3",
                               "--groups=k=a\"b", "--dump-config"});
    CHECK(dumped.status == run::k_exit_ok);
    CHECK(dumped.validations == 0);
    const auto again = parse({"--config", config(dumped.out), "--dump-config"});
    CHECK(again.out == dumped.out);
    CHECK(again.sample.input == "in.csv");
    CHECK(again.sample.groups.at("k") == "a\"b");
}

TEST_CASE("the exit status of each kind of error is its own") {
    CHECK(run::exit_status(core::ErrorKind::usage) == 2);
    CHECK(run::exit_status(core::ErrorKind::input) == 3);
    CHECK(run::exit_status(core::ErrorKind::output) == 4);
    CHECK(run::exit_status(core::ErrorKind::resource) == 5);
    CHECK(run::exit_status(core::ErrorKind::internal) == 6);
    CHECK(run::exit_status(core::ErrorKind::interrupted) == 75);
}
