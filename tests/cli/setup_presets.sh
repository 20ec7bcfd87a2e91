#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# After one set-up every preset configures, each into a folder of its own.
set -euo pipefail
here=$PWD
rm -rf presets
for preset in debug asan; do
  (cd "$LVR_SOURCE_DIR" && cmake --preset $preset -B "$here/presets/$preset" -DLVR_WITH_CUDA=OFF \
    -DLVR_TORCH_DIR="$(sed -n 's/^LVR_TORCH_DIR:PATH=//p' "$LVR_BINARY_DIR/CMakeCache.txt")" \
    -DLVR_WITH_TORCH="$(sed -n 's/^LVR_WITH_TORCH:BOOL=//p' "$LVR_BINARY_DIR/CMakeCache.txt")") >log 2>&1 ||
    { cat log; echo "FAILED: preset $preset"; exit 1; }
done
grep -q 'LVR_SANITIZE:BOOL=ON' presets/asan/CMakeCache.txt
grep -q 'fsanitize=address' presets/asan/build.ninja
if grep -q 'fsanitize=address' presets/debug/build.ninja; then echo "FAILED: debug is sanitized"; exit 1; fi
