#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills up: a message, and a folder that can be gone on with; in the end what a disk with room has.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] && flags=-m || flags=-rm
  if unshare $flags true 2>/dev/null; then exec unshare $flags bash "$0" inside; fi
  [ "$(id -u)" = 0 ] || { echo "neither root nor user namespaces: a full disk cannot be tried here" >&2; exit 1; }
fi
. "$LVR_SOURCE_DIR/tests/report/python.sh"
. "$(dirname "$0")/expect.sh"
small=$(mktemp -d)
tidy_up() {
  umount "$small" 2>/dev/null
  rmdir "$small"
}
mount -t tmpfs -o size=600k tmpfs "$small" || { fail "this sandbox forbids mounting: a full disk cannot be tried here"; finish; }
export PYTHONPATH=$LVR_SOURCE_DIR/tests/cli PYTHONDONTWRITEBYTECODE=1
"$python" -c 'import pathlib, eval_world; eval_world.make(pathlib.Path("."))' || { fail "no model was trained"; finish; }
run=("$LVR_BINARY_DIR/bin/lvr-eval" --trained trained --task paper --data "$LVR_SOURCE_DIR/tests/golden/benchmarks/parquet"
  --dtype float32 --device cpu --most-tokens 4 --shard-size 4 --threads 1)
"${run[@]}" --out reference >stdout 2>stderr
ok [ $? = 0 ]
for ranks in 1 3; do
  mount -o remount,size=200k "$small"
  mpirun -np $ranks "${run[@]}" --out "$small/out" >stdout 2>stderr
  status=$?
  [ $status = 4 ] || { fail "status $status on a full disk, $ranks ranks"; cat stderr >&2; }
  ok grep -q "No space left on device" stderr
  ok grep -q "remedy:" stderr
  ok [ "$(find "$small/out" -name 'part-*.h5' | wc -l)" -gt 0 ]
  ok [ "$(find "$small/out" -name '.lvr-tmp*' | wc -l)" = 0 ]
  mount -o remount,size=16m "$small" || fail "cannot remount"
  mpirun -np 2 "${run[@]}" --out "$small/out" >stdout 2>stderr
  ok [ $? = 0 ]
  ok diff -r --exclude timing --exclude cost.json "$small/out" reference
  rm -rf "${small:?}"/*
done
finish
