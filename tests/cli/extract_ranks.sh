#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same bytes whatever the ranks and threads, and however often it was interrupted. (A CPU takes images one by one whatever
# --batch says; extract_test runs the batches of a GPU.)
. "$(dirname "$0")/expect.sh"
. "$(dirname "$0")/extract_images.sh"
many_images pictures 90
two=("$extract" --snapshot "$model,$golden/vit/clip_gelu" --images pictures --store float32)
run=("${two[@]}" --shard-size 5)

"${run[@]}" --out reference 2>stderr
ok [ $? = 7 ]
ok [ "$(ls reference/dinov2_resize/part-*.h5 | wc -l)" = 19 ]
for world in "1 8" "2 3" "4 1" "7 3"; do
  read -r ranks batch <<<"$world"
  mpirun -np $ranks "${run[@]}" --out "r$ranks" --batch $batch 2>stderr
  status=$?
  [ $status = 7 ] || { fail "status $status with $ranks ranks"; cat stderr >&2; }
  same_features "r$ranks" reference
done
for threads in 1 3; do
  "${run[@]}" --out "t$threads" --threads $threads 2>stderr
  same_features "t$threads" reference
done

# One representation at a time, and one that is there already.
"$extract" --snapshot "$model" --images pictures --store float32 --shard-size 5 --out two 2>stderr
cp -r two/dinov2_resize before
"${run[@]}" --out two 2>stderr
ok diff -r before two/dinov2_resize
same_features two reference

# Parts that were removed are made again, and no other.
parts_of() { (cd "$1" && stat -c '%n %i %y' */part-*.h5) | sort; }
parts_of reference >before_patch
rm reference/clip_gelu/part-00000{3,7}.h5
parts_of reference >kept
"${run[@]}" --out reference 2>stderr
ok [ $? = 7 ]
same_features reference two
parts_of reference >patched
ok [ "$(comm -23 kept patched | wc -l)" = 0 ]
ok [ "$(comm -13 before_patch patched | wc -l)" = 2 ]

mkdir more
for copy in 1 2 3 4 5 6 7 8 9 10 11 12; do cp -al pictures more/$copy; done
more=("$extract" --snapshot "$model" --images more --store float32 --shard-size 1 --flip)
# Interrupted: 75 within 30 s, and the same command goes on.
mpirun -np 2 "${more[@]}" --out stopped 2>stderr_stopped &
launcher=$!
wait_until 30 part_there stopped || fail "no part was made"
start=$SECONDS
kill -USR1 $launcher  # mpirun passes it on; at SIGTERM it would answer for itself
wait $launcher
status=$?
[ $status = 75 ] || { fail "status $status after a signal"; cat stderr_stopped >&2; }
ok [ $((SECONDS - start)) -lt 30 ]
ok grep -q "start the same command again" stderr_stopped
ok [ ! -e stopped/dinov2_resize/index.h5 ]
"${more[@]}" --out single 2>stderr
mpirun -np 4 "${more[@]}" --out stopped 2>stderr
same_features stopped single
finish
