#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# report.html in headless Chromium. Fails, never skips, without Chromium or the package in tests/report/requirements.txt.
set -euo pipefail
. "$LVR_SOURCE_DIR/tests/report/python.sh"
"$python" -c 'import websocket' 2>/dev/null || {
  echo "FAIL: $python has no websocket-client: $python -m pip install -r tests/report/requirements.txt"
  exit 1
}
exec "$python" -B "$LVR_SOURCE_DIR/tests/report/report_browser.py"
