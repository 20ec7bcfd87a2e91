// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

#include <lvr/par/comm.hpp>

namespace lvr::par {

/// True if a launcher (mpirun, srun) started this process: its environment is there. A program started by
/// hand, also inside a batch script, is serial and does not pay for MPI_Init (a third of a second).
bool launched();

/// MPI from construction to destruction, if a launcher started us; else nothing at all.
/// Exceptions out of `together` are common to all ranks, and all may leave in order. One that not all know of
/// must not make the others wait in their next call: whoever catches it inside the session calls `abandon`;
/// if it unwinds the session itself, the destructor does.
class Session {
  public:
    /// Asks for MPI_THREAD_MULTIPLE and takes what it gets.
    /// @throws Error (usage) if the launcher started several processes that MPI does not know of
    Session();
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    Comm world() const { return world_; }

    /// Ends all ranks at once with this exit status; a serial session just returns.
    void abandon(int exit_status) const;

  private:
    bool started_ = false;
    int exceptions_before_ = std::uncaught_exceptions();
    Comm world_;
};

}  // namespace lvr::par
