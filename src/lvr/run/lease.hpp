// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

namespace lvr::run {

struct LeaseRules {
    std::chrono::milliseconds heartbeat = std::chrono::seconds(10);     ///< a sign of life that often
    std::chrono::milliseconds stale_after = std::chrono::seconds(120);  ///< none for so long: it is dead
};

/// The right to fill an output folder: a file lease.json in it that says who has it, touched by a thread
/// every few seconds and removed at the end. It is taken from another job only if that one is dead: its
/// process is gone from this very host, it is an earlier start of this Slurm job (which was requeued), or it
/// has given no sign of life for long (by the clock of the file system: nodes' clocks differ). The log says
/// so.
class Lease {
  public:
    /// @throws Error (output) if another job has it: who, since when, and what to do; or if it cannot be
    /// written
    explicit Lease(const std::filesystem::path& folder, const LeaseRules& rules = {});
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    /// @throws Error (output) if another job has taken it meanwhile, or someone removed it
    void expect_held() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::run
