#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-fit starts in milliseconds on a login node: nothing heavy among its shared libraries, directly or through others.
. "$(dirname "$0")/expect.sh"
heavy='libtorch|libc10|libcuda|libcudart|libcublas|libcudnn|libnvrtc|libnccl|libarrow|libparquet|libpython|libopencv'

env -u LD_LIBRARY_PATH ldd "$fit" >all.txt || fail "ldd $fit"
ok grep -q 'libhdf5' all.txt  # the list is a list
ok grep -q 'libmpi' all.txt
if grep -E "$heavy" all.txt; then fail "lvr-fit is linked with a heavy library"; fi
if grep "not found" all.txt; then fail "lvr-fit lacks a library"; fi
readelf -d "$fit" >needed.txt || fail "readelf $fit"
ok grep -q NEEDED needed.txt
if grep -E "NEEDED.*($heavy)" needed.txt; then fail "lvr-fit needs a heavy library"; fi
ok [ "$(echo 'x => /opt/libtorch_cpu.so' | grep -cE "$heavy")" = 1 ]
finish
