#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shards.sh [ROUNDS]: a sharded job that is killed, interrupted or started twice loses nothing, does nothing twice, and
# goes on with any number of ranks.
. "$(dirname "$0")/expect.sh"
probe=$LVR_BINARY_DIR/tests/shard_probe
rounds=${1:-3} items=198 shards=50
RANDOM=${LVR_SHARDS_SEED:-$$}

part_there() { compgen -G "$1/part-*.h5" >/dev/null; }
parts() { find "$1" -name 'part-*.h5' | wc -l; }
ranks_of() { children "$1"; }

# complete FOLDER : all there, as in the undisturbed run, each part made once, and nothing else left.
complete() {
  ok "$probe" verify "$1" $items
  ok diff -r reference "$1"
  ok [ "$(sort "$1.journal" | uniq -d | wc -l)" = 0 ]
  ok [ "$(find "$1" -mindepth 1 | wc -l)" = $((shards + 2)) ]
}

"$probe" fill reference $items 0 2>/dev/null || fail "an undisturbed serial run"
complete reference

# The last rank, the first, or one between dies at any moment; another number of ranks goes on.
export OMPI_MCA_odls_base_sigkill_timeout=0  # the launcher kills the others at once
killed=0
for ((round = 1; round <= rounds; ++round)); do
  before=$((RANDOM % 3 + 2)) after=$((RANDOM % 4 + 1)) pause=$(printf '0.%03d' $((RANDOM % 400)))
  mpirun -np $before "$probe" fill "kill$round" $items 60 >/dev/null 2>stderr &
  launcher=$!
  wait_until 30 part_there "kill$round" || fail "no part was made"
  sleep "$pause"
  victims=($(ranks_of $launcher))
  kill -9 "${victims[RANDOM % ${#victims[@]}]}" && killed=$((killed + 1))
  wait $launcher && fail "a killed rank went unnoticed"
  ok [ "$(parts "kill$round")" -lt $shards ]
  mpirun -np $after "$probe" fill "kill$round" $items 0 >/dev/null 2>stderr || { fail "resumed on $after ranks"; cat stderr >&2; }
  ok grep -q "taken over from process .*: its process is gone" stderr
  complete "kill$round"
done
ok [ $killed = "$rounds" ]
unset OMPI_MCA_odls_base_sigkill_timeout
[ "$rounds" -le 3 ] || finish  # the rest is tried in the quick one

# A signal to one rank alone: all end in order, with the status that says so.
interrupted() {  # NAME PID-TO-SIGNAL-COMMAND... : of a running job
  local name=$1 start=$SECONDS
  shift
  wait_until 30 part_there "$name" || fail "no part was made"
  "$@"
  wait $launcher
  local status=$?
  ok [ $status = 75 ]
  ok [ $((SECONDS - start)) -lt 30 ]
  ok grep -q "stopped by a signal" stderr
  ok [ "$(parts "$name")" -lt $shards ]
  ok [ ! -e "$name/lease.json" ]
  mpirun -np 2 "$probe" fill "$name" $items 0 >/dev/null 2>&1 || fail "resumed after a signal"
  complete "$name"
}
term_last() { local all=($(ranks_of $launcher)); kill -TERM "${all[-1]}"; }
mpirun -np 3 "$probe" fill one $items 80 >/dev/null 2>stderr &
launcher=$!
interrupted one term_last
mpirun -np 3 "$probe" fill every $items 80 >/dev/null 2>stderr &
launcher=$!
interrupted every kill -USR1 $launcher
"$probe" fill alone $items 40 >/dev/null 2>stderr &
launcher=$!
interrupted alone kill -TERM $launcher

# A second job on the folder stops, with a name; the first does not mind.
mpirun -np 2 "$probe" fill twice $items 40 >/dev/null 2>stderr_first &
launcher=$!
wait_until 30 part_there twice || fail "no part was made"
expect 4 "another job is filling this folder: process" "$probe" fill twice $items 0
expect 4 "last sign of life" mpirun -np 2 "$probe" fill twice $items 0
wait $launcher || { fail "the first of two jobs"; cat stderr_first >&2; }
complete twice

# Another input is another folder.
expect 2 "config.items: was 198, is 199 now" "$probe" fill twice 199 0
complete twice
finish
