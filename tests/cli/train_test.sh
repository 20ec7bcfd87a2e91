#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a test of lvr-train that is written in Python: train_test.sh NAME.py ARGUMENTS...
set -euo pipefail
. "$LVR_SOURCE_DIR/scripts/env.sh" # for mpirun
. "$LVR_SOURCE_DIR/tests/report/python.sh"
PYTHONPATH=$LVR_SOURCE_DIR/tests/cli PYTHONDONTWRITEBYTECODE=1 exec "$python" "$LVR_SOURCE_DIR/tests/cli/$1" "${@:2}"
