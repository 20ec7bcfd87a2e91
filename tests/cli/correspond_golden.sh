#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every setting of tests/golden/cscore by the command line: features imported, scored, compared with the published way.
. "$LVR_SOURCE_DIR/tests/report/python.sh"
"$python" "$LVR_SOURCE_DIR/tests/cli/correspond_golden.py"
