# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of train.sbatch, once a cluster is up: something to train, and how far it is.
. "$LVR_SOURCE_DIR/tests/report/python.sh"
export PYTHONPATH=$LVR_SOURCE_DIR/tests/cli PYTHONDONTWRITEBYTECODE=1
export LVR_BIN=$LVR_BINARY_DIR/bin
train=$LVR_BIN/lvr-train
script=$LVR_SOURCE_DIR/slurm/train.sbatch
"$python" -c 'import pathlib, train_world; train_world.make(pathlib.Path("."))' || fail "there is nothing to train"

# words_of CODE : the options of train_world.command(CODE), a word each, in $words; without --snapshot
# and --out.
words_of() {
  mapfile -t words < <("$python" -c "
import train_world
words = train_world.command($1)[1:]
for option in ('--snapshot', '--out'):
    at = words.index(option)
    del words[at:at + 2]
print(*words, sep='\n')")
  [ ${#words[@]} -gt 20 ] || fail "no options of a training"
}

snapshot=$LVR_SOURCE_DIR/tests/golden/llava/llama/clip
updates_in() { cat "$1"/*/metrics.jsonl 2>/dev/null | wc -l; }
has_updates() { [ "$(updates_in "$1")" -ge "$2" ]; }

# same_bytes FOLDER FOLDER : of curves and projectors, in as many stages as the first has.
same_bytes() {
  local stage file
  for stage in "$1"/*/; do
    for file in metrics.jsonl projector.safetensors; do
      cmp "$stage$file" "$2/$(basename "$stage")/$file" || return
    done
  done
}

# same_curve FOLDER FOLDER STAGE : on any number of ranks.
same_curve() {
  "$python" -c '
import pathlib, sys, train_world
ours, reference = map(pathlib.Path, sys.argv[1:3])
train_world.assert_same_curve(ours, reference, str(ours), stages=sys.argv[3:])' "$@"
}

nothing_left() { [ -z "$(find "$1" -name '.lvr-*' -o -name 'checkpoint-*' -o -name lease.json)" ]; }
