#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
. "$LVR_SOURCE_DIR/tests/report/python.sh"
"$python" "$LVR_SOURCE_DIR/tests/cli/extract_features.py"
