// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/core/error.hpp>

namespace lvr::run {

// What a program of ours says to the shell, the same on every rank.
inline constexpr int k_exit_ok = 0;
inline constexpr int k_exit_usage = 2;         ///< the command line or the configuration is wrong
inline constexpr int k_exit_input = 3;         ///< an input file is missing or wrong
inline constexpr int k_exit_output = 4;        ///< an output cannot be written
inline constexpr int k_exit_resource = 5;      ///< out of memory or another resource
inline constexpr int k_exit_internal = 6;      ///< a defect of ours, or a rank that was lost
inline constexpr int k_exit_quarantine = 7;    ///< done, but some inputs could not be used: they are listed
inline constexpr int k_exit_interrupted = 75;  ///< stopped by a signal; start it again to go on (EX_TEMPFAIL)

constexpr int exit_status(core::ErrorKind kind) {
    switch (kind) {
        case core::ErrorKind::usage:
            return k_exit_usage;
        case core::ErrorKind::input:
            return k_exit_input;
        case core::ErrorKind::output:
            return k_exit_output;
        case core::ErrorKind::resource:
            return k_exit_resource;
        case core::ErrorKind::interrupted:
            return k_exit_interrupted;
        case core::ErrorKind::internal:
            return k_exit_internal;
    }
    return k_exit_internal;
}

}  // namespace lvr::run
