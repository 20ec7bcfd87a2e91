#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which A serves which benchmark, what is not measured yet, labels, groups: the rules of the table.
. "$(dirname "$0")/expect.sh"
table() { printf '%s\n' "$@" >t.csv; }

# The only A column, matching no benchmark, serves every one; with a name of a benchmark it does not.
table "representation,C,A_all,score_x,score_y" "a,1,1,10,1" "b,2,3,20,2" "c,4,2,25,3" "d,3,5,21,5"
expect 0 x "$fit" t.csv $quick --format json
ok [ "$(json_at stdout benchmarks.x.n)" = 4 ]
ok [ "$(json_at stdout benchmarks.y.n)" = 4 ]
table "representation,C,A_x,score_x,score_y" "a,1,1,10,1" "b,2,3,20,2" "c,4,2,25,3"
expect 3 "benchmark 'y' has no A column" "$fit" t.csv --out out
expect 0 '"x"' "$fit" t.csv $quick --benchmark x --format json
expect 0 y "$fit" t.csv $quick --a x --format json
ok json_at stdout benchmarks.y.n >/dev/null

# Several that could serve: --a chooses, else it is an error.
table "representation,C,A_p,A_q,score_x" "a,1,1,3,10" "b,2,3,2,20" "c,4,2,1,25" "d,3,5,2,21" "e,5,4,4,11"
expect 2 "could use any of the A columns p, q" "$fit" t.csv --out out
expect 0 x "$fit" t.csv $quick --a p --format csv
cp stdout by_p
expect 0 x "$fit" t.csv $quick --a q --format csv
ok [ "$(cmp -s stdout by_p; echo $?)" = 1 ]
cut -d, -f1,2,3,5 t.csv >only_p.csv
expect 0 x "$fit" only_p.csv $quick --format csv
ok cmp stdout by_p

# One left over beside matching ones is a warning, and not used.
table "representation,C,A_x,A_old,score_x" "a,1,1,9,10" "b,2,3,9,20" "c,4,2,9,25" "d,3,5,9,21"
expect 0 "column A_old matches no benchmark and is not used" "$fit" t.csv $quick --format csv
cp stdout with_leftover
cut -d, -f1,2,3,5 t.csv >without.csv
"$fit" without.csv $quick --format csv >without.out 2>stderr || fail "without leftover"
ok cmp with_leftover without.out
ok [ ! -s stderr ]

# Too few rows for six terms: minimum norm, flagged; what is undefined is a dash or null, and no failure.
table "representation,C,A_x,score_x" "a,1,1,10" "b,2,3,20" "c,4,2,25"
expect 0 "–" "$fit" t.csv
expect 0 x "$fit" t.csv --format json
ok [ "$(json_at stdout benchmarks.x.fits.AC_quadratic.underdetermined)" = true ]
ok [ "$(json_at stdout benchmarks.x.fits.AC_quadratic.adjusted_r2)" = null ]
close "$(json_at stdout benchmarks.x.fits.AC_quadratic.r2)" 1 1e-12 underdetermined
ok [ "$(json_at stdout benchmarks.x.fits.A_linear.underdetermined)" = false ]

# Fewer than two measured rows: a dash; an error only if that is so of all.
table "representation,C,A_x,A_y,score_x,score_y" "a,1,1,1,10,1" "b,2,3,2,20," "c,4,2,2,25," "d,3,2,1,24,"
expect 0 "–" "$fit" t.csv
ok grep -q '^ *y .*–' stdout
expect 0 y "$fit" t.csv --format json
ok [ "$(json_at stdout benchmarks.y.n)" = 1 ]
case "$(json_at stdout benchmarks.y.fits.AC_quadratic.r2)" in null | "") ;; *) fail "one row has an R2" ;; esac
table "representation,C,A_x,score_x" "a,1,1,10" "b,2,3," "c,4,2,"
expect 3 "no benchmark has two representations with A, C and a score" "$fit" t.csv --out out
table "representation,C,A_x,score_x" "a,1,1," "b,2,3," "c,4,2,"
expect 3 "no benchmark has two representations" "$fit" t.csv --out out
expect 0 '"representation": ' "$fit" t.csv --plan --budget 2 --format json  # none measured yet is fine for a plan

