// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/job.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <lvr/core/log.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::run {

void Job::print(std::string_view text) const {
    if (!is_root()) return;
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (written) return;
    throw core::output_error(std::string("cannot write to stdout: ") + std::strerror(errno), "the result is incomplete",
                             "free the disk or the pipe behind it and start again");
}

int run_body(const std::function<int(Job&)>& body) {
    const par::Session session;
    Job job(session.world());
    core::set_log_ranks(job.world().rank(), job.world().size());
    watch_signals();
    try {
        return body(job);
    } catch (const par::CollectiveError& error) {  // every rank is here: one speaks, all leave in order
        if (job.is_root()) core::error("{}", error.what());
        return exit_status(error.kind());
    } catch (...) {
        const auto failure = par::current_failure();
        const int status = exit_status(static_cast<core::ErrorKind>(failure.kind));
        core::error("{}", failure.message);
        session.abandon(status);
        return status;
    }
}

}  // namespace lvr::run
