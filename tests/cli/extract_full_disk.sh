#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills up, and images that vanish on the way: a message, and a folder that can be gone on with.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] && flags=-m || flags=-rm
  if unshare $flags true 2>/dev/null; then exec unshare $flags bash "$0" inside; fi
  [ "$(id -u)" = 0 ] || { echo "neither root nor user namespaces: a full disk cannot be tried here" >&2; exit 1; }
fi
. "$(dirname "$0")/expect.sh"
. "$(dirname "$0")/extract_images.sh"
small=$(mktemp -d)
tidy_up() {
  umount "$small" 2>/dev/null
  rmdir "$small"
}
mount -t tmpfs -o size=600k tmpfs "$small" || { fail "this sandbox forbids mounting: a full disk cannot be tried here"; finish; }
many_images pictures 200
run=("$extract" --snapshot "$model" --images pictures --store float32 --shard-size 4 --threads 1)
"${run[@]}" --out reference 2>stderr

for ranks in 1 3; do
  mount -o remount,size=600k "$small"
  mpirun -np $ranks "${run[@]}" --out "$small/out" >stdout 2>stderr
  status=$?
  [ $status = 4 ] || { fail "status $status on a full disk, $ranks ranks"; cat stderr >&2; }
  ok grep -q "No space left on device" stderr
  ok grep -q "remedy:" stderr
  kept=$(find "$small/out" -name 'part-*.h5' | wc -l)
  ok [ "$kept" -gt 0 ]
  ok [ "$(find "$small/out" -name '.lvr*' | wc -l)" = 0 ]
  mount -o remount,size=16m "$small" || fail "cannot remount"
  mpirun -np 2 "${run[@]}" --out "$small/out" >stdout 2>stderr
  ok [ $? = 7 ]
  same_features "$small/out" reference
  rm -rf "${small:?}"/*
done

# The images' folder goes away while it is read: that is no reason to put them all into quarantine.
cp -r pictures going
mpirun -np 2 "$extract" --snapshot "$model" --images going --store float32 --shard-size 1 --threads 1 --out vanished 2>stderr &
launcher=$!
wait_until 30 part_there vanished || fail "no part was made"
mv going gone
wait $launcher
status=$?
[ $status = 3 ] || { fail "status $status when the images went away"; cat stderr >&2; }
ok grep -q "going" stderr
ok grep -q "remedy:" stderr
mv gone going
"$extract" --snapshot "$model" --images going --store float32 --shard-size 1 --out vanished 2>stderr
ok [ $? = 7 ]
"$extract" --snapshot "$model" --images pictures --store float32 --shard-size 1 --out undisturbed 2>stderr
ok diff -r vanished undisturbed
finish
