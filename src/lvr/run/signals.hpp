// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lvr::run {

/// From now on SIGTERM, SIGUSR1 (Slurm's warning) and SIGINT set a flag instead of ending the process; a
/// second SIGINT ends it at once.
void watch_signals();

/// True once one of them has come: finish the unit of work, save, and leave with `k_exit_interrupted`.
bool stop_requested();

/// To be called once per unit of work in whatever takes long. @throws Error (interrupted) once a signal has
/// come
void stop_if_requested();

}  // namespace lvr::run
