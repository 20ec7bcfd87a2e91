#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Errors, signals and lost ranks: the program ends, says so once, and leaves nothing half-made.
. "$(dirname "$0")/expect.sh"
long="--benchmark mme --policy --policy-method simulate --trials 3000000 $quick"  # minutes, should a test die before its signal
said_once() { ok [ "$(grep -c "error\]" stderr)" = 1 ]; }

# An error of all ranks: one message, one status.
expect 3 "nope.csv: no such file" mpirun -np 4 "$fit" nope.csv --out out
said_once
expect 2 "did you mean --policy?" mpirun -np 4 "$fit" "$v1" --polcy
said_once
expect 2 "has no benchmark 'nope'" mpirun -np 4 "$fit" "$v1" --benchmark nope --out out
said_once
expect 2 "has no A column named 'nope'" mpirun -np 4 "$fit" "$v1" --a nope
said_once
# An error of rank 0 alone.
expect 4 "cannot be made (Not a directory)" mpirun -np 4 "$fit" "$v1" $quick --out "$v1/below"
said_once
expect 4 "cannot be written" mpirun -np 4 "$fit" --convert "$v1" "$v1/below.h5"
said_once

# Signals to a serial run.
for signal in TERM USR1 INT; do
  bash -c 'trap - INT; exec "$@"' - "$fit" "$v1" $long --out out >/dev/null 2>stderr &
  pid=$!
  ok wait_until 20 minds_signals $pid
  kill -$signal $pid
  wait $pid
  ok [ $? = 75 ]
  ok grep -q "stopped by a signal" stderr
  ok [ ! -e out ]
done
for job in "$quick --plan-study" "$quick --exhaustive" "--bootstrap 1000000000 --permutations 0" "--permutations 1000000000 --bootstrap 0"; do  # every long part minds it
  awk 'BEGIN { print "representation,C,A_x,score_x"; for (i = 0; i < 20; ++i)
    printf "r%d,%d,%d,%d\n", i, i * 7 % 20, i * 11 % 20, i * i * 13 % 101 }' >long.csv
  "$fit" long.csv $job --out out >/dev/null 2>stderr &
  pid=$!
  ok wait_until 20 minds_signals $pid
  kill -TERM $pid
  wait $pid
  ok [ $? = 75 ]
  ok [ ! -e out ]
done

start_ranks() {
  mpirun -np 4 "$fit" "$v1" $long --out out >/dev/null 2>stderr &
  launcher=$!
  ok wait_until 30 all_mind_signals
}
all_mind_signals() {
  local rank
  ranks=$(children $launcher)
  [ "$(wc -w <<<"$ranks")" = 4 ] || return 1
  for rank in $ranks; do minds_signals "$rank" || return 1; done
}
all_gone() {
  local rank
  for rank in $ranks; do [ ! -e "/proc/$rank" ] || return 1; done
}

# Slurm's warning, passed on by mpirun: all ranks stop in order.
start_ranks
kill -USR1 $launcher
wait $launcher
ok [ $? = 75 ]
ok [ "$(grep -c "stopped by a signal" stderr)" = 1 ]
ok wait_until 10 all_gone
ok [ ! -e out ]

# One rank is lost: the others end, and the status is not 0.
start_ranks
kill -9 "$(head -1 <<<"$ranks")"
wait $launcher
ok [ $? != 0 ]
ok wait_until 10 all_gone
ok [ ! -e out ]
finish
