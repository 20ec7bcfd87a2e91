#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Feature folders open in plain h5py, part by part and as a whole through index.h5, also after being moved.
set -euo pipefail
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
cd "$work"
"$LVR_BINARY_DIR/tests/files_test" "[.features_samples]" >/dev/null
mkdir elsewhere
mv half brain single elsewhere
cd /
"${LVR_PYTHON:-$LVR_BINARY_DIR/venv/bin/python}" "$LVR_SOURCE_DIR/tests/cli/features_h5py.py" "$work"
