#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-score --import-features as a user types it: the same bytes on any number of ranks; what is wrong is said.
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
set=$LVR_SOURCE_DIR/tests/data/cscore_spair/features
arrays=$LVR_SOURCE_DIR/tests/golden/feature_arrays

expect 0 "30 images x 256 tokens x 48 channels (maps of 16 x 16), float32, and of the mirrored images" \
  "$score" --import-features "$set" --suffix _m1.npy --out reference
ok [ "$(ls reference | wc -l)" = 6 ]
for ranks in 1 2 4; do
  mpirun -np $ranks "$score" --import-features "$set" --suffix _m1.npy --out r$ranks 2>stderr || { fail "$ranks ranks"; cat stderr >&2; }
  ok diff -r reference r$ranks
done
rm r4/part-000002.h5 r4/index.h5
"$score" --import-features "$set/" --suffix _m1.npy --out r4 2>stderr  # the folder may be called otherwise
ok diff -r reference r4

# Alone in its folder, a representation needs no suffix; tokens have no grid.
mkdir tokens && for name in a b c; do cp "$arrays/tokens.pt" tokens/$name.pt; done
expect 0 "3 images x 5 tokens x 3 channels, float32" "$score" --import-features tokens --out plain
mkdir flips && for name in a a_flip b b_flip; do cp "$arrays/double.npy" flips/$name.npy; done
expect 0 "float64 is stored as float32, rounded" "$score" --import-features flips --out flipped
expect 0 "2 images x 5 tokens x 3 channels, float32, and of the mirrored images" "$score" --import-features flips --out flipped

# What it is not given, or given twice. (score_import_test tries the rest.)
expect 2 "nothing to do" "$score"
expect 2 "_m1.npy (60), _m1bf16.npy (30)" "$score" --import-features "$set" --suffix _dino.npy --out out
expect 2 "a part would be above 2 GiB" "$score" --import-features "$set" --suffix _m1.npy --shard-size 99999999 --out out
expect 2 "import.suffix: was \"_m1.npy\", is \"_m24.npy\" now" "$score" --import-features "$set" --suffix _m24.npy --out reference
expect 3 "nowhere" "$score" --import-features nowhere --out out

# Files. (score_import_test reads every bad one; here: what the program does then.)
tried=0
for bad in "$arrays"/bad_{nan.npy,two_images.npy,malicious.pt}; do
  kind=${bad##*.} in=in_$(basename "$bad")
  mkdir "$in" && cp "$bad" "$in/a.$kind"
  expect 3 "$in/a.$kind" "$score" --import-features "$in" --out left_$tried
  ok [ ! -e left_$tried/part-000000.h5 ]
  tried=$((tried + 1))
done
ok [ $tried = 3 ]
mkdir mixed && for name in a b c; do cp "$arrays/tokens.npy" mixed/$name.npy; done
cp "$arrays/half.npy" mixed/c.npy
expect 3 "mixed/c.npy holds float16 [3, 2, 4]" "$score" --import-features mixed --out out
expect 3 "mixed/c.npy holds float16 [3, 2, 4]" mpirun -np 3 "$score" --import-features mixed --out out
head -c 150 "$arrays/tokens.npy" >mixed/c.npy
expect 3 "mixed/c.npy: has 22 bytes of values, its header says 60" "$score" --import-features mixed --out out
finish
