// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/par/comm.hpp>

namespace lvr::par {

/// True if a launcher (mpirun, srun) started this process: its environment is there. A program started by hand, also
/// inside a batch script, is serial and does not pay for MPI_Init (a third of a second).
bool launched();

/// MPI from construction to destruction, if a launcher started us; else nothing at all.
/// Leaving a session by an exception that not all ranks know of would hang the others in their next collective call:
/// whoever catches it calls `abandon`, which ends every rank. Exceptions out of `together` are common to all ranks
/// and need no such thing.
class Session {
  public:
    /// Asks for MPI_THREAD_MULTIPLE and takes what it gets.
    Session();
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Comm world() const { return world_; }

    /// Ends all ranks at once with this exit status; a serial session just returns.
    void abandon(int exit_status) const;

  private:
    bool started_ = false;
    Comm world_;
};

}  // namespace lvr::par
