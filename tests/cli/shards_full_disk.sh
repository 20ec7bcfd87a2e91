#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A sharded job whose disk fills up stops with a message on all ranks, and goes on once there is room.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] && flags=-m || flags=-rm
  if unshare $flags true 2>/dev/null; then exec unshare $flags bash "$0" inside; fi
  [ "$(id -u)" = 0 ] || { echo "neither root nor user namespaces: a full disk cannot be tried here" >&2; exit 1; }
fi
. "$(dirname "$0")/expect.sh"
probe=$LVR_BINARY_DIR/tests/shard_probe
small=$(mktemp -d)
tidy_up() {  # without a namespace the mount is real
  umount "$small" 2>/dev/null
  rmdir "$small"
}
mount -t tmpfs -o size=256k tmpfs "$small" || { fail "this sandbox forbids mounting: a full disk cannot be tried here"; finish; }
items=198

"$probe" fill reference $items 0 2>/dev/null || fail "an undisturbed serial run"
for ranks in 1 3; do
  rm -rf "${small:?}"/*
  expect 4 "No space left on device" mpirun -np $ranks "$probe" fill "$small/out" $items 0
  kept=$(find "$small/out" -name 'part-*.h5' | wc -l)
  ok [ "$kept" -gt 0 ]
  ok [ "$(find "$small/out" -name '.lvr*' | wc -l)" = 0 ]
  for file in "$small"/out/part-*.h5; do cmp -s "$file" "reference/${file##*/}" || fail "$file is not whole"; done
  mount -o remount,size=16m "$small" || fail "cannot remount"
  mpirun -np 2 "$probe" fill "$small/out" $items 0 >/dev/null 2>stderr || { fail "resumed"; cat stderr >&2; }
  ok "$probe" verify "$small/out" $items
  ok diff -r reference "$small/out"
  rm -rf "${small:?}"/*
  mount -o remount,size=256k "$small" || fail "cannot remount"
done

# No room even for the lease or the manifest.
head -c 262144 /dev/zero >"$small/ballast" 2>/dev/null
expect 4 "No space left on device" "$probe" fill "$small/out" $items 0
finish
