#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exported folders in transformers itself; skipped where scripts/reference.sh has not installed it.
set -euo pipefail
python=${LVR_REFERENCE_PYTHON:-$LVR_SOURCE_DIR/build/refvenv/bin/python}
if ! [ -x "$python" ]; then
  echo "skipped: there is no $python (scripts/reference.sh makes it)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# PyTorch without its own CUDA libraries takes the toolkit's.
LD_LIBRARY_PATH=${CUDA_HOME:-/usr/local/cuda}/lib64 "$python" "$LVR_SOURCE_DIR/tests/reference/check_llava_export.py" \
  --probe "$LVR_BINARY_DIR/tests/llava_probe" --work "$work"
