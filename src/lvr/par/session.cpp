// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/session.hpp>

#include <mpi.h>

#include <cstdlib>
#include <exception>

#include "comm_handle.hpp"
#include "lingering.hpp"
#include "mpi_call.hpp"

namespace lvr::par {
namespace {

constexpr int k_unwinding_status = 6;  // as an internal error: see lvr/run/exit_codes.hpp

bool is_set(const char* name) { return std::getenv(name) != nullptr; }

/// A count in the environment; 0 if it is not there.
int count_in(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? 0 : std::atoi(text);
}

/// How many processes the launcher says it started; 0 if it does not say.
int announced() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
        if (is_set(name)) return count_in(name);
    }
    // A batch script has SLURM_JOB_ID but no step; an mpirun inside a step announces itself above.
    return is_set("SLURM_STEP_ID") ? count_in("SLURM_STEP_NUM_TASKS") : 0;
}

/// A launcher of another MPI than ours starts each process as a world of its own; all would do the whole
/// work.
void check_size(int size) {
    const int expected = announced();
    if (expected <= 1 || size > 1) return;
    throw core::Error(
        core::ErrorKind::usage,
        "the launcher started " + std::to_string(expected) + " processes, but MPI knows of one only",
        "each of them would do the whole work and write the same files",
        "use the mpirun of the MPI that this program was built with, or srun --mpi=pmix (or pmi2)");
}

}  // namespace

bool launched() {
    // A lone task that srun started without a process manager needs no MPI, and could not start it.
    return is_set("OMPI_COMM_WORLD_SIZE") || is_set("PMIX_RANK") || is_set("PMI_RANK") || announced() > 1;
}

Session::Session() {
    if (!launched()) return;
    int provided = MPI_THREAD_SINGLE;
    checked(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
    started_ = true;
    world_ = Comm(std::make_shared<Comm::Handle>(MPI_COMM_WORLD, false));
    try {
        check_size(world_.size());
    } catch (...) {  // no destructor runs for a half-made session
        MPI_Finalize();
        throw;
    }
}

Session::~Session() {
    if (!started_) return;
    // Finalize waits for all ranks: an exception that is unwinding this one alone must not make them wait for
    // ever.
    if (std::uncaught_exceptions() > exceptions_before_) abandon(k_unwinding_status);
    join_lingering();
    MPI_Finalize();
}

void Session::abandon(int exit_status) const {
    if (started_ && world_.size() > 1) MPI_Abort(MPI_COMM_WORLD, exit_status);
}

}  // namespace lvr::par
