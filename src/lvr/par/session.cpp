// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/session.hpp>

#include <mpi.h>

#include <cstdlib>
#include <exception>

#include "comm_handle.hpp"
#include "mpi_call.hpp"

namespace lvr::par {
namespace {

constexpr int k_unwinding_status = 6;  // as an internal error: see lvr/run/exit_codes.hpp

bool is_set(const char* name) { return std::getenv(name) != nullptr; }

}  // namespace

bool launched() {
    // PMIX_RANK and PMI_RANK are set by srun and other launchers, not in a batch script's own shell.
    return is_set("OMPI_COMM_WORLD_SIZE") || is_set("PMIX_RANK") || is_set("PMI_RANK");
}

Session::Session() {
    if (!launched()) return;
    int provided = MPI_THREAD_SINGLE;
    checked(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
    started_ = true;
    world_ = Comm(std::make_shared<Comm::Handle>(MPI_COMM_WORLD, false));
}

Session::~Session() {
    if (!started_) return;
    // Finalize waits for all ranks: an exception that is unwinding this one alone must not make them wait for ever.
    if (std::uncaught_exceptions() > 0) MPI_Abort(MPI_COMM_WORLD, k_unwinding_status);
    MPI_Finalize();
}

void Session::abandon(int exit_status) const {
    if (started_ && world_.size() > 1) MPI_Abort(MPI_COMM_WORLD, exit_status);
}

}  // namespace lvr::par
