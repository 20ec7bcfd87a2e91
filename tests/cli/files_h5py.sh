#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
"$LVR_BINARY_DIR/tests/files_test" "[.samples]" > /dev/null
"${LVR_PYTHON:-$LVR_BINARY_DIR/venv/bin/python}" "$LVR_SOURCE_DIR/tests/cli/files_h5py.py"
