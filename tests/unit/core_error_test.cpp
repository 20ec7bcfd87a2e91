// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>

using namespace lvr::core;
namespace fs = std::filesystem;

namespace {

template <class Call>
Error error_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was thrown");
    return usage_error("");
}

fs::path scratch(const std::string& name) {
    const fs::path folder = fs::temp_directory_path() / ("lvr-core-" + std::to_string(getpid()));
    fs::create_directories(folder);
    return folder / name;
}

}  // namespace

TEST_CASE("an error says the problem, why it matters and what to do, and leaves out what is empty") {
    CHECK(std::string(input_error("p", "w", "r").what()) == "p\n  why:    w\n  remedy: r");
    CHECK(std::string(input_error("p", "", "r").what()) == "p\n  remedy: r");
    CHECK(std::string(input_error("p", "w").what()) == "p\n  why:    w");
    CHECK(std::string(input_error("p").what()) == "p");
}

TEST_CASE("each kind of error is told apart") {
    CHECK(usage_error("").kind() == ErrorKind::usage);
    CHECK(input_error("").kind() == ErrorKind::input);
    CHECK(output_error("").kind() == ErrorKind::output);
    CHECK(error_of([] { ensure(false, "x is odd"); }).kind() == ErrorKind::internal);
    CHECK_THAT(error_of([] { ensure(false, "x is odd"); }).what(), Catch::Contains("x is odd"));
    CHECK_NOTHROW(ensure(true, "x is odd"));
}

TEST_CASE("log levels have names, and no others") {
    CHECK(log_level("debug") == LogLevel::debug);
    CHECK(log_level("info") == LogLevel::info);
    CHECK(log_level("warning") == LogLevel::warning);
    CHECK(log_level("error") == LogLevel::error);
    const auto error = error_of([] { log_level("loud"); });
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Catch::Contains("'loud'") && Catch::Contains("warning"));
}

TEST_CASE("a text file is read as it is, whatever its bytes and length") {
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{262143}, std::size_t{262144}, std::size_t{262145}}) {
        std::string bytes;
        for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(i * 7 % 256);
        const auto file = scratch("bytes");
        std::ofstream(file, std::ios::binary) << bytes;
        INFO("length " << length);
        CHECK(read_text(file) == bytes);
    }
    CHECK(read_text("/dev/null").empty());
}

TEST_CASE("a file that cannot be read is an input error that names it") {
    struct Case {
        fs::path file;
        std::string says;
    };
    std::ofstream(scratch("file")) << "x";
    const std::vector<Case> cases = {{scratch("nothing-here"), "no such file"},
                                     {scratch("file") / "below", "no such file"},
                                     {scratch("").parent_path(), "is a folder"},
                                     {"/proc/self/mem", "cannot be read"}};
    for (const auto& [file, says] : cases) {
        const auto error = error_of([&, path = file] { read_text(path); });
        CHECK(error.kind() == ErrorKind::input);
        CHECK_THAT(error.what(), Catch::StartsWith(file.string() + ": " + says));
        CHECK_THAT(error.what(), Catch::Contains("remedy:"));
    }
}
