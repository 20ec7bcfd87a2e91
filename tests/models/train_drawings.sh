#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-train with pretrained weights on generated drawings.
set -euo pipefail
if [ ! -d "$LVR_SOURCE_DIR/build/models" ]; then
  echo "skipped: build/models is not there; scripts/setup.sh --models makes it (640 MB)"
  exit 77
fi
. "$LVR_SOURCE_DIR/tests/report/python.sh"
"$python" -B "$LVR_SOURCE_DIR/tests/models/train_drawings.py" "$@"
