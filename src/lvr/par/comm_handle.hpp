// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>

#include <lvr/par/comm.hpp>

namespace lvr::par {

struct Comm::Handle {
    MPI_Comm comm = MPI_COMM_NULL;
    int rank = 0;
    int size = 1;
    bool owned = false;                                    // made by us, to be freed
    std::int64_t largest_message = std::int64_t{1} << 30;  // MPI counts are int

    explicit Handle(MPI_Comm from, bool own);
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
};

}  // namespace lvr::par
