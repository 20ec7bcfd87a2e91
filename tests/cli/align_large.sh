#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A hundred images of real size: 576 tokens against 576 and 256, of 4096 channels (1.4 GB of float16 features).
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
probe=$LVR_BINARY_DIR/tests/align_probe
large="channels=4096 images=100 shard=10 type=float16"
"$probe" features 3 576 $large || fail "probe"
"$probe" reference 1 256 $large shift=30 || fail "probe"
align=("$score" align --features features --reference reference features --format json)
at() { sed -n "s/.*\"$2\":\([^,}]*\).*/\1/p" "$1"; }

start=$(date +%s%N)
"${align[@]}" >one.json 2>stderr || { fail "align"; cat stderr >&2; }
echo "100 images against two references: $((($(date +%s%N) - start) / 1000000)) ms"
ok [ "$(at one.json n)" = 100 ]
close "$(at one.json features)" 1 1e-12
# Half of a token's variance is shared with every sixteenth token of the reference.
close "$(at one.json reference)" 0.5 0.05
mpirun -np 2 "${align[@]}" >two.json 2>stderr || { fail "two ranks"; cat stderr >&2; }
ok cmp one.json two.json
"${align[@]}" --precision float32 >single.json 2>stderr
close "$(at single.json a)" "$(at one.json a)" 1e-6

# Slurm's warning, passed on by mpirun: all ranks stop between two images.
mpirun -np 2 "${align[@]}" >stopped.json 2>stderr &
launcher=$!
sleep 1
kill -USR1 $launcher
wait $launcher
status=$?
[ $status = 75 ] || { fail "status $status after a signal"; cat stderr >&2; }
ok [ ! -s stopped.json ]
finish
