#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills up and one that cannot be written, in a mount namespace of our own that ends with this script.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] && flags=-m || flags=-rm
  if unshare $flags true 2>/dev/null; then exec unshare $flags bash "$0" inside; fi
  [ "$(id -u)" = 0 ] || { echo "neither root nor user namespaces: a full disk cannot be tried here" >&2; exit 1; }
fi
. "$(dirname "$0")/expect.sh"
mounts=$(mktemp -d)
tidy_up() {  # without a namespace the mounts are real
  umount "$mounts/small" "$mounts/fixed" 2>/dev/null
  rmdir "$mounts/small" "$mounts/fixed" "$mounts"
}
mkdir "$mounts/small" "$mounts/fixed"
mount -t tmpfs -o size=64k tmpfs "$mounts/small" && mount -t tmpfs -o size=1m tmpfs "$mounts/fixed" ||
  { fail "this sandbox forbids mounting: a full disk and a read-only one cannot be tried here"; finish; }

files_in() { find "$1" -type f | sort; }

# Full from the start: nothing appears.
head -c 65536 /dev/zero >"$mounts/small/ballast" 2>/dev/null
expect 4 "No space left on device" "$fit" "$v1" $quick --out "$mounts/small/law"
ok [ "$(files_in "$mounts/small")" = "$mounts/small/ballast" ]
expect 4 "No space left on device" "$fit" --convert "$v1" "$mounts/small/v1.h5"
ok [ "$(files_in "$mounts/small")" = "$mounts/small/ballast" ]

# Full on the way: what has a final name is complete, and no temporary stays.
"$fit" "$v1" $quick --out usual >/dev/null || fail "--out"
seen=0
for free in 4 8 16 24 32 40 48 56 64; do
  rm -rf "$mounts/small"/* && head -c $(((64 - free) * 1024)) /dev/zero >"$mounts/small/ballast"
  "$fit" "$v1" $quick --out "$mounts/small/law" >/dev/null 2>stderr
  status=$?
  [ $status = 4 ] || fail "status $status with $free KiB free"
  ok grep -q "No space left on device" stderr
  for file in $(cd "$mounts/small" && find law -type f 2>/dev/null); do
    seen=$((seen + 1))
    ok cmp "$mounts/small/$file" "usual/${file#law/}"
  done
done
ok [ "$seen" -gt 0 ]

# An older result stays as it was when the new one does not fit.
rm -rf "$mounts/small"/* && "$fit" --convert "$v3" "$mounts/small/r.csv" 2>/dev/null || fail "--convert"
cp "$mounts/small/r.csv" before.csv
head -c 65536 /dev/zero >"$mounts/small/ballast" 2>/dev/null
expect 4 "No space left on device" "$fit" --convert "$v1" "$mounts/small/r.csv"
ok cmp before.csv "$mounts/small/r.csv"

# Read-only.
"$fit" --convert "$v3" "$mounts/fixed/r.csv" 2>/dev/null || fail "--convert"
mount -o remount,ro "$mounts/fixed" || fail "cannot remount"
expect 4 "Read-only file system" "$fit" "$v1" $quick --out "$mounts/fixed/law"
expect 4 "mounted read-only" "$fit" --convert "$v1" "$mounts/fixed/r.csv"
ok cmp before.csv "$mounts/fixed/r.csv"
finish
