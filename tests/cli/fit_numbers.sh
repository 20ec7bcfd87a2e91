#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The paper's numbers, the formats, and the same bytes from any number of ranks.
. "$(dirname "$0")/expect.sh"

"$fit" "$v1" --format json >v1.json || fail "lvr-fit $v1"
while read -r benchmark r2; do
  close "$(json_at v1.json "benchmarks.$benchmark.fits.AC_quadratic.r2")" "$r2" 1e-9 "$benchmark"
  ok [ "$(json_at v1.json "benchmarks.$benchmark.n")" = 13 ]
done <<'TABLE'
mmbench_en 0.963396571797
mme 0.973597316477
mmmu_val 0.835214253329
ok_vqa 0.954173341512
textvqa_val 0.902802882573
vizwiz_vqa_val 0.803759731707
scienceqa_img 0.866742560758
seed_image 0.937513340816
TABLE
close "$(json_at v1.json groups.vision.AC_quadratic.r2)" 0.957170142651 1e-9 vision
close "$(json_at v1.json groups.ocr.AC_quadratic.r2)" 0.852129857092 1e-9 ocr
for key in AC_linear A_quadratic A_linear C_quadratic C_linear; do
  ok json_at v1.json "benchmarks.mme.fits.$key.loo_r2" >/dev/null
done
for term in 1 a c a2 ac c2; do ok json_at v1.json "benchmarks.mme.fits.AC_quadratic.coefficients.$term" >/dev/null; done

"$fit" "$v3" --format json $quick >v3.json || fail "lvr-fit $v3"
while read -r group form r2; do
  close "$(json_at v3.json "groups.$group.$form.r2")" "$r2" 0.0015 "v3 $group $form"
done <<'TABLE'
vision AC_quadratic 0.9406
ocr AC_quadratic 0.8385
vision A_quadratic 0.9148
ocr A_quadratic 0.7967
vision C_quadratic 0.5656
ocr C_quadratic 0.3011
TABLE

# Every format, each to stdout, each different, stderr silent.
expect 0 0.963396571797 "$fit" "$v1" $quick
ok [ ! -s stderr ]
expect 0 '"AC_quadratic": {' "$fit" "$v1" $quick --format json
expect 0 'benchmark,fit,n,benchmarks,r2' "$fit" "$v1" $quick --format csv
ok [ "$(wc -l <stdout)" = 67 ]  # a header; eight benchmarks and three groups in six forms
expect 0 '|:---|' "$fit" "$v1" $quick --format markdown
expect 0 '\begin{tabular}' "$fit" "$v1" $quick --format latex

# A CSV is one table: what it lacks is said, and is in the folder.
expect 0 '--format csv prints the fits alone; what --policy, --exhaustive found is in DIR/*.csv' \
  "$fit" "$v1" $quick --benchmark mme --policy --exhaustive --format csv --out csvs
ok [ "$(wc -l <stdout)" = 25 ]
for file in fits findings policy exhaustive exhaustive_counts; do ok [ -s csvs/$file.csv ]; done

# The policy and the search, the same from any number of ranks.
"$fit" "$v1" --policy --exhaustive --format json >serial.json || fail "--policy"
close "$(json_at serial.json policy.region.seed_image.mean_tries.top3)" 3.403305 5e-7 "mean tries"
ok [ "$(json_at serial.json exhaustive.fits)" = 65416 ]
ok [ "$(json_at serial.json exhaustive.hits.textvqa_val)" = 373 ]
for sampling in region uniform random; do
  ok grep -q '1\]' <<<"$(json_at serial.json "policy.$sampling.mme.first_hit.top1")"
done
for ranks in 1 2 4; do
  mpirun -np $ranks "$fit" "$v1" --policy --exhaustive --format json >ranks.json 2>ranks.err || fail "on $ranks ranks"
  ok cmp serial.json ranks.json
  ok silent ranks.err
done
simulated="$v1 --benchmark mme --policy --policy-method simulate --trials 500 $quick --format json"
"$fit" $simulated >serial.json || fail "simulation"
mpirun -np 4 "$fit" $simulated >ranks.json || fail "simulation on ranks"
ok cmp serial.json ranks.json

# Outputs, complete, the same bytes twice and from ranks; and the file formats, nothing lost.
"$fit" "$v1" --policy $quick --out once >/dev/null || fail "--out"
mpirun -np 2 "$fit" "$v1" --policy $quick --out twice >/dev/null || fail "--out on ranks"
ok diff -r once twice
for file in law.json law.h5 fits.csv; do ok [ -s once/$file ]; done
ok [ "$(find once/tables -name '*.md' | wc -l)" -ge 2 ]
ok [ -z "$(find once -name '.*' -type f)" ]
"$fit" --convert "$v1" v1.h5 2>/dev/null && "$fit" --convert v1.h5 back.csv 2>/dev/null || fail "--convert"
ok cmp "$v1" back.csv
"$fit" v1.h5 $quick --format csv >from_h5.csv && "$fit" "$v1" $quick --format csv >from_csv.csv || fail "from HDF5"
ok cmp from_h5.csv from_csv.csv

# A configuration that is dumped gives the same again.
"$fit" "$v1" --group vision --seed 5 --level 0.9 $quick --format csv --dump-config >dumped.toml || fail "--dump-config"
"$fit" --config dumped.toml --dump-config | cmp - dumped.toml || fail "--config of a dump"
"$fit" --config dumped.toml >a.csv && "$fit" "$v1" --group vision --seed 5 --level 0.9 $quick --format csv >b.csv
ok cmp a.csv b.csv
expect 0 '"version": "' "$fit" --version
expect 0 '--dump-config' "$fit" --help
# A folder holds one run's figures: those of another table do not stay beside them.
"$fit" "$v1" $quick --exhaustive --out st >/dev/null || fail "--out"
ok [ -e st/exhaustive.csv ]
"$fit" "$v3" $quick --out st >/dev/null || fail "--out again"
ok [ ! -e st/exhaustive.csv ]
ok [ -e st/law.h5 ]
finish
