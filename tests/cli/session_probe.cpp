// SPDX-License-Identifier: Apache-2.0
// session_probe WAY: leaves an MPI session in one of the ways in which a program may go wrong.
#include <cstdio>
#include <stdexcept>
#include <string>

#include <lvr/par/session.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/job.hpp>

using namespace lvr;

namespace {

int last_of(const par::Comm& world) { return world.size() - 1; }

/// The last rank throws, the others wait for it; nobody catches within the session.
int unwind() {
    try {
        const par::Session session;
        if (session.world().rank() == last_of(session.world())) throw std::runtime_error("alone");
        session.world().barrier();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "caught %s\n", error.what());
        return 9;
    }
    return 0;
}

/// The same, caught within the session, which is then abandoned.
int abandon() {
    const par::Session session;
    if (session.world().rank() == last_of(session.world())) session.abandon(23);
    session.world().barrier();
    return 0;
}

/// The same in a job's body, outside any `together` of its own.
int body() {
    return run::run_body([](run::Job& job) {
        if (job.world().rank() == last_of(job.world()))
            throw core::output_error("one rank's disk is full", "", "clear it");
        job.world().barrier();
        return 0;
    });
}

/// Ranks disagree about the status of a body that returns.
int statuses() {
    return run::run_body([](run::Job& job) { return job.world().rank() == last_of(job.world()) ? 11 : 0; });
}

/// A session that unwinds because all ranks threw.
int all_unwind() {
    try {
        const par::Session session;
        par::together(session.world(), [] { throw core::input_error("all of us"); });
    } catch (const core::Error& error) {
        return 3;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    if (way == "unwind") return unwind();
    if (way == "abandon") return abandon();
    if (way == "body") return body();
    if (way == "statuses") return statuses();
    if (way == "all_unwind") return all_unwind();
    return 1;
}
