#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What lvr-pairs and lvr-report --pairs promise on the command line.
set -euo pipefail
. "$LVR_SOURCE_DIR/tests/report/python.sh"
exec "$python" -B "$LVR_SOURCE_DIR/tests/report/pairs_cli.py"
