#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What lvr-report promises on the command line; the browser's part is report_browser.sh.
set -euo pipefail
. "$LVR_SOURCE_DIR/tests/report/python.sh"
exec "$python" -B "$LVR_SOURCE_DIR/tests/report/report_cli.py"
