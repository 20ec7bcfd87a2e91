#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A build that leaves CUDA out: configures, builds, links no CUDA library of its own, and passes its tests.
set -euo pipefail
torch=$(sed -n 's/^LVR_TORCH_DIR:PATH=//p' "$LVR_BINARY_DIR/CMakeCache.txt")
[ -n "$torch" ] || torch=$(echo "$LVR_BINARY_DIR"/venv/lib/python3*/site-packages/torch)
cmake -S "$LVR_SOURCE_DIR" -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DLVR_WITH_CUDA=OFF -DLVR_TORCH_DIR="$torch" \
  -DLVR_PYTHON="$LVR_BINARY_DIR/venv/bin/python" >log
grep -q "CUDA: left out" log
cmake --build build
for program in build/tests/torch_test build/bin/lvr-fit; do
  if readelf -d $program | grep -E 'NEEDED.*(cuda|cudart|nccl)'; then echo "FAILED: $program links CUDA"; exit 1; fi
done
ctest --test-dir build -L unit --output-on-failure
