#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-score --import as a user types it.
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score

# fitted TABLE : what lvr-fit makes of it, in an order that does not depend on the table's.
fitted() { "$fit" "$1" $quick 2>/dev/null | grep -v "rests much on" | sort; }

# The paper's table through results.d gives the law of the paper's table.
expect 0 "221 measurement(s) added in results.d" "$score" --import "$v1" --results results.h5
fitted "$v1" >wanted && fitted results.h5 >got
ok [ "$(wc -l <wanted)" -gt 30 ]
ok grep -q "^mmbench_en .*0.963396571797" got
ok diff wanted got
cp results.h5 first.h5
expect 0 "221 of 221 measurements are known already" "$score" --import "$v1" --results results.h5
ok cmp first.h5 results.h5

# A results.h5 that was converted from a CSV is not overwritten; it can be brought in. Rank 0 does it all.
grep -E "^(representation|CLIP336|DiT)," "$v1" >small.csv
"$fit" --convert small.csv converted.h5 2>/dev/null
cp converted.h5 kept.h5
expect 2 "move it away and bring it in" "$score" --import small.csv --results converted.h5
ok cmp converted.h5 kept.h5
ok [ ! -e converted.d ]
mv converted.h5 old.h5
expect 0 "34 measurement(s) added" mpirun -np 2 "$score" --import old.h5 --results converted.h5
"$fit" --convert converted.h5 got.csv 2>/dev/null
# numbers FILE : each representation's, sorted: a rebuilt table has its own order of columns.
numbers() { grep -E "^(CLIP336|DiT)," "$1" | tr , '\n' | grep . | sort; }
ok [ "$(numbers small.csv | wc -l)" = 38 ]
ok diff <(numbers small.csv) <(numbers got.csv)

# lmms-eval.
cat >run_results.json <<'E2'
{"results": {"mme": {"alias": "mme", "mme_percetion_score,none": 1300.5, "mme_percetion_score_stderr,none": "N/A"},
             "scienceqa_img": {"exact_match,none": 0.6623, "exact_match_stderr,none": 0.0105}, "pope": {"pope_f1_score,none": 0.85}},
 "config": {"model": "llava", "model_args": "pretrained=x"}, "n-samples": {"scienceqa_img": {"original": 2017, "effective": 2017}}}
E2
expect 2 "does not say whose scores it holds" "$score" --import run_results.json --results lmms.h5
expect 0 "left out: pope" "$score" --import run_results.json --results lmms.h5 --representation "a b/c" --seed 2
ok [ "$(ls lmms.d)" = "$(printf '%s\n' a%20b%2Fc~score~mme~2.h5 a%20b%2Fc~score~scienceqa_img~2.h5)" ]
"$fit" --convert lmms.h5 lmms.csv 2>/dev/null
ok grep -q "^a b/c,.*1300.5.*66.23" lmms.csv
ok grep -q '"mme": *\["points", *2000' lmms.csv
expect 2 "says itself" "$score" --import run_results.json "$v1" --results lmms.h5 --representation mine

# Command line, and files that are none.
expect 2 "results are kept in an HDF5 file" "$score" --import "$v1" --results results.csv
expect 3 "nowhere.csv" "$score" --import nowhere.csv --results out/r.h5
head -c 3000 results.h5 >cut.h5
expect 3 "cut.h5" "$score" --import cut.h5 --results out/r.h5
echo '{"results": ' >half.json
expect 3 "half.json" "$score" --import half.json --results out/r.h5 --representation mine

# Two that say different things: nothing is written.
sed 's/^CLIP336,clip,15.66/CLIP336,clip,15.67/' "$v1" >changed.csv
expect 3 "changed.csv disagree on C of 'CLIP336': 15.66 and 15.67" "$score" --import changed.csv --results results.h5
ok cmp first.h5 results.h5
expect 3 "disagree on C of 'CLIP336'" "$score" --import "$v1" changed.csv --results out/r.h5
sed 's/^CLIP336,clip/Other,clip/; s/^DINOv2,dino/DINOv2,clip/' "$v1" >family.csv
expect 3 "disagree on the family of 'DINOv2'" "$score" --import family.csv --results results.h5
ok [ -z "$(ls results.d | grep Other)" ]
ok cmp first.h5 results.h5
finish
