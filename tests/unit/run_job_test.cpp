// SPDX-License-Identifier: Apache-2.0
#include <stdio_ext.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <new>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/job.hpp>
#include <lvr/run/signals.hpp>

#include "run_capture.hpp"

using namespace lvr;

namespace {

struct Outcome {
    int status = -1;
    std::string out, err;
};

Outcome run_with(const std::function<int(run::Job&)>& body) {
    core::start_log(core::LogLevel::info);
    const test::Capture out(STDOUT_FILENO), err(STDERR_FILENO);
    const int status = run::run_body(body);
    return {status, out.text(), err.text()};
}

}  // namespace

TEST_CASE("the body's status is the program's, and its results go to stdout as they are") {
    const auto outcome = run_with([](run::Job& job) {
        job.print("result\n");
        core::info("talk");
        return 0;
    });
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "result\n");
    CHECK_THAT(outcome.err, Catch::Contains("info] talk"));
    CHECK(run_with([](run::Job&) { return 17; }).status == 17);
}

TEST_CASE("an exception out of the body is one message and its exit status") {
    const auto status_of = [](auto thrower) {
        return run_with([=](run::Job&) -> int {
            thrower();
            return 0;
        });
    };
    CHECK(status_of([] { throw core::usage_error("x"); }).status == run::k_exit_usage);
    CHECK(status_of([] { throw core::input_error("x"); }).status == run::k_exit_input);
    CHECK(status_of([] { throw core::output_error("x"); }).status == run::k_exit_output);
    CHECK(status_of([] { throw std::bad_alloc(); }).status == run::k_exit_resource);
    CHECK(status_of([] { throw std::logic_error("x"); }).status == run::k_exit_internal);
    CHECK(status_of([] { throw 42; }).status == run::k_exit_internal);
    const auto told = status_of([] { throw core::input_error("bad {} file", "it matters", "mend it"); });
    CHECK_THAT(told.err, Catch::Contains("error] bad {} file\n  why:    it matters\n  remedy: mend it\n"));
    CHECK(told.out.empty());
}

TEST_CASE("the log goes to stderr from its level on, and says which rank speaks") {
    const test::Capture out(STDOUT_FILENO), err(STDERR_FILENO);
    core::start_log(core::LogLevel::warning);
    core::info("too quiet");
    core::warn("alone {}", 1);
    core::set_log_ranks(2, 4);
    core::error("of four");
    core::start_log(core::LogLevel::debug);
    core::debug("alone again");
    CHECK(out.text().empty());
    CHECK_THAT(err.text(), !Catch::Contains("too quiet") && Catch::Contains(" warning] alone 1\n") &&
                               Catch::Contains(" r2/4 error] of four\n") &&
                               Catch::Contains(" debug] alone again\n"));
}

TEST_CASE("a full stdout is an output error, however long the text") {
    for (const std::size_t length : {std::size_t{1}, std::size_t{100000}}) {
        const test::Capture full(STDOUT_FILENO, "/dev/full"), err(STDERR_FILENO);
        const int status = run::run_body([&](run::Job& job) {
            job.print(std::string(length, 'x'));
            return 0;
        });
        __fpurge(stdout);  // what could not be written must not turn up later
        std::clearerr(stdout);
        CHECK(status == run::k_exit_output);
        CHECK_THAT(err.text(), Catch::Contains("cannot write to stdout: No space left on device"));
    }
}

TEST_CASE("a signal becomes a flag, and the flag an exit status that asks to be started again") {
    CHECK_FALSE(run::stop_requested());
    CHECK_NOTHROW(run::stop_if_requested());
    const auto outcome = run_with([](run::Job&) {
        std::raise(SIGUSR1);
        CHECK(run::stop_requested());
        run::stop_if_requested();
        return 0;
    });
    CHECK(outcome.status == run::k_exit_interrupted);
    CHECK_THAT(outcome.err,
               Catch::Contains("stopped by a signal") && Catch::Contains("start the same command again"));
}
