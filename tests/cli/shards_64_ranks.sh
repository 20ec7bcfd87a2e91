#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Many more ranks than cores share out their work: nobody eats the cores by waiting.
. "$(dirname "$0")/expect.sh"
probe=$LVR_BINARY_DIR/tests/shard_probe
ranks=64 items=1000

before=$(date +%s%N)
mpirun -np $ranks "$probe" fill out $items 200 >/dev/null 2>stderr || { fail "fill on $ranks ranks"; cat stderr >&2; }
echo "$ranks ranks: $((($(date +%s%N) - before) / 1000000)) ms"
ok "$probe" verify out $items
ok [ "$(sort out.journal | uniq -d | wc -l)" = 0 ]
finish
