#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# slurm/train.sbatch: a training that is stopped before its time limit and goes on is the training that nothing happened
# to; an array trains a representation in each task.
. "$(dirname "$0")/../cli/expect.sh"
. "$(dirname "$0")/cluster.sh"
cluster_up 2 2 100
. "$(dirname "$0")/training.sh"
words_of '"--align-updates", 120, "--align-epochs", 20, "--finetune-updates", 8, "--save-updates", 0'

# Each task has a node, with its two GPUs (which nobody uses).
cat >mine.toml <<TOML
id = "from_card"
snapshot = "$snapshot"
TOML
cp -r "$snapshot" "two, and more"
cat >both.toml <<TOML
snapshot = ["two, and more"]
encoder = ["mine.toml"]
ranks_per_model = 1
TOML
align_words=()
for ((i = 0; i < ${#words[@]}; i += 2)); do
  case ${words[i]} in --finetune-* | --align-updates) ;; *) align_words+=("${words[@]:i:2}") ;; esac
done
align_words+=(--align-updates 6)

# A share of a node: one rank.
submit -N 1 --oversubscribe --cpus-per-task 1 "$script" --snapshot "$snapshot" --out stopped "${words[@]}"
stopped_job=$job stopped_log=$log
need wait_until 60 has_updates stopped/clip 3
scancel --batch --signal=USR1 "$stopped_job"
submit -N 1 --array 0-2 "$script" align both.toml --out array "${align_words[@]}" --log-level info
array_job=$job
need wait_until 60 is_pending "$stopped_job" 1
updates=$(updates_in stopped/clip)
ok [ "$updates" -ge 3 ]
ok [ "$updates" -lt 120 ]
ok [ -f stopped/clip/align/checkpoint-*/state.json ]
ok says "interrupted with $updates updates done; the job goes back into the queue" "$stopped_log"
need wait_until 1 starts_now "$stopped_job"
"$train" align --config both.toml --out plain_array "${align_words[@]}" >plain.log 2>&1 ||
  { fail "the plain run"; cat plain.log; }

ends "${array_job}_0" 0
ends "${array_job}_1" 0
for name in from_card "two, and more"; do
  ok same_curve "array/$name" "plain_array/$name" align
done
ok [ "$(find array -name summary.json | wc -l)" = 2 ]
log_of() { job_field "${array_job}_$1" StdOut; }
ok says "task 0 of 2 in the array: encoder mine.toml" "$(log_of 0)"
ok says "task 1 of 2 in the array: snapshot two, and more" "$(log_of 1)"
for task in 0 1; do
  ok says ", 2 ranks (2 a node, each 1 cores; 2 GPUs a node)" "$(log_of $task)"
  ok says "updates 1 to 6; ranks: 2," "$(log_of $task)"  # whatever the file says
  ok says "lvr-train align --config array/\.lvr-job-${array_job}_$task\.toml --log-level=info$" "$(log_of $task)"
done
ends "${array_job}_2" 2
ok says "the array's task 2 has nothing to do: there are 2 representations" "$(log_of 2)"
ok says "remedy: use sbatch --array 0-1" "$(log_of 2)"
ok nothing_left array

ends "$stopped_job" 0
"$train" --snapshot "$snapshot" --out plain "${words[@]}" >plain.log 2>&1 ||
  { fail "the plain run"; cat plain.log; }
ok has_updates plain/clip 128
ok same_bytes plain/clip stopped/clip
ok nothing_left stopped
finish
