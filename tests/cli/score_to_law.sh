#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From pictures to the law's table by the commands of the README: C of an encoder's features, A of the same encoder's projected
# ones, a score measured elsewhere, and all of it in one row.
. "$(dirname "$0")/expect.sh"
extract=$LVR_BINARY_DIR/bin/lvr-extract score=$LVR_BINARY_DIR/bin/lvr-score
set=$LVR_SOURCE_DIR/tests/data/cscore_spair
llava=$LVR_SOURCE_DIR/tests/golden/llava
run() { "$@" >stdout 2>stderr || { fail "status $?: $*"; cat stderr >&2; }; }

ours=(--snapshot "$llava/llama/clip" --images "$set" --store float32 --out ours)
theirs=(--snapshot "$llava/qwen2/clip" --images "$set" --store float32 --out theirs)
run "$extract" "${ours[@]}"
run "$extract" "${ours[@]}" --project "$llava/llama/projector.safetensors"
run "$extract" "${theirs[@]}" --project "$llava/qwen2/projector.safetensors"

run "$score" correspond --spair "$set" --features ours/clip --results results.h5 --bootstrap 50  # cropped: as the features say
run mpirun -np 2 "$score" align --features ours/clip-projected --reference theirs/clip-projected --n 10 --benchmark mme --results results.h5
printf 'representation,score_mme\nclip,1300.5\n' >scores.csv
run "$score" --import scores.csv --results results.h5
run "$fit" --convert results.h5 table.csv
ok [ "$(grep -vc '^#' table.csv)" = 2 ]  # the header and one representation
ok grep -q '^clip,.*1300\.5' table.csv
printf 'representation,note\nclip,fine\n' >none.csv
expect 3 "none.csv: has no column C, A_<benchmark> or score_<benchmark>" "$score" --import none.csv --results results.h5
header=$(grep '^representation' table.csv) row=$(grep '^clip,' table.csv)
for column in C A_mme score_mme; do
  number=$(tr , '\n' <<<"$header" | grep -nx "$column" | cut -d: -f1)
  ok [ -n "$number" ]
  ok [ -n "$(cut -d, -f"${number:-1}" <<<"$row")" ]
done

# What would not be the same column is refused before it spoils the others', and nothing is lost.
cp results.h5 before.h5
expect 3 "disagree on the definition of A_mme" "$score" align --features ours/clip-projected --reference theirs/clip-projected \
  --representation other --benchmark mme --results results.h5
expect 3 "disagree on the definition of C" "$score" correspond --spair "$set" --features ours/clip --frame published \
  --representation other --results results.h5
ok cmp results.h5 before.h5
# Moved without its results.d it would be rebuilt from nothing.
mkdir moved && cp results.h5 moved
expect 2 "would be lost" "$score" correspond --spair "$set" --features ours/clip --results moved/results.h5
ok cmp moved/results.h5 before.h5
finish
