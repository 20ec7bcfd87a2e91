#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pipeline.sh CONFIG.toml [--dry-run] [--out FOLDER]: the whole law on this machine: features, stage 1, projected features, stage
# 2, benchmarks, A and C, and the fit, whose table goes to stdout. Stopped or killed? Type it again: what is done stays done.
# --dry-run prints the commands. slurm/pipeline.sh submits the same steps to a cluster. The configuration is told of in
# configs/pipeline/tiny.toml. Exit status as of our programs: 7 says that some input could not be used.
set -uo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
if [ -f "$tree/scripts/env.sh" ]; then . "$tree/scripts/env.sh"; else . "$tree/env.sh"; fi # as installed
. "$tree/slurm/representations.sh"
. "$tree/slurm/pipeline_steps.sh"

child='' asked=''
resumable=75 done_without_some=7
worst=0

# mpirun hands USR1 on to its ranks; TERM would make it end them at once.
ask_to_stop() {
  asked=yes
  [ -z "$child" ] || kill -USR1 "$child" 2>/dev/null
}
trap ask_to_stop TERM INT USR1

# run WORDS... : the status in $status. A signal ends `wait` early; asked again, it still knows.
run() {
  [ -z "$asked" ] || { status=$resumable; return; }
  "$@" &
  child=$!
  wait "$child"
  status=$?
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
  done
  child=
  # It came before the program was listening.
  [ -z "$asked" ] || case $status in
    # 1: mpirun's own, where the terminal's Ctrl-C reached it too.
    1 | $((128 + $(kill -l USR1))) | $((128 + $(kill -l INT))) | $((128 + $(kill -l TERM)))) status=$resumable ;;
  esac
}

take_step() {
  local name=$1 words=("${@:4}") start=$SECONDS launch=()
  find_program "$3"
  case $3 in lvr-fit) ;; *) [ "$ranks" -le 1 ] || launch=(mpirun -np "$ranks") ;; esac
  if [ $dry = yes ]; then
    printf '%s:' "$name"
    printf ' %q' "${launch[@]}" "$3" "${words[@]}"
    echo
    return
  fi
  say "$name"
  run "${launch[@]}" "$program" "${words[@]}"
  case $status in
    0) ;;
    "$done_without_some") worst=$status && say "$name: some input could not be used; it goes on without" ;;
    "$resumable") say "stopped in step $name: type the same command again, and it goes on" && exit "$status" ;;
    *) fail "$status" "step $name failed with status $status" "see the messages above; then type the same command again" ;;
  esac
  say "$name: $((SECONDS - start)) s"
}

begin_pipeline "$@"
ranks=$(value pipeline ranks)
ranks=${ranks:-1}
all_steps
exit $worst
