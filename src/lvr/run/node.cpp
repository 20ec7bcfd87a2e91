// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/node.hpp>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

namespace lvr::run {
namespace {

std::string host_name() {
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    return name;
}

/// The cores that this process may use: one '1' or '0' for each; empty if the system does not say.
std::string allowed_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return "";
    std::string cores;
    for (int i = 0; i < CPU_SETSIZE; ++i) cores += CPU_ISSET(i, &set) ? '1' : '0';
    return cores;
}

}  // namespace

NodePlace place_on_node(const par::Comm& comm) {
    const std::string host = host_name(), cores = allowed_cores();
    const auto all = comm.all_gather(std::vector<std::string>{host, cores});
    NodePlace place{.ranks = 0};
    int sharing = 0;
    for (int rank = 0; rank < comm.size(); ++rank) {
        const auto& other = all[static_cast<std::size_t>(rank)];
        if (other[0] != host) continue;
        if (rank < comm.rank()) ++place.rank;
        ++place.ranks;
        if (other[1] == cores) ++sharing;
    }
    const auto count = std::count(cores.begin(), cores.end(), '1');
    const auto known =
        count > 0 ? static_cast<int>(count) : static_cast<int>(std::thread::hardware_concurrency());
    place.threads = std::max(1, known / std::max(1, sharing));
    return place;
}

}  // namespace lvr::run
