#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/pipeline.sh on the data of tiny_world: from drawings to the law's table. pipeline.sh small: two representations, what is
# refused, and the plan for Slurm. pipeline.sh whole: configs/pipeline/tiny.toml as it is. pipeline.sh killed N: three
# representations, killed N times at random moments, once asked to stop.
. "$(dirname "$0")/expect.sh"
export LVR_BIN=$LVR_BINARY_DIR/bin
chain=$LVR_SOURCE_DIR/scripts/pipeline.sh
plan=$LVR_SOURCE_DIR/slurm/pipeline.sh
tiny=$LVR_SOURCE_DIR/configs/pipeline/tiny.toml

# config OUT CARD... : of the tiny pipeline with these representations, or with all; it writes to OUT.
config() {
  local folder=$1 cards=''
  shift
  [ $# = 0 ] || cards=$(printf ", \"$folder/world/cards/%s.toml\"" "$@")
  sed -e "s|build/pipeline/tiny|$folder|g; s|build/tests/|$LVR_BINARY_DIR/tests/|; s|tests/data|$LVR_SOURCE_DIR/tests/data|" \
    ${cards:+-e "s|^encoder = .*|encoder = [${cards#, }]|" -e "s|^references = .*|references = [\"$1\"]|"} "$tiny"
}

# quick : the same with shorter trainings.
quick() { sed 's/_epochs = 3/_epochs = 1/'; }

# same_table FILE FILE
same_table() { [ -s "$1" ] && grep -q '^What the data support' "$1" && diff "$1" "$2" >&2; }

run() {  # CONFIG NAME : the table in NAME.table, the rest in NAME.log
  "$chain" "$1" >"$2.out" 2>"$2.log"
  local status=$?
  [ $status = 0 ] || tail -30 "$2.log" >&2
  sed -n '/^What the data support/,$p' "$2.out" >"$2.table"
  return $status
}

small() {
  config one clip42 siglip48 | quick >one.toml
  ok run one.toml one
  ok grep -q '^mme  *2 ' one.table
  ok grep -q '^mean of all' one.table
  ok [ "$(find one/results.d -name '*.h5' | wc -l)" = 20 ] # of each representation A, C and eight scores
  for part in spair/clip42/index.h5 projected/siglip48-projected/index.h5 trained/clip42/finetune/summary.json law/law.json; do
    ok [ -f "one/$part" ]
  done

  ok "$plan" one.toml --dry-run >plan 2>plan.log
  ok grep -q '^project-siglip48: sbatch .*--dependency afterok:<align> .*extract.sbatch .*/siglip48.toml' plan
  ok grep -q '^finetune: sbatch .*--dependency afterok:<align> .*train.sbatch finetune --config one/config/stages.toml' plan
  ok grep -q '^fit: sbatch .*--dependency afterok:<score>:<eval>:<correspond> .*step.sbatch lvr-fit one/results.h5' plan
  "$chain" one.toml --dry-run >local_plan 2>/dev/null
  ok [ "$(cut -d: -f1 local_plan | tail -n +2)" = "$(cut -d: -f1 plan | tail -n +2)" ]
  ok grep -q '^features: mpirun -np 2 lvr-extract' local_plan

  # A for one benchmark, and A as captions' log-likelihood.
  { sed 's/^\[project\]/[project.mme]/' one.toml; printf '[align.mme]\nn = 10\n[loglik]\naverage = "token"\n'; } >more.toml
  ok "$plan" more.toml --dry-run --out more >plan 2>plan.log
  ok grep -q '^score.mme: .*afterok:<project.mme-clip42>:<project.mme-siglip48> .* --benchmark mme --results more/results.h5' plan
  ok grep -q '^loglik-clip42: .*afterok:<eval> .* --loglik more/eval/clip42/caption_loglik' plan
  ok [ ! -e more ] # looking at the plan writes nothing
  sed 's/^\[train\]/[train]\nseed = 43/' more.toml >seed.toml
  ok "$plan" seed.toml --dry-run --out more >plan 2>plan.log
  ok grep -q '^loglik-clip42: .* --loglik more/eval/clip42~seed43/caption_loglik' plan

  expect 2 "none.toml: no such file" "$chain" none.toml
  expect 2 "nothing is not known" "$chain" --nothing
  sed 's/^references = .*/references = ["clip32"]/' one.toml >bad.toml
  expect 2 "the reference clip32 is none of the representations" "$chain" bad.toml
  sed '/^references/d' one.toml >bad.toml
  expect 2 "[pipeline] names no references" "$chain" bad.toml
  sed 's/^\[fit\]/[fitt]/' one.toml >bad.toml
  expect 2 "section [fitt] is not known" "$chain" bad.toml
  sed 's/^score = /scores = /' one.toml >bad.toml
  expect 2 "[slurm] has no key 'scores'" "$chain" bad.toml
  sed 's/^encoder = \[/encoder = [\n/' one.toml >bad.toml
  expect 2 "a list goes on over the end of its line" "$chain" bad.toml
  sed 's/^ranks = /rank = /' one.toml >bad.toml
  expect 2 "[pipeline] has no key 'rank'" "$chain" bad.toml
  sed 's/^llm = /lmm = /' one.toml >bad.toml
  expect 2 "lmm" "$chain" bad.toml
}

whole() {
  local start=$SECONDS
  config all >all.toml
  ok run all.toml all
  ok [ $((SECONDS - start)) -lt 300 ]
  ok grep -q '^mme  *10 ' all.table
  cat all.table
  echo "$((SECONDS - start)) s" >&2
}

# session PID : the processes of its session.
session() { ps -o pid= -s "$1"; }

killed() {
  local cards=(clip42 clip42_last siglip48) starts=0 kills=0 pid status
  config whole "${cards[@]}" | quick >whole.toml
  config broken "${cards[@]}" | quick >broken.toml
  ok run whole.toml whole
  RANDOM=7
  while [ $kills -lt "$1" ]; do
    setsid "$chain" broken.toml >broken.out 2>>broken.log &
    pid=$!
    sleep "$((RANDOM % 9 + 1)).$((RANDOM % 10))"
    kill -0 $pid 2>/dev/null || break # done, earlier than that
    kill -KILL $(session $pid) 2>/dev/null
    wait $pid 2>/dev/null
    kills=$((kills + 1))
  done
  ok [ $kills -ge 2 ]
  "$chain" broken.toml >broken.out 2>>broken.log &
  pid=$!
  sleep 3
  kill -TERM $pid 2>/dev/null
  wait $pid
  status=$?
  ok [ $status = 75 ]
  ok run broken.toml broken_end
  ok same_table whole.table broken_end.table
  cp whole/results.h5 before.h5
  ok run whole.toml again
  ok cmp whole/results.h5 before.h5
  ok same_table whole.table again.table
  ok [ "$(grep -c 'update 1 of' again.log)" = 0 ]
  echo "killed $kills times"
}

"$@"
finish
