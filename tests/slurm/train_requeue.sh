#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What an array of trainings goes through: the warning before the time limit of one of its tasks. A job that comes no
# further gives up, and a new one goes on from there.
. "$(dirname "$0")/../cli/expect.sh"
. "$(dirname "$0")/cluster.sh"
cluster_up 2 2 220
. "$(dirname "$0")/training.sh"
words_of '"--align-updates", 120, "--align-epochs", 20, "--finetune-updates", 8, "--save-updates", 0'
cp -r "$snapshot" one
cp -r "$snapshot" two
share=(-N 1 --oversubscribe --cpus-per-task 1)

# The last task goes by the array's own number, which also means all of them.
submit "${share[@]}" --array 0-1 "$script" --snapshot one,two --out array "${words[@]}"
first=${job}_0 last=${job}_1
need wait_until 60 has_updates array/two 3
need [ "$(job_field "$last" JobId)" = "$job" ]
scancel --batch --signal=USR1 "$last"
need wait_until 60 is_pending "$last" 1
ok [ "$(job_field "$first" Restarts)" = 0 ]
# Its updates are its own: the other may be anywhere.
ok says "interrupted with $(updates_in array/two) updates done" "$(job_field "$last" StdOut)"
need wait_until 1 starts_now "$last"
ends "$first" 0
ends "$last" 0
ok [ "$(job_field "$first" Restarts)" = 0 ]

# A job whose every start but the first is stopped before it trains, as soon as there is something to stop. A start that
# was quicker has come further, and does not count.
cat >late_site.sh <<'SITE'
LVR_MPI=pmix
[ "${SLURM_RESTART_COUNT:-0}" = 0 ] || until [ -e "go$SLURM_RESTART_COUNT" ]; do sleep 0.05; done
SITE
stop_rank() {
  local process
  for process in /proc/[0-9]*; do
    [ "$process/exe" -ef "$train" ] && [ "$(grep -czxE "SLURM_CONF=$SLURM_CONF|SLURM_JOB_ID=$1|PMIX_RANK=0" \
      "$process/environ" 2>/dev/null)" = 3 ] && kill -USR1 "${process#/proc/}" && return
  done
  return 1
}
gone() { is_pending "$job" $((restarts + 1)) || has_ended "$job"; }
LVR_SITE=./late_site.sh submit "${share[@]}" "$script" --snapshot one --out late "${words[@]}"
need wait_until 60 has_updates late/one 3
scancel --signal=TERM "$job"  # a preemption: to the ranks, not to the script
need wait_until 60 is_pending "$job" 1
for restarts in {1..9}; do
  need wait_until 1 starts_now "$job"
  touch go$restarts
  need wait_until 30 stop_rank "$job"
  need wait_until 60 gone
  is_pending "$job" $((restarts + 1)) || break
done
ends "$job" 75
updates=$(updates_in late/one)
ok says "not requeued: 3 restarts have made no update behind the $updates before them" "$log"
ok says_times 3 "interrupted with $updates updates done; the job goes back" "$log"
ok [ -z "$(find late -name '.lvr-*')" ]
submit "${share[@]}" "$script" --snapshot one --out late "${words[@]}"
ends "$job" 0
ok says "one align: .*updates $((updates + 1)) to 120" "$log"

"$train" --snapshot one --out plain "${words[@]}" >plain.log 2>&1 || { fail "the plain run"; cat plain.log; }
ok has_updates plain/one 128
for done in array/one array/two late/one; do ok same_bytes plain/one $done; done
ok nothing_left array
ok nothing_left late
need true
finish
