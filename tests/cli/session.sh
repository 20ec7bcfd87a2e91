#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An MPI session ends, whatever happens in it: no way of leaving it makes the other ranks wait for ever.
. "$(dirname "$0")/expect.sh"
probe=$LVR_BINARY_DIR/tests/session_probe

leaves() {  # RANKS WAY STATUS...: ends, with one of these statuses
  local ranks=$1 way=$2
  shift 2
  checks=$((checks + 1))
  timeout 30 mpirun -np "$ranks" "$probe" "$way" >stdout 2>stderr
  local got=$?
  case " $* " in *" $got "*) ;; *) fail "$way on $ranks ranks: status $got instead of $*"; cat stderr >&2 ;; esac
}

leaves 1 unwind 9  # one rank unwinds in order; several are ended by the one that cannot go on
leaves 4 unwind 6
for ranks in 2 4; do
  leaves $ranks body 4
  ok [ "$(grep -c "one rank's disk is full" stderr)" = 1 ]
done
leaves 4 statuses 11
leaves 4 all_unwind 3 6
leaves 1 abandon 0
leaves 4 abandon 23
"$probe" body >/dev/null 2>stderr
ok [ $? = 4 ]
"$probe" unwind >/dev/null 2>stderr
ok [ $? = 9 ]
# A launcher that MPI does not know of is refused, rather than the work done once per process.
PMI_RANK=0 PMI_SIZE=3 "$probe" body >/dev/null 2>stderr
ok [ $? = 2 ]
ok grep -q "the launcher started 3 processes, but MPI knows of one only" stderr
finish
