#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-score correspond --draw: what pairs.json says is what was scored, the pictures are there, and a report shows them.
. "$(dirname "$0")/expect.sh"
. "$LVR_SOURCE_DIR/scripts/env.sh"
. "$LVR_SOURCE_DIR/tests/report/python.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
set=$LVR_SOURCE_DIR/tests/data/cscore_spair
"$score" --import-features "$set/features" --out m1 --suffix _m1.npy >/dev/null 2>stderr || { fail "import"; cat stderr >&2; }
correspond=("$score" correspond --spair "$set" --features m1 --bootstrap 0 --format json)
ok "${correspond[@]}" --frame published --draw 4 pairs >scores.json 2>stderr
ok "$python" -B "$LVR_SOURCE_DIR/tests/cli/correspond_draw.py" pairs 4 scores.json box
ok [ -s pairs/pairs.html ]
ok [ "$(find pairs -name "*.png" | wc -l)" -ge 4 ]
ok mpirun -np 2 "${correspond[@]}" --frame aligned --threshold image --seed 7 --draw 2 other >scores.json 2>stderr
ok "$python" -B "$LVR_SOURCE_DIR/tests/cli/correspond_draw.py" other 2 scores.json image
names() { grep -o '"name": "[^"]*"' "$1/pairs.json"; }
cmp -s <(names pairs) <(names other) && fail "the seed makes no difference"

ok "$fit" "$v1" --benchmark mme --out law $quick >stdout 2>stderr
ok "$LVR_BINARY_DIR/bin/lvr-report" law/ --pairs pairs >stdout 2>stderr
shown=0
for name in $(names pairs | cut -d'"' -f4); do
  grep -qF "$name" law/report.html && shown=$((shown + 1))
done
ok [ $shown = 4 ]
finish
