# SPDX-License-Identifier: Apache-2.0
# Sourced by extract.sbatch, train.sbatch and step.sbatch: a Slurm job that runs a program of ours on all its nodes and goes back
# into the queue until it is done. Such a script sets
#   script  its name                      folder  where it is, with this file beside it
#   unit    what is done, in the plural   remedy  what to do when restarts do no more of it
# defines
#   so_far               prints how many units are done in the program's folder of output, $out
#   why_not_again COUNT  with so many: prints why the job shall not go back into the queue, or nothing
# and calls `begin_job PROGRAM ARGUMENTS...`, `words_of ARGUMENTS...` and `run_until_done`. In the environment:
#   LVR_SITE  name of a file in slurm/sites (generic), or its path; see slurm/sites/generic.sh
#   LVR_CHAIN not empty: the job is part of a chain, which goes on where some input could not be used
#   LVR_BIN   the folder with the programs; else build/bin of this tree or of the folder of submission, else PATH

resumable=75        # our programs' exit status for "stopped by a signal: start me again"
done_without_some=7 # ... for "done; what could not be used is listed"
spare_restarts=3    # so many may do nothing more

say() { echo "[$(date +%T) $script] $*" >&2; }

# fail STATUS PROBLEM REMEDY
fail() {
  say "error: $2"
  say "  remedy: $3"
  exit "$1"
}

job_field() { scontrol show job "$job" | sed -n "s/^.*\b$1=\([^ ]*\).*/\1/p" | head -1; }

# first_file FILE... : the first that is there.
first_file() {
  local file
  for file in "$@"; do
    [ -f "$file" ] && echo "$file" && return
  done
  return 1
}

read_site() {
  local site=${LVR_SITE:-generic} file
  case $site in
    */*) file=$(first_file "$site") ;;
    *) file=$(first_file "$folder/sites/$site.sh" "$SLURM_SUBMIT_DIR/slurm/sites/$site.sh") ;;
  esac ||
    fail 2 "there is no site file for LVR_SITE=$site" "write $folder/sites/$site.sh, after generic.sh beside it"
  . "$file" || fail 2 "$file failed" "see the messages above"
  if [ -n "${LVR_TORCH_DIR:-}" ]; then
    export LD_LIBRARY_PATH="$LVR_TORCH_DIR/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  fi
  site_file=$file
}

# find_program NAME
find_program() {
  if [ -n "${LVR_BIN:-}" ]; then
    program=$LVR_BIN/$1
    [ -x "$program" ] || fail 2 "LVR_BIN=$LVR_BIN has no $1" "see that LVR_BIN is the folder with our programs"
    return
  fi
  # In an installed tree the scripts are in share/lvr/slurm.
  program=$(first_file "$folder/../build/bin/$1" "$SLURM_SUBMIT_DIR/build/bin/$1" "$folder/../../../bin/$1") ||
    program=$(type -P "$1") ||
    fail 2 "there is no $1 in build/bin of $SLURM_SUBMIT_DIR, nor on PATH" \
      "build it (scripts/setup.sh), or set LVR_BIN to its folder"
  program=$(realpath "$program")
}

# One rank for each GPU; without GPUs one for each group of cores.
lay_out() {
  nodes=$SLURM_JOB_NUM_NODES
  gpus=${SLURM_GPUS_ON_NODE:-0}
  # "16(x3),8": the smallest node counts.
  local cores
  cores=$(tr , '\n' <<<"$SLURM_JOB_CPUS_PER_NODE" | sed 's/(.*//' | sort -n | head -1)
  ranks_per_node=${LVR_RANKS_PER_NODE:-$gpus}
  [ "$ranks_per_node" -gt 0 ] || ranks_per_node=$((cores / ${LVR_CORES_PER_RANK:-16}))
  [ "$ranks_per_node" -gt 0 ] || ranks_per_node=1
  ranks=$((nodes * ranks_per_node))
  cores_per_rank=$((cores / ranks_per_node))
  [ "$cores_per_rank" -gt 0 ] || cores_per_rank=1
}

