// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/job.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <lvr/core/log.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::run {

void write_stdout(std::string_view text) {
    const bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (written) return;
    throw core::output_error(std::string("cannot write to stdout: ") + std::strerror(errno),
                             "the result is incomplete",
                             "free the disk or the pipe behind it and start again");
}

void keep_standard_streams() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // open() takes the lowest free number, which is this one. Read-only, so that writing still fails.
        const int opened = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);
        if (opened != descriptor && opened >= 0) close(opened);
    }
}

void Job::print(std::string_view text) const {
    if (is_root()) write_stdout(text);
}

namespace {

/// Tells of the exception that is being handled. @return its exit status
int report_failure(bool speak) {
    const auto failure = par::current_failure();
    if (speak) core::error("{}", failure.message);
    return exit_status(static_cast<core::ErrorKind>(failure.kind));
}

int run_in(const par::Session& session, const std::function<int(Job&)>& body) {
    Job job(session.world());
    core::set_log_ranks(job.world().rank(), job.world().size());
    try {
        return par::together(job.world(), [&] { return body(job); });
    } catch (const par::CollectiveError&) {  // every rank is here: one speaks, all leave in order
        return report_failure(job.is_root());
    } catch (...) {  // the ranks could not even agree on it
        const int status = report_failure(true);
        session.abandon(status);
        return status;
    }
}

}  // namespace

int run_body(const std::function<int(Job&)>& body) {
    watch_signals();
    try {
        const par::Session session;
        return run_in(session, body);
    } catch (...) {
        return report_failure(true);
    }
}

}  // namespace lvr::run
