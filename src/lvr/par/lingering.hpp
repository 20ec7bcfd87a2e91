// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

namespace lvr::par {

/// Keeps a thread that speaks MPI and outlives what started it, until the session ends.
void let_linger(std::thread thread);

/// Before MPI ends.
void join_lingering();

}  // namespace lvr::par
