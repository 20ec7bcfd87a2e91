#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What lvr-score align refuses: with the folder and the images named, on one rank as on several.
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
probe=$LVR_BINARY_DIR/tests/align_probe
small="channels=16 images=20"
"$probe" good 3 4 $small || fail "probe"
"$probe" reference 1 6 $small shift=3 || fail "probe"
align=("$score" align --features good --reference reference)
expect 0 "good: A = " "${align[@]}"

# Command line.
expect 2 "no features given" "$score" align --reference reference
expect 2 "no reference given" "$score" align --features good
expect 2 "--ids and --n" "${align[@]}" --ids x --n 3
expect 2 "--n must not be negative" "${align[@]}" --n -1
expect 2 "precision of its own" "${align[@]}" --bf16-emulation --precision float32
expect 2 "--loglik is for" "${align[@]}" --loglik x
expect 2 "given twice" "$score" align --features good --reference reference ./reference/
expect 2 "--representation is for one" "$score" align --features good,reference --reference reference --representation x
expect 2 "--threads must not be negative" "${align[@]}" --threads -2
expect 5 "GPU 99 was asked for" "${align[@]}" --device cuda:99

# Folders.
expect 3 "nowhere" "$score" align --features nowhere --reference reference
expect 3 "nowhere" mpirun -np 2 "$score" align --features good --reference nowhere
"$probe" empty 3 4 channels=16 images=0 || fail "probe"
expect 3 "empty: holds no images" "$score" align --features empty --reference reference
expect 3 "empty: holds no images" "$score" align --features good --reference empty
"$probe" narrow 3 4 channels=8 images=20 || fail "probe"
expect 3 "good has 16 channels, the reference narrow has 8" "$score" align --features good --reference reference narrow
for part in part-000001.h5 manifest.json; do
  cp -r good broken
  rm broken/$part
  expect 3 "broken/$part" "$score" align --features broken --reference reference
  head -c 300 good/$part >broken/$part
  [ $part = manifest.json ] && head -c 30 good/$part >broken/$part
  expect 3 "broken/$part" "$score" align --features good --reference reference broken
  rm -r broken
done

# Images.
"$probe" fewer 3 4 $small drop=class/7.jpg || fail "probe"
expect 3 "fewer lacks 1 image: class/7.jpg" "$score" align --features good --reference reference fewer
expect 3 "reference" "$score" align --features good --reference fewer
expect 3 "fewer lacks 1 image: class/7.jpg" "$score" align --features fewer --reference reference
"$probe" others 3 4 channels=16 images=30 || fail "probe"
expect 3 "good lacks 10 images: class/21.jpg, class/22.jpg, class/23.jpg, ..." "$score" align --features good --reference others
printf 'class/1.jpg\nclass/25.jpg\n' >ids
expect 3 "good lacks 1 image: class/25.jpg" "${align[@]}" --ids ids
printf 'class/1.jpg\nclass/2.jpg\nclass/1.jpg\n' >ids
expect 3 "ids names more than once 1 image: class/1.jpg" "${align[@]}" --ids ids
printf '\n\n' >ids
expect 3 "ids names no image" "${align[@]}" --ids ids
expect 3 "no_such_list" "${align[@]}" --ids no_such_list
expect 3 "--n 21: the folders have 20 images in common" "${align[@]}" --n 21
expect 0 "(19," "$score" align --features good --reference fewer --n 19
"$probe" twice 3 4 $small twice=class/4.jpg || fail "probe"
expect 3 "twice names more than once 1 image: class/4.jpg" "$score" align --features twice --reference reference
"$probe" unread 3 4 $small status=class/11.jpg || fail "probe"
expect 3 "unread has no features of 1 image: class/11.jpg (damaged)" "$score" align --features unread --reference reference
expect 3 "unread has no features of 1 image: class/11.jpg (damaged)" mpirun -np 2 "$score" align --features good --reference unread
printf 'class/1.jpg\n' >ids
expect 0 "A = " "$score" align --features unread --reference reference --ids ids

# Values: found when they are read, by whichever rank.
"$probe" nan 3 4 $small nan=class/19.jpg || fail "probe"
for more in "" "--precision float32" "--bf16-emulation"; do
  expect 3 "nan: the tokens of image class/19.jpg hold a value that is not finite" "$score" align --features nan --reference reference $more
  expect 3 "nan: the tokens of image class/19.jpg hold a value that is not finite" mpirun -np 3 "$score" align --features good --reference reference nan $more
done

# Results: what stands in the way is not overwritten.
cp "$v1" results.csv
expect 2 "results.csv" "${align[@]}" --results results.csv
"$fit" --convert "$v1" results.h5 2>stderr
cp results.h5 before.h5
expect 2 "results.h5" "${align[@]}" --results results.h5
ok cmp results.h5 before.h5
mkdir other && cp -r good other/good
expect 2 "are both called good" "$score" align --features good other/good --reference reference --results fresh.h5
finish
