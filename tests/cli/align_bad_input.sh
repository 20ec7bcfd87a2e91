#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What lvr-score align refuses ends with the right status on one rank as on several, and leaves nothing behind. (score_test has
# all there is to refuse in options and lists.)
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
probe=$LVR_BINARY_DIR/tests/align_probe
small="channels=16 images=20"
"$probe" good 3 4 $small || fail "probe"
"$probe" reference 1 6 $small shift=3 || fail "probe"
align=("$score" align --features good --reference reference)
expect 2 "no reference given" "$score" align --features good
expect 2 "did you mean --reference" "$score" align --features good --referense reference
expect 5 "GPU 99 was asked for" "${align[@]}" --device cuda:99
expect 3 "nowhere" mpirun -np 2 "$score" align --features good --reference nowhere

# Parts that are missing or damaged: found in the list by one rank, or in the tokens by whichever reads them.
cp -r good broken
rm broken/part-000001.h5
expect 3 "broken/part-000001.h5" "$score" align --features broken --reference reference
head -c 3000 good/part-000001.h5 >broken/part-000001.h5
expect 3 "broken/part-000001.h5" "$score" align --features good --reference reference broken
"$probe" nan 3 4 $small nan=class/19.jpg || fail "probe"
not_finite="nan: the tokens of image class/19.jpg hold a value that is not finite"
expect 3 "$not_finite" "$score" align --features nan --reference reference
expect 3 "$not_finite" "$score" align --features nan --reference reference --bf16-emulation
expect 3 "$not_finite" mpirun -np 3 "$score" align --features good --reference reference nan --precision float32

# Results: what stands in the way is not overwritten.
"$fit" --convert "$v1" results.h5 2>stderr
cp results.h5 before.h5
expect 2 "results.h5" "${align[@]}" --results results.h5
ok cmp results.h5 before.h5
mkdir other && cp -r good other/good
expect 2 "are both called good" "$score" align --features good other/good --reference reference --results fresh.h5
ok [ ! -e fresh.h5 ]
finish