# A rank that ends must not take the others along: they are on their way to the same status.
launch() {
  case ${LVR_LAUNCHER:-srun} in
    srun)
      export SLURM_EXPORT_ENV=ALL
      exec srun ${LVR_MPI:+--mpi="$LVR_MPI"} --nodes="$nodes" --ntasks="$ranks" --ntasks-per-node="$ranks_per_node" \
        --cpus-per-task="$cores_per_rank" --kill-on-bad-exit=0 --wait=30 "$program" "$@" ;;
    mpirun)
      exec mpirun -np "$ranks" --map-by "ppr:$ranks_per_node:node:PE=$cores_per_rank" "$program" "$@" ;;
    *) fail 2 "LVR_LAUNCHER=$LVR_LAUNCHER is not known" "write srun or mpirun in $site_file" ;;
  esac
}

# The launcher hands USR1 on to all ranks (TERM would make it end them at once), but may lose one that comes while it
# starts them.
ask_to_stop() {
  [ -n "$step" ] && [ -z "$asking" ] || return
  (while kill -USR1 "$step" 2>/dev/null; do sleep 5; done) &
  asking=$!
}

# Slurm warns the script only.
pass_on() {
  say "$1: the ranks are asked to stop"
  is_news=yes
  ask_to_stop
}

# A signal ends `wait` early; asked again, it still knows the status.
wait_for_step() {
  wait "$step"
  status=$?
  while [ -n "$is_news" ]; do
    is_news=
    wait "$step"
    status=$?
  done
  [ -z "$asking" ] || kill "$asking" 2>/dev/null
  # It came before the ranks were listening.
  case $status in $((128 + $(kill -l USR1))) | $((128 + $(kill -l TERM)))) status=$resumable ;; esac
}

# out_folder : of the program's words; what --dump-config prints has it.
out_folder() { "$program" "${words[@]}" --dump-config 2>/dev/null | sed -n 's/^out = "\(.*\)"$/\1/p'; }

requeue() {
  local count state reason
  [ -n "$out" ] || out=$(out_folder)
  count=$(so_far)
  state=$(job_field JobState)
  # Cancelled, or already on its way back into the queue.
  [ "$state" = RUNNING ] || { say "interrupted with $count $unit done; Slurm says $state"; exit "$status"; }
  reason=$(why_not_again "$count")
  [ -z "$reason" ] || { tidy_up; fail "$status" "not requeued: $reason" "$remedy"; }
  say "interrupted with $count $unit done; the job goes back into the queue"
  scontrol requeue "$job" ||
    fail "$status" "this cluster does not let jobs requeue themselves" "type the same sbatch command again: it goes on"
  exit "$status"
}

tidy_up() { :; }  # a script with more to tidy up defines its own

# begin_job PROGRAM ARGUMENTS... : where it is, and on what it will run.
begin_job() {
  [ -n "${SLURM_JOB_ID:-}" ] || fail 2 "this is a Slurm job" "sbatch $0 ${*:2}"
  # The number alone would mean all tasks of an array.
  job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
  job=${job:-$SLURM_JOB_ID}
  step='' asking='' is_news='' out=''
  trap 'pass_on "USR1 (the time is nearly over)"' USR1
  trap 'pass_on TERM' TERM
  read_site
  find_program "$1"
  lay_out
}

# words_of ARGUMENTS... : what the program gets. A configuration file may be the first of them.
words_of() {
  case ${1:-} in -* | '') words=("$@") ;; *) words=(--config "$@") ;; esac
}

run_until_done() {
  say "job $job, start $((${SLURM_RESTART_COUNT:-0} + 1)), site $site_file, nodes $SLURM_JOB_NODELIST," \
    "$ranks ranks ($ranks_per_node a node, each $cores_per_rank cores; $gpus GPUs a node)"
  say "$program ${words[*]}"
  launch "${words[@]}" &
  step=$!
  [ -z "$is_news" ] || ask_to_stop
  wait_for_step
  [ "$status" != $resumable ] || requeue
  tidy_up
  say "exit status $status"
  # The jobs of a chain wait for this one to end well.
  [ "$status" != $done_without_some ] || [ -z "${LVR_CHAIN:-}" ] || status=0
  exit "$status"
}
