// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>

#include <string>

#include <lvr/core/error.hpp>

namespace lvr::par {

/// The one way we call MPI: an error code becomes an exception.
inline void checked(int code, const char* call) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    throw core::Error(core::ErrorKind::internal, std::string(call) + " failed: " + std::string(text, length),
                      "the ranks can no longer work together",
                      "see the other ranks' messages; then start the job again");
}

}  // namespace lvr::par
