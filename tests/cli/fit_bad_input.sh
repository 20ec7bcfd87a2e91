#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad input: a clear message or the right result, never a crash, never a partial file under its final name.
. "$(dirname "$0")/expect.sh"

table() { printf '%s\n' "$@" >t.csv; }
rows=("a,1,1,10" "b,2,3,20" "c,4,2,25")

# Files that are no table.
mkdir folder
expect 3 "nope.csv: no such file" "$fit" nope.csv --out out
expect 3 "folder: is a folder" "$fit" folder --out out
expect 3 "no such file" "$fit" "$v1/below" --out out
: >empty.csv
expect 3 "empty.csv: has no header" "$fit" empty.csv --out out
: >empty.h5
expect 3 "empty.h5:" "$fit" empty.h5 --out out
head -c 3000 "$(command -v bash)" >binary.h5
expect 3 "binary.h5:" "$fit" binary.h5 --out out
"$fit" --convert "$v1" good.h5 2>/dev/null || fail "--convert"
size=$(wc -c <good.h5)
for length in 8 100 512 2048 $((size / 2)) $((size - 1)); do
  head -c "$length" good.h5 >cut.h5
  expect 3 "cut.h5:" "$fit" cut.h5 --out out
done
# Where the HDF5 library itself crashes, that too is said.
for crash in "$LVR_SOURCE_DIR"/tests/fuzz/corpus/libhdf5_crashes/*.h5; do
  cp "$crash" crash.h5
  expect 3 "crash.h5: the HDF5 library crashed" "$fit" crash.h5 --out out
done
expect 3 "nope.csv: no such file" "$fit" --convert nope.csv out.h5
ok [ ! -e out.h5 ]

# Tables that lack something, or say it twice.
table "representation,A_x,score_x" "a,1,2"
expect 3 "has no column C" "$fit" t.csv --out out
table "C,A_x,score_x" "1,2,3"
expect 3 "has no column representation" "$fit" t.csv --out out
table "representation,C,score_x" "a,1,2"
expect 3 "has no column A_" "$fit" t.csv --out out
table "representation,C,A_x" "a,1,2"
expect 3 "has no column score_" "$fit" t.csv --out out
table "representation,C,A_x,score_x" "${rows[@]}" "a,5,6,7"
expect 3 "representation 'a' is there twice" "$fit" t.csv --out out
table "representation,C,C,A_x,score_x" "a,1,1,1,1"
expect 3 "column 'C' is there twice" "$fit" t.csv --out out
table "representation,C,A_x,score_x"
expect 3 "the table is empty" "$fit" t.csv --out out
table "# only a comment"
expect 3 "has no header" "$fit" t.csv --out out
for bad in nan NaN inf -inf 1e999 0x10 1,5e ten; do
  table "representation,C,A_x,score_x" "${rows[@]}" "d,1,1,\"$bad\""
  expect 3 "t.csv: line 5: column 'score_x': '$bad' is not a finite number" "$fit" t.csv --out out
  table "representation,C,A_x,score_x" "${rows[@]}" "d,\"$bad\",1,1"
  expect 3 "t.csv: line 5: column 'C'" "$fit" t.csv --out out
done
table "representation,C,A_x,score_x" "${rows[@]}" "d,1,1"
expect 3 "line 5: has 3 fields, the header has 4" "$fit" t.csv --out out
table "representation,C,A_x,score_x" "${rows[@]}" "d,1,1,1,1"
expect 3 "line 5: has 5 fields, the header has 4" "$fit" t.csv --out out

# What is asked for is not there; options that make no sense.
expect 2 "has no benchmark 'nope'" "$fit" "$v1" --benchmark nope --out out
expect 2 "group 'nope' is unknown" "$fit" "$v1" --group nope --out out
expect 2 "has none of the benchmarks of group 'ocr'" "$fit" "$v1" --benchmark mme --group ocr --out out
expect 2 "has no A column named 'nope'" "$fit" "$v1" --a nope --out out
expect 2 "did you mean --policy?" "$fit" "$v1" --polcy --out out
expect 2 "'jsn' is not one of" "$fit" "$v1" --format jsn --out out
expect 2 "no input file given" "$fit"
expect 2 "--budget" "$fit" "$v1" --plan --budget 0 --out out
expect 2 "'99999999999999999999' is not an integer" "$fit" "$v1" --seed 99999999999999999999 --out out
expect 2 "--level" "$fit" "$v1" --level 1 --out out
expect 2 "'nan' is not a number" "$fit" "$v1" --ridge nan --out out
expect 3 "nope.toml: no such file" "$fit" "$v1" --config nope.toml --out out
printf 'polcy = true\n' >c.toml
expect 2 "did you mean 'policy'?" "$fit" "$v1" --config c.toml --out out

# Tables that are odd and right.
table "representation,C,A_x,score_x" "${rows[@]}"
"$fit" t.csv $quick --format csv >plain.out || fail "the plain table"
sed 's/$/\r/' t.csv >crlf.csv
"$fit" crlf.csv $quick --format csv >crlf.out || fail "Windows line ends"
ok cmp plain.out crlf.out
{ printf '\xef\xbb\xbf' && cat t.csv; } >bom.csv
"$fit" bom.csv $quick --format csv >bom.out || fail "byte-order mark"
ok cmp plain.out bom.out
printf '%s' "$(cat t.csv)" >no_newline.csv
"$fit" no_newline.csv $quick --format csv >no_newline.out || fail "no line end at the end"
ok cmp plain.out no_newline.out
table "representation,C,A_x,score_x" "a,1,1,7" "b,2,3,7" "c,4,2,7" "d,3,3,7"
expect 0 "–" "$fit" t.csv
expect 0 '"r2": null' "$fit" t.csv --format json
table "representation,C,A_x,score_x" "a,5,2,1" "b,5,2,2" "c,5,2,4" "d,5,2,3"
expect 0 x "$fit" t.csv  # A and C say nothing: the mean is all there is
expect 0 x "$fit" t.csv --format json
close "$(json_at stdout benchmarks.x.fits.AC_quadratic.r2)" 0 1e-12 "constant A and C"
table "representation,C,A_x,score_x" "a,1e300,1e-300,-1e300" "b,-1e300,2e-300,1e300" "c,1e299,3e-300,0" "d,0,0,1e300"
expect 0 x "$fit" t.csv
ok [ "$(grep -ci 'nan\|inf' stdout)" = 0 ]

# Ten thousand rows of a law that is known: score = 3 + 2a - c + ac in normalised A and C.
awk 'BEGIN { print "representation,C,A_x,score_x"
  for (i = 0; i < 10000; ++i) { a = (i * 7919 % 10000) / 9999; c = (i * 104729 % 9973) / 9972
    printf "r%d,%.10f,%.10f,%.12f\n", i, c, a, 3 + 2 * a - c + a * c } }' >big.csv
# The address sanitizer reserves terabytes; without it the memory is bounded.
([ -n "${ASAN_OPTIONS:-}" ] || ulimit -v 2000000; "$fit" big.csv $quick --format json >big.json) || fail "10,000 rows"
ok [ "$(json_at big.json benchmarks.x.n)" = 10000 ]
close "$(json_at big.json benchmarks.x.fits.AC_quadratic.r2)" 1 1e-9 "10,000 rows"
close "$(json_at big.json benchmarks.x.fits.AC_quadratic.coefficients.a2)" 0 1e-7 "a2"
ok [ "$(json_at big.json benchmarks.x.fits.AC_quadratic.rank)" = 5 ]
"$fit" --convert big.csv big.h5 2>/dev/null && "$fit" --convert big.h5 back.csv 2>/dev/null || fail "convert 10,000 rows"
ok cmp big.csv back.csv
head -602 big.csv >medium.csv
expect 2 "are too many for --exhaustive" "$fit" medium.csv $quick --exhaustive --out out
expect 2 "cannot be simulated for 601" "$fit" medium.csv $quick --policy --out out
expect 2 "too many" "$fit" big.csv $quick --plan --out out

# Places where nothing can be written.
expect 4 "cannot be made (Not a directory)" "$fit" "$v1" $quick --out "$v1/below"
expect 4 "cannot be written" "$fit" --convert "$v1" "$v1/below.h5"
expect 4 "no/such/folder" "$fit" --convert "$v1" no/such/folder/x.h5
expect 4 "is a folder" "$fit" --convert "$v1" folder
"$fit" "$v1" $quick >/dev/full 2>stderr
ok [ $? = 4 ]
ok grep -q "cannot write to stdout: No space left on device" stderr
for words in "--help" "--version" "$v1 --dump-config"; do
  "$fit" $words >/dev/full 2>stderr
  ok [ $? = 4 ]
  ok grep -q "cannot write to stdout" stderr
done
# A closed stdout or stderr must not become the number of a file that we write.
"$fit" "$v1" $quick --out closed >&- 2>stderr
ok [ $? = 4 ]
ok grep -q "cannot write to stdout: Bad file descriptor" stderr
"$fit" "$v1" $quick --out usual >/dev/null || fail "--out"
ok diff -r closed usual
"$fit" "$v1" $quick --out mute >/dev/null 2>&- <&- || fail "with a closed stderr"
ok diff -r mute usual
finish