# An empty cell leaves out its row for that benchmark only; a comment and quotes are read as such.
table "# a comment, with commas" "representation,C,A_x,A_y,score_x,score_y" "a,1,1,1,10,1" "# another" \
  "\"b, the second\",2,3,2,20,2" "c,4,2,,25,3" "d,3,2,1,,4"
expect 0 "b, the second" "$fit" t.csv $quick --format json
ok [ "$(json_at stdout benchmarks.x.n)" = 3 ]
ok [ "$(json_at stdout benchmarks.y.n)" = 3 ]

# Other columns are labels: kept, and without a say in the fit.
table "representation,colour,C,A_x,score_x,note" "a,red,1,1,10,\"x,y\"" "b,,2,3,20,z" "c,blue,4,2,25," "d,red,3,5,21,w"
expect 0 x "$fit" t.csv $quick --format csv
cp stdout with_labels
cut -d, -f1,3-5 t.csv >no_labels.csv
expect 0 x "$fit" no_labels.csv $quick --format csv
ok cmp stdout with_labels
"$fit" --convert t.csv t.h5 2>/dev/null && "$fit" --convert t.h5 back.csv 2>/dev/null || fail "--convert"
ok cmp t.csv back.csv

# Groups: those asked for, means over the benchmarks present, with their count.
expect 0 "mean of vision (4)" "$fit" "$v1" $quick
expect 0 "mean of vision (2)" "$fit" "$v1" $quick --benchmark mme,ok_vqa,textvqa_val
ok grep -q "mean of ocr (1)" stdout
ok grep -q "mean of all (3)" stdout
expect 0 vision "$fit" "$v1" $quick --group vision --format json
ok json_at stdout groups.vision.AC_quadratic.r2 >/dev/null
ok [ -z "$(json_at stdout groups.ocr.AC_quadratic.r2)" ]
expect 0 mine "$fit" "$v1" $quick --groups "mine=mme, ok_vqa" --group mine --format json
r2_of() { json_at stdout "$1.AC_quadratic.r2"; }
mean=$(awk -v a="$(r2_of benchmarks.mme.fits)" -v b="$(r2_of benchmarks.ok_vqa.fits)" 'BEGIN { printf "%.15g", (a + b) / 2 }')
close "$(r2_of groups.mine)" "$mean" 1e-12 "a group of one's own"
expect 0 mme "$fit" "$v1" $quick --benchmark mme --format csv
ok [ "$(wc -l <stdout)" = 25 ]

# A columns of other benchmarks beside one that matches none: what has no A of its own prints dashes, with a warning.
table "representation,C,A_b,A_loglik,score_b,score_d" "p,1,1,5,10,1" "q,2,3,1,20,2" "r,4,2,3,25,3" "s,3,5,2,21,5"
expect 0 "no A column serves d" "$fit" t.csv $quick
ok grep -q -- "--a loglik would serve" stderr
ok grep -q '^ *d .*–' stdout
expect 0 d "$fit" t.csv $quick --format json
ok [ "$(json_at stdout benchmarks.d.n)" = 0 ]
expect 0 d "$fit" t.csv $quick --a loglik --format json
ok [ ! -s stderr ]
ok [ "$(json_at stdout benchmarks.d.n)" = 4 ]
ok [ "$(json_at stdout benchmarks.b.alignment)" = '"b"' ]
ok [ "$(json_at stdout benchmarks.d.alignment)" = '"loglik"' ]
expect 2 "no A column serves d" "$fit" t.csv $quick --benchmark d --out out

# Lists are written with commas; a second word names itself.
expect 2 "'ok_vqa' is one argument too many" "$fit" "$v1" $quick --benchmark mme ok_vqa --out out
ok grep -q -- "--benchmark mme,ok_vqa" stderr

# What is trained is not planned again for another benchmark.
table "representation,C,A_all,score_x,score_y" "p,1,1,10,1" "q,2,3,20," "r,4,2,25,3" "s,3,5,,4" "t,5,4,30," "u,6,6,,"
expect 0 "already trained, not yet evaluated on y: q, t: evaluate them first" "$fit" t.csv $quick --plan --budget 3 \
  --benchmark y --format json
ok [ "$(grep -c '"representation": "[a-z]"' stdout)" = 1 ]
ok grep -q '"representation": "u"' stdout
finish
