#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mpirun.sh RANKS PROGRAM [ARGUMENTS...]: what the tests start MPI programs with.
set -euo pipefail
. "$(dirname "$0")/env.sh"
ranks=$1
shift
exec mpirun -np "$ranks" "$@"
