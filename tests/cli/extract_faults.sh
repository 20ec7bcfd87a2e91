#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# extract_faults.sh [ROUNDS]: a rank dies at any moment; started again with another number of ranks, nothing is lost, nothing is
# made twice, and what was there stays as it was.
. "$(dirname "$0")/expect.sh"
. "$(dirname "$0")/extract_images.sh"
rounds=${1:-3}
RANDOM=${LVR_FAULTS_SEED:-$$}
echo "seed $RANDOM"
many_images few 100
for copy in 1 2 3 4 5 6 7 8 9 10 11 12; do mkdir -p pictures && cp -al few pictures/$copy; done
run=("$extract" --snapshot "$model" --images pictures --store float32 --shard-size 2 --threads 1 --flip)
"${run[@]}" --out reference 2>stderr
shards=$(ls reference/dinov2_resize/part-*.h5 | wc -l)
ok [ "$shards" = 630 ]

# has_parts FOLDER COUNT
has_parts() { [ "$(find "$1" -name 'part-*.h5' 2>/dev/null | wc -l)" -ge "$2" ]; }

# parts_of FOLDER : name, inode and content of each part
parts_of() { (cd "$1/dinov2_resize" && stat -c '%n %i %Y' part-*.h5) | sort; }

for ((round = 1; round <= rounds; ++round)); do
  before=$((RANDOM % 3 + 2)) after=$((RANDOM % 4 + 1)) moment=$((RANDOM % (shards / 2) + 1))
  out=kill$round
  mpirun -np $before "${run[@]}" --out $out >/dev/null 2>stderr &
  launcher=$!
  wait_until 60 has_parts $out $moment || fail "$moment parts were not made"
  victims=($(children $launcher))
  kill -9 "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null
  wait $launcher && fail "round $round: a killed rank went unnoticed"
  parts_of $out >there
  echo "round $round: $before ranks, killed with $(wc -l <there) of $shards parts, then $after ranks"
  ok [ "$(wc -l <there)" -lt "$shards" ]
  mpirun -np $after "${run[@]}" --out $out >/dev/null 2>stderr
  status=$?
  [ $status = 7 ] || { fail "status $status when resumed on $after ranks"; cat stderr >&2; }
  same_features $out reference
  parts_of $out >after
  ok [ "$(comm -13 after there | wc -l)" = 0 ]  # what was there was not touched
  rm -rf $out
done

[ "$rounds" -le 3 ] || finish  # the rest is tried in the quick one
# A second job on the same folder stops; the first does not mind.
"${run[@]}" --out twice 2>stderr_first &
first=$!
wait_until 30 part_there twice || fail "no part was made"
kill -STOP $first
"${run[@]}" --out twice >/dev/null 2>stderr
ok [ $? = 4 ]
ok grep -q "another job is filling this folder: process $first" stderr
kill -CONT $first
wait $first
same_features twice reference
finish
