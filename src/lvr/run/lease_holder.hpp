// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <lvr/run/lease.hpp>

namespace lvr::run {

/// Who has a lease: what lease.json says.
struct LeaseHolder {
    std::string host, boot_id, pid_namespace;  ///< where its process number means something
    std::int64_t pid = 0;
    std::int64_t pid_start = 0;  ///< when the process began, in clock ticks since the boot; 0: unknown
    std::string slurm_cluster, slurm_job, slurm_restarts;  ///< empty outside of Slurm
    std::string user, started;                             ///< UTC
    std::string token;                                     ///< random: tells two leases of one process apart

    friend bool operator==(const LeaseHolder&, const LeaseHolder&) = default;
};

/// This process, from now on.
LeaseHolder this_holder();

std::string to_json_text(const LeaseHolder& holder);
/// Nothing if the text is damaged.
std::optional<LeaseHolder> holder_in(const std::string& text);

/// "process 123 on node7 (user ada, Slurm job 77), since 2026-01-02 03:04:05 UTC"; also of a damaged lease
std::string described(const std::optional<LeaseHolder>& holder);

/// Why the lease of `holder`, which gave its last sign of life `age` ago, may be taken by `me`; nothing if it
/// may not.
std::optional<std::string> why_dead(const std::optional<LeaseHolder>& holder, std::chrono::milliseconds age,
                                    const LeaseHolder& me, const LeaseRules& rules);

}  // namespace lvr::run
