#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pipeline.sh CONFIG.toml [--dry-run] [--out FOLDER]: submits the whole law to Slurm, each step waiting for those whose output it
# reads; prints the jobs' numbers. --dry-run prints the plan, and submits nothing. The law's table is in the last job's
# log. Each job requeues itself at its time limit; after a failure, mend it and type the same again: what is done takes seconds.
# Options of sbatch for a kind of step stand in the configuration's section [slurm]; see configs/pipeline/tiny.toml.
set -uo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
tree=$(dirname "$folder")
. "$folder/representations.sh"
. "$folder/pipeline_steps.sh"

declare -A job_of

# kind_of STEP : the key of [slurm] with its options.
kind_of() {
  case $1 in
    align | finetune) echo train ;;
    project* | features) echo extract ;;
    eval) echo eval ;;
    *) echo score ;;
  esac
}

# The script for a program, and its words behind it.
take_step() {
  local name=$1 after=$2 program=$3 words=("${@:4}") options=() step waits='' job
  read -ra options <<<"$(value slurm "$(kind_of "$name")")"
  case $program in
    lvr-extract) words=("$folder/extract.sbatch" "${words[@]}") ;;
    lvr-train)
      words=("$folder/train.sbatch" "${words[@]}")
      [ "$(value slurm array)" != true ] || options+=(--array "0-$((${#names[@]} - 1))") ;;
    lvr-eval) words=("$folder/eval.sbatch" "${words[@]}") ;;
    *) words=("$folder/step.sbatch" "$program" "${words[@]}") ;;
  esac
  for step in $after; do waits+=${job_of[$step]:+:${job_of[$step]}}; done
  options+=(--job-name "lvr-$name" ${waits:+--dependency "afterok$waits" --kill-on-invalid-dep yes})
  if [ $dry = yes ]; then
    job_of[$name]="<$name>"
    printf '%s: sbatch' "$name"
    printf ' %q' "${options[@]}" "${words[@]}" | sed 's/\\\([<>]\)/\1/g'
    echo
    return
  fi
  job=$(LVR_CHAIN=yes sbatch --parsable "${options[@]}" "${words[@]}") ||
    fail 4 "step $name could not be submitted" "see sbatch's message; the steps before it are in the queue (scancel takes them out)"
  job_of[$name]=${job%%;*}
  echo "$name: job ${job%%;*}${after:+, behind$(printf ' %s' $after)}"
}

begin_pipeline "$@"
[ $dry = yes ] || type -P sbatch >/dev/null || fail 2 "there is no sbatch here" "use scripts/pipeline.sh, or --dry-run"
all_steps
