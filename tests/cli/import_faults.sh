#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# import_faults.sh [ROUNDS]: two jobs fill one results.h5 at the same time, one is killed at any moment; no finished result is
# lost, and whoever comes next leaves all of them in results.h5.
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
rounds=${1:-1}
RANDOM=${LVR_FAULTS_SEED:-$$}
echo "seed $RANDOM"

# table NAME : 8 representations, 9 measurements of each.
table() {
  local i benchmark columns=representation,C values
  for benchmark in p q r s; do columns+=,A_$benchmark,score_$benchmark; done
  echo "$columns"
  for ((i = 10; i < 18; ++i)); do
    values=$1$i
    for ((column = 0; column < 9; ++column)); do values+=,$((i * 7 + column)).5; done
    echo "$values"
  done
}
table dies >dies.csv
table lives >lives.csv
all=72
"$score" --import lives.csv --results reference.h5 2>stderr
"$score" --import dies.csv --results reference.h5 2>stderr
ok [ "$(ls reference.d | wc -l)" = $((2 * all)) ]

# written FOLDER NAME : how many of that job's measurements are there; without a process, to be quick.
written() {
  local files=("$1"/"$2"*.h5)
  [ -e "${files[0]}" ] && count=${#files[@]} || count=0
}

# rows FILE NAME : that job's rows of results.h5, by itself (beside results.d lvr-fit would read that) or with results.d.
rows() { "$fit" --convert "$1" table.csv 2>/dev/null && grep "^$2" table.csv; }
alone() { mkdir -p alone && cp "$1" alone/results.h5 && rows alone/results.h5 "$2"; }
rows reference.h5 lives >wanted_lives
ok [ "$(wc -l <wanted_lives)" = 8 ]

# Nobody dies: whoever ends last leaves both jobs' results.
"$score" --import dies.csv --results both.h5 2>stderr_dies &
victim=$!
"$score" --import lives.csv --results both.h5 2>stderr
ok [ $? = 0 ]
wait $victim || { fail "the first of two jobs"; cat stderr_dies >&2; }
ok cmp both.h5 reference.h5

killed=0 inside=0
for ((round = 1; round <= rounds; ++round)); do
  results=round$round.h5 folder=round$round.d moment=$((RANDOM % all + 1))
  "$score" --import lives.csv --results $results 2>stderr &
  survivor=$!
  "$score" --import dies.csv --results $results 2>stderr_dies &
  victim=$!
  count=0
  while [ $count -lt $moment ] && kill -0 $victim 2>/dev/null; do written $folder dies; done
  kill -9 $victim 2>/dev/null && killed=$((killed + 1))
  wait $victim 2>/dev/null
  written $folder dies
  [ $count -lt $all ] && inside=$((inside + 1))
  echo "round $round: killed with $count of $all measurements"
  wait $survivor || { fail "round $round: the survivor"; cat stderr >&2; }
  rows $results lives >got && ok diff wanted_lives got

  # Any next run leaves in results.h5 all that was finished.
  "$score" --import lives.csv --results $results 2>stderr || { fail "round $round: the next run"; cat stderr >&2; }
  written $folder dies
  alone $results lives >got && ok diff wanted_lives got
  ok [ "$(alone $results dies | grep -o '\.5' | wc -l)" = $count ]
  "$score" --import dies.csv --results $results 2>stderr || { fail "round $round: again"; cat stderr >&2; }
  ok cmp $results reference.h5
  rm -rf round$round.* alone
done
ok [ $killed = "$rounds" ]
[ "$rounds" -le 2 ] || ok [ $inside -gt 0 ]
finish
