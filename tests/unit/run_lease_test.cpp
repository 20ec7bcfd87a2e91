// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/run/lease.hpp>

#include "run_capture.hpp"
#include "run_folder.hpp"

using namespace lvr;
using namespace std::chrono_literals;
using Catch::Contains;
using test::RunFolder;
namespace fs = std::filesystem;

namespace {

/// What taking the lease says: the refusal, or else the log.
std::string said_by_taking(const RunFolder& folder) {
    core::start_log(core::LogLevel::info);
    const test::Capture log(STDERR_FILENO);
    try {
        const run::Lease lease(folder.path());
    } catch (const core::Error& error) {
        CHECK(error.kind() == core::ErrorKind::output);
        return error.what();
    }
    CHECK(!fs::exists(folder / "lease.json"));
    return log.text();
}

/// What lease.json says while this process holds the lease, with changes.
void leave_lease(const RunFolder& folder, const core::Json& changes) {
    std::string text;
    {
        const run::Lease lease(folder.path());
        text = core::read_text(folder / "lease.json");
    }
    core::Json json = core::parse_json(text, "lease.json");
    json.update(changes);
    files::write_text(folder / "lease.json", core::to_text(json));
}

void make_older(const fs::path& file, int seconds) {
    struct stat status {};
    REQUIRE(stat(file.c_str(), &status) == 0);
    struct timespec times[2] = {status.st_atim, status.st_mtim};
    times[1].tv_sec -= seconds;
    REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

pid_t dead_process() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return child;
}

}  // namespace

