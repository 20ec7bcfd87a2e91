#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-score correspond: the same bytes whatever the ranks, threads and memory; a signal ends it with nothing half-made.
. "$(dirname "$0")/expect.sh"
. "$LVR_SOURCE_DIR/scripts/env.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
set=$LVR_SOURCE_DIR/tests/data/cscore_spair
for model in m1 m1bf16 m24; do
  "$score" --import-features "$set/features" --out $model --suffix _$model.npy >/dev/null 2>stderr || { fail "import $model"; cat stderr >&2; }
done
correspond=("$score" correspond --spair "$set" --frame published --format json)
# run NAME RANKS OPTION... : in a folder of its own, its output and results.
run() {
  local name=$1 ranks=$2
  shift 2
  mkdir "$name" || return
  mpirun -np "$ranks" "${correspond[@]}" --results "$name/results.h5" "$@" >"$name/stdout" 2>"$name/stderr" ||
    { fail "$name"; tail -5 "$name/stderr" >&2; }
  rm "$name/stderr"
}
compared=0
same() {
  compared=$((compared + 1))
  ok diff -r "$1" "$2"
}

flipped=(--features m1 --flip --bootstrap 50)
run one 1 "${flipped[@]}"
ok [ -s one/stdout ]
ok [ "$(find one -name "*.h5" | wc -l)" = 2 ]
run threads 1 "${flipped[@]}" --threads 3 --memory 16 && same one threads
run two 2 "${flipped[@]}" --threads 1 --memory 16 && same one two
run four 4 "${flipped[@]}" --threads 3 && same one four

several=(--features m1bf16,m24 --bootstrap 0)
run several 1 "${several[@]}" --threads 1
ok [ "$(wc -l <several/stdout)" = 2 ]
run several3 3 "${several[@]}" --threads 2 --memory 16 && same several several3
ok [ "$compared" = 4 ]

# A signal while it resamples.
fit=$score  # for minds_signals
for signal in TERM USR1; do
  mkdir stopped
  "${correspond[@]}" --features m1 --bootstrap 1000000 --results stopped/results.h5 >stdout 2>stderr &
  pid=$!
  ok wait_until 20 minds_signals $pid
  kill -$signal $pid
  wait $pid
  ok [ $? = 75 ]
  ok grep -q "stopped by a signal" stderr
  ok [ ! -s stdout ]
  ok rmdir stopped  # it is empty
done
mpirun -np 2 "${correspond[@]}" --features m1 --bootstrap 1000000 --results stopped.h5 >stdout 2>stderr &
launcher=$!
both() { local rank all=0; for rank in $(children $launcher); do minds_signals "$rank" && all=$((all + 1)); done; [ $all = 2 ]; }
ok wait_until 30 both
kill -USR1 $launcher
wait $launcher
ok [ $? = 75 ]
ok [ ! -e stopped.h5 ]
finish
