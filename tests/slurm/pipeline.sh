#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# slurm/pipeline.sh: the chain as jobs that wait for one another ends with the table of scripts/pipeline.sh, also where a
# sample could not be used; behind a step that fails nothing is run.
. "$(dirname "$0")/../cli/expect.sh"
. "$(dirname "$0")/cluster.sh"
cluster_up 1 2 260
export LVR_BIN=$LVR_BINARY_DIR/bin

# config OUT : of the tiny pipeline, with two representations, an array for each training and a caption that says nothing.
config() {
  "$LVR_BINARY_DIR/tests/tiny_world" "$1/world" || fail "there is nothing to train on"
  sed -i 's|]$|,{"id": "bad", "image": "train/0000.png", "conversations": []}]|' "$1/world/pictures/captions.json"
  sed -e "s|build/pipeline/tiny|$1|g; s|build/tests/|$LVR_BINARY_DIR/tests/|; s|tests/data|$LVR_SOURCE_DIR/tests/data|" \
    -e "s|^encoder = .*|encoder = [\"$1/world/cards/clip42.toml\", \"$1/world/cards/siglip48.toml\"]|" \
    -e '/^prepare/d; s|^references = .*|references = ["clip42"]|; s|^array = .*|array = true|; s|_epochs = 3|_epochs = 1|' \
    "$LVR_SOURCE_DIR/configs/pipeline/tiny.toml"
}
table() { sed -n '/^What the data support/,/^mean of all/p' "$1"; }
job_of() { sed -n "s/^$1: job \([0-9]*\).*/\1/p" "$2"; }

config jobs >jobs.toml
"$LVR_SOURCE_DIR/slurm/pipeline.sh" jobs.toml >submitted 2>submit.log || { fail "nothing submitted"; cat submit.log >&2; }
ok [ "$(wc -l <submitted)" = 9 ]
last=$(job_of fit submitted)
need [ -n "$last" ]

# A chain whose first step cannot go well.
config bad | sed 's|^llm = .*|llm = "nowhere"|' >bad.toml
"$LVR_SOURCE_DIR/slurm/pipeline.sh" bad.toml >bad_submitted 2>bad_submit.log || { fail "nothing submitted"; cat bad_submit.log >&2; }

need wait_until 200 has_ended "$last"
ends "$last" 0
for step in align finetune project-clip42 score eval correspond; do ends "$(job_of $step submitted)" 0; done
ok says "exit status 7" "$(job_field "$(job_of align submitted)" StdOut)"
ok [ "$(job_field "$(job_of project-clip42 submitted)" JobName)" = lvr-project-clip42 ]

config here | sed 's/^ranks = .*/ranks = 1/' >here.toml
"$LVR_SOURCE_DIR/scripts/pipeline.sh" here.toml >here.out 2>here.log
ok [ $? = 7 ]
table here.out >here.table
table "$(job_field "$last" StdOut)" >jobs.table
ok [ -s here.table ]
ok diff here.table jobs.table

for step in align finetune eval fit; do
  need wait_until 60 has_ended "$(job_of $step bad_submitted)"
  ok [ "$(job_field "$(job_of $step bad_submitted)" JobState)" != COMPLETED ]
done
ok [ ! -e bad/law ]
finish