TEST_CASE("one job at a time fills a folder", "[lease]") {
    const RunFolder folder("lease");
    {
        const run::Lease lease(folder.path());
        lease.expect_held();
        const std::string said = said_by_taking(folder);
        CHECK_THAT(said, Contains("another job is filling this folder: process " + std::to_string(getpid())));
        CHECK_THAT(said,
                   Contains("last sign of life 0 s ago") && Contains("since 20") && Contains("remedy: wait"));
        CHECK(fs::exists(folder / "lease.json"));
    }
    CHECK(said_by_taking(folder).empty());
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("the lease of a dead process is taken over at once", "[lease]") {
    const RunFolder folder("lease");
    leave_lease(folder, {{"pid", dead_process()}});
    CHECK_THAT(said_by_taking(folder),
               Contains("taken over from process") && Contains("its process is gone"));
    leave_lease(folder, {{"pid_start", 1}});  // the number is another process's now
    CHECK_THAT(said_by_taking(folder), Contains("its process is gone"));
    // Of another machine, or another container on it, nobody can say whether it lives.
    int asked = 0;
    for (const char* where : {"host", "boot_id", "pid_namespace"}) {
        leave_lease(folder, {{"pid", dead_process()}, {where, "other"}});
        CHECK_THAT(said_by_taking(folder), Contains("another job is filling this folder"));
        fs::remove(folder / "lease.json");
        ++asked;
    }
    CHECK(asked == 3);
}

TEST_CASE("a lease without a sign of life is taken over when it is old enough", "[lease]") {
    const RunFolder folder("lease");
    leave_lease(folder, {{"host", "other"}});
    make_older(folder / "lease.json", 100);
    CHECK_THAT(said_by_taking(folder),
               Contains("last sign of life 100 s ago") && Contains("start again in 2"));
    make_older(folder / "lease.json", 21);
    CHECK_THAT(said_by_taking(folder), Contains("it has given no sign of life for 121 s"));
    for (const char* damaged : {"", "{", "[1, 2]", R"({"pid": "x"})"}) {
        files::write_text(folder / "lease.json", damaged);
        CHECK_THAT(said_by_taking(folder), Contains("unknown (lease.json is damaged)"));
        make_older(folder / "lease.json", 121);
        CHECK_THAT(said_by_taking(folder), Contains("taken over from unknown"));
    }
}

TEST_CASE("a requeued Slurm job takes over its own lease", "[lease]") {
    const RunFolder folder("lease");
    const auto in_slurm = [](const char* job, const char* restarts) {
        setenv("SLURM_JOB_ID", job, 1);
        if (restarts == nullptr)
            unsetenv("SLURM_RESTART_COUNT");
        else
            setenv("SLURM_RESTART_COUNT", restarts, 1);
    };
    in_slurm("77", nullptr);
    leave_lease(folder, {{"host", "other"}});
    CHECK_THAT(said_by_taking(folder),
               Contains("another job") && Contains("Slurm job 77"));  // a step beside it
    in_slurm("78", "1");
    CHECK_THAT(said_by_taking(folder), Contains("another job"));
    in_slurm("77", "1");
    CHECK_THAT(said_by_taking(folder), Contains("an earlier start of this Slurm job"));
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
}

TEST_CASE("a lease gives signs of life, and notices when it is lost", "[lease]") {
    const RunFolder folder("lease");
    const run::LeaseRules quick{.heartbeat = 20ms};
    const auto is_lost = [](const run::Lease& lease) {
        try {
            lease.expect_held();
        } catch (const core::Error& error) {
            CHECK_THAT(error.what(), Contains("is no longer ours"));
            return true;
        }
        return false;
    };
    const auto soon = [](auto condition) {
        for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
        return condition();
    };
    {
        const run::Lease lease(folder.path(), quick);
        make_older(folder / "lease.json", 1000);
        const auto old = fs::last_write_time(folder / "lease.json");
        CHECK(soon([&] { return fs::last_write_time(folder / "lease.json") > old; }));
        CHECK(!is_lost(lease));
        files::write_text(folder / "lease.json", "another's");
        CHECK(soon([&] { return is_lost(lease); }));
    }
    CHECK(core::read_text(folder / "lease.json") == "another's");
    fs::remove(folder / "lease.json");
    const run::Lease lease(folder.path(), quick);
    fs::remove(folder / "lease.json");
    CHECK(soon([&] { return is_lost(lease); }));
}

TEST_CASE("of processes that start at once, one gets the lease", "[lease]") {
    const RunFolder folder("lease");
    for (const bool with_dead_holder : {false, true}) {
        for (int round = 0; round < 10; ++round) {
            if (with_dead_holder) leave_lease(folder, {{"pid", dead_process()}});
            int start[2], end[2];
            REQUIRE((pipe(start) == 0 && pipe(end) == 0));
            constexpr int contenders = 6;
            std::vector<pid_t> children;
            for (int i = 0; i < contenders; ++i) {
                children.push_back(fork());
                if (children.back() != 0) continue;
                close(start[1]);
                close(end[1]);
                close(STDERR_FILENO);
                char byte = 0;
                [[maybe_unused]] auto ignored = read(start[0], &byte, 1);  // the end of the pipe: go
                try {
                    const run::Lease lease(folder.path());
                    ignored = read(end[0], &byte, 1);  // holds it until all have tried
                    lease.expect_held();
                    _exit(10);
                } catch (const core::Error& error) {
                    _exit(std::string(error.what()).find("another job is filling") != std::string::npos ? 20
                                                                                                        : 30);
                }
            }
            close(start[0]);
            close(start[1]);
            int refused = 0, won = 0;
            for (int i = 0; i < contenders; ++i) {
                int status = 0;
                pid_t ended = 0;  // all but the winner end by themselves
                for (int nap = 0; i < contenders - 1 && ended == 0 && nap < 1000; ++nap) {
                    ended = waitpid(-1, &status, WNOHANG);
                    if (ended == 0) std::this_thread::sleep_for(10ms);
                }
                if (ended == 0) {
                    close(end[1]);
                    end[1] = -1;
                    waitpid(-1, &status, 0);
                }
                refused += WEXITSTATUS(status) == 20 ? 1 : 0;
                won += WEXITSTATUS(status) == 10 ? 1 : 0;
            }
            close(end[0]);
            CHECK(won == 1);
            CHECK(refused == contenders - 1);
            fs::remove(folder / "lease.json");  // the winner left by _exit
            CHECK(fs::is_empty(folder.path()));
        }
    }
}
