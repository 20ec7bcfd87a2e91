#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where libraries are missing, configuring names all of them at once, with who has them; a choice that cannot be
# honoured is an error, not a silent fall-back.
set -euo pipefail
configure() { cmake -S "$LVR_SOURCE_DIR" -B build -G Ninja "$@" >log 2>&1; }
expect() { grep -qF -- "$1" log || { cat log; echo "FAILED: no '$1' in the message"; exit 1; }; }
rm -rf build
# As in a build folder that the set-up has filled: what it installed must not hide a folder that the user names.
mkdir -p build
if [ -d "$LVR_BINARY_DIR/venv" ]; then ln -s "$LVR_BINARY_DIR/venv" build/venv; fi

if configure -DLVR_WITH_TORCH=OFF -DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON; then
  echo "FAILED: configured without HDF5 and CLI11"; exit 1
fi
expect "HDF5 1.10 or later (Debian libhdf5-dev"
expect "CLI11 2.1 or later (Debian libcli11-dev"
if grep -q "Eigen3 3.4 or later" log; then cat log; echo "FAILED: names a library that is there"; exit 1; fi

if configure -UCMAKE_DISABLE_FIND_PACKAGE_HDF5 -UCMAKE_DISABLE_FIND_PACKAGE_CLI11 -DLVR_WITH_TORCH=ON \
    -DLVR_TORCH_DIR="$PWD/nowhere"; then
  echo "FAILED: configured with a LibTorch that is not there"; exit 1
fi
expect "LibTorch was not found"
expect "$PWD/nowhere"
