#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a job on a cluster goes through: the warning before the time limit, a preemption, a second job on the same
# folder, a cancellation. The features are those of a run that nothing happened to.
. "$(dirname "$0")/../cli/expect.sh"
. "$(dirname "$0")/cluster.sh"
cluster_up 3 2 220
extract=$LVR_BINARY_DIR/bin/lvr-extract
export LVR_BIN=$LVR_BINARY_DIR/bin
script=$LVR_SOURCE_DIR/slurm/extract.sbatch
images photos 100
# Many small patches: a picture takes a twentieth of a second.
cat >config.toml <<TOML
snapshot = ["$LVR_SOURCE_DIR/tests/golden/vit/dinov2_patch_3"]
size = 120
threads = 1
device = "cpu"
images = "photos"
TOML
folder=dinov2_patch_3
parts=38

parts_in() { find "$1" -name 'part-*.h5' 2>/dev/null | wc -l; }
has_parts() { [ "$(parts_in "$1")" -ge "$2" ]; }

# stopped JOB RESTARTS : back in the queue, with some of the parts.
stopped() {
  need wait_until 60 is_pending "$1" "$2"
  local done
  done=$(parts_in stopped)
  ok [ "$done" -gt 0 ]
  ok [ "$done" -lt $parts ]
  ok [ ! -e stopped/$folder/lease.json ]
  ok [ -z "$(find stopped -name '.lvr-tmp-*')" ]
}

# The warning, as --signal=B:USR1@90 sends it: to the script alone.
submit -N 2 "$script" config.toml --out stopped
need wait_until 60 has_parts stopped 3
first=$job first_log=$log

# Meanwhile a second job on the same folder.
submit -N 1 "$script" config.toml --out stopped
ends "$job" 4
ok says "another job is filling this folder: .*Slurm job $first" "$log"
ok says "exit status 4" "$log"
ok [ "$(job_field "$job" Restarts)" = 0 ]

scancel --batch --signal=USR1 "$first"
stopped "$first" 1
ok says "the job goes back into the queue" "$first_log"
before=$(parts_in stopped)
need wait_until 1 starts_now "$first"

# A preemption with a time of grace: TERM to the ranks, not to the script.
need wait_until 60 has_parts stopped $((before + 3))
scancel --signal=TERM "$first"
stopped "$first" 2
before=$(parts_in stopped)
need wait_until 1 starts_now "$first"

# One without: Slurm requeues the job itself.
need wait_until 60 has_parts stopped $((before + 3))
scontrol requeue "$first"
need wait_until 60 is_pending "$first" 3
ok [ "$(parts_in stopped)" -lt $parts ]
need wait_until 1 starts_now "$first"
ends "$first" 0
ok [ "$(grep -c ', start [1-4], site' "$first_log")" = 4 ]

# A job that never finishes a part does not go on for ever.
submit -N 1 "$script" config.toml --out fruitless --shard-size 300
for restarts in 0 1 2 3; do
  need wait_until 60 says_times $((restarts + 1)) "300 images; ranks:" "$log"
  scancel --batch --signal=USR1 "$job"
  [ $restarts = 3 ] && break
  need wait_until 60 is_pending "$job" $((restarts + 1))
  need wait_until 1 starts_now "$job"
done
ends "$job" 75
ok [ "$restarts" = 3 ]
ok says "not requeued: 3 restarts have finished only 0 parts" "$log"

# Whoever cancels a job means it.
submit -N 1 "$script" config.toml --out cancelled
need wait_until 60 has_parts cancelled 1
scancel "$job"
need wait_until 60 has_ended "$job"
ok [ "$(job_field "$job" JobState)" = CANCELLED ]

"$extract" --config config.toml --out plain --threads 2 2>plain.log || { fail "the plain run"; cat plain.log; }
ok [ "$(parts_in plain)" = $parts ]
ok same_features plain/$folder stopped/$folder
need true
finish
