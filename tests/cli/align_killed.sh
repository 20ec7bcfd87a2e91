#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two jobs add to one results.h5 at the same time, and one is killed at a random moment: nothing that was finished is lost, and
# the file can be read at any time.
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
probe=$LVR_BINARY_DIR/tests/align_probe
"$probe" features 3 4 channels=16 images=20 || fail "probe"
align() { "$score" align --features features --reference features --results results.h5 --benchmark "$1"; }

# One run alone says how long it takes: the kills fall all over that time, most of them where files are written.
start=$(date +%s%N)
align first >stdout 2>stderr || { fail "align"; cat stderr >&2; }
alone=$((($(date +%s%N) - start) / 1000000))
finished=first both=0 killed=0
for round in $(seq 25); do
  align "a$round" >stdout 2>stderr_a &
  survivor=$!
  "$score" align --features features --reference features --results results.h5 --benchmark "b$round" >stdout_b 2>stderr_b &
  victim=$!
  wait=$((alone / 2 + RANDOM % alone))
  sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
  kill -KILL $victim 2>/dev/null
  wait $victim 2>/dev/null && { both=$((both + 1)) finished="$finished b$round"; } || killed=$((killed + 1))
  wait $survivor || { fail "the job that was not killed"; cat stderr_a >&2; }
  finished="$finished a$round"
  "$fit" --convert results.h5 table.csv 2>stderr || { fail "results.h5 after round $round"; cat stderr >&2; }
  columns=$(grep '^representation' table.csv)
  for name in $finished; do
    checks=$((checks + 1))
    grep -qE "(^|,)A_$name(,|\$)" <<<"$columns" || fail "$name is lost after round $round"
  done
done
echo "$killed killed, $both finished before"
align last >stdout 2>stderr
ok [ -z "$(find . -name '.lvr-tmp-*' -newer table.csv)" ]
finish
