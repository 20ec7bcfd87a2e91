#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where the input comes from: read once, by one rank, and named in the provenance as what was read.
. "$(dirname "$0")/expect.sh"
"$LVR_BINARY_DIR/tests/files_test" "[.folder]" >/dev/null || fail "writing results.d"  # results.d, results.h5, stale.h5

says() {  # the run on `results.h5` read just these files, which law.json names with their hashes
  local file
  "$fit" results.h5 $quick --out law >/dev/null 2>stderr || { fail "results.h5: $(cat stderr)"; return; }
  ok [ "$(grep -c '": "[0-9a-f]\{64\}"' law/law.json)" = $# ]
  for file; do ok grep -q "\"$file\": \"$(sha256sum <"$file" | cut -d' ' -f1)\"" law/law.json; done
}
mv results.h5 fresh.h5
says results.d/*.h5  # only results.d
ok grep -q "reading results.d itself" stderr
mv law only_d
mv fresh.h5 results.h5
says results.h5  # up to date
ok [ ! -s stderr ]
mv law fresh
cp stale.h5 results.h5
says results.d/*.h5
ok grep -q "reading results.d itself" stderr
ok cmp law/law.json only_d/law.json
ok diff -r law/tables fresh/tables
"$fit" --convert results.h5 converted.csv 2>/dev/null || fail "--convert of results.d"
"$fit" converted.csv $quick --out converted >/dev/null || fail "converted.csv"
ok diff -r law/tables converted/tables

# A pipe can be read once only.
"$fit" --convert "$v1" v1.h5 2>/dev/null || fail "--convert"
"$fit" "$v1" $quick --format csv >plain || fail "plain"
for file in "$v1" v1.h5; do
  cat "$file" | "$fit" /dev/stdin $quick --format csv >piped || fail "$file through a pipe"
  ok cmp plain piped
  "$fit" <(cat "$file") $quick --format csv >piped || fail "$file by process substitution"
  ok cmp plain piped
  cat "$file" | "$fit" --convert /dev/stdin back.csv 2>/dev/null || fail "--convert of a pipe"
  ok cmp "$v1" back.csv
done

# Rank 0 alone has the input: each rank starts in a folder of its own.
cat >in_own_folder.sh <<'END'
mkdir -p "rank$OMPI_COMM_WORLD_RANK" && cd "rank$OMPI_COMM_WORLD_RANK" && exec "$@"
END
few="--bootstrap 20 --permutations 20 --random-draws 5 --format json"
for input in v1.csv v1.h5 results.h5; do
  rm -rf rank?
  mkdir rank0 && cp "$v1" v1.h5 stale.h5 rank0 && cp -r results.d rank0 && mv rank0/stale.h5 rank0/results.h5
  (cd rank0 && "$fit" $input $few >../serial 2>/dev/null) || fail "$input, serial"
  timeout 60 mpirun -np 3 bash in_own_folder.sh "$fit" $input $few >ranks 2>stderr || fail "$input: $(cat stderr)"
  ok cmp serial ranks
  ok [ -d rank2 ]
  ok [ ! -e rank2/v1.csv ]
done
cp "$LVR_SOURCE_DIR"/tests/fuzz/corpus/libhdf5_crashes/chunk_dimension_zero.h5 rank0/crash.h5
timeout 60 mpirun -np 3 bash in_own_folder.sh "$fit" crash.h5 >/dev/null 2>stderr
ok [ $? != 0 ]
ok [ "$(grep -c "crash.h5: the HDF5 library crashed" stderr)" = 1 ]

# What is missing on one rank only is said there.
echo 'level = 0.9' >rank0/c.toml
cp rank0/c.toml rank1
timeout 60 mpirun -np 3 bash in_own_folder.sh "$fit" v1.csv $quick --config c.toml >/dev/null 2>stderr
ok [ $? != 0 ]
ok [ "$(grep -c "c.toml: no such file" stderr)" = 1 ]

# JSON nested without end, from a CSV and from HDF5.
deep=$(head -c 80000 /dev/zero | tr '\0' '[')$(head -c 80000 /dev/zero | tr '\0' ']')
printf '#! {"provenance": %s}\n' "$deep" | cat - "$v1" >deep.csv
expect 3 "deep.csv: the line that starts with '#!' is nested more than 64 levels deep" "$fit" deep.csv --out out
expect 3 "deep.h5: attribute config is nested more than 64 levels deep" "$fit" deep.h5 --out out
finish
