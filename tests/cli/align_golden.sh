#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-score align on the golden features: its figures, the same bytes on any number of ranks and threads, which images count, and
# what it puts into results.h5.
. "$(dirname "$0")/expect.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
probe=$LVR_BINARY_DIR/tests/align_probe
"$probe" clip336 1 36 || fail "probe"
"$probe" clip224 2 16 shift=13 shard=9 || fail "probe"
"$probe" dino 3 16 shift=50 shard=4 || fail "probe"
"$probe" sd2_1 4 25 shard=100 || fail "probe"

# at FILE KEY... : a value in the JSON line.
at() { sed -n "s/.*\"$2\":\([^,}]*\).*/\1/p" "$1"; }

align=("$score" align --features dino --reference clip336 clip224 --format json)
"${align[@]}" >dino.json 2>stderr || { fail "align"; cat stderr >&2; }
close "$(at dino.json clip336)" .5409150046730403 1e-12
close "$(at dino.json clip224)" .5009525743041869 1e-12
close "$(at dino.json a)" .5209337894886137 1e-12
ok [ "$(at dino.json n)" = 100 ]
ok [ "$(at dino.json representation)" = '"dino"' ]
ok [ "$(grep -o 'class/' dino.json | wc -l)" = 100 ]
ok silent stderr

# The list of references as one likes; the same whatever the ranks and threads.
for world in 2 4; do
  mpirun -np $world "$score" align --features dino --reference clip336,clip224 --format json >ranks.json 2>stderr || { fail "$world ranks"; cat stderr >&2; }
  ok cmp ranks.json dino.json
done
"$score" align --features dino --reference clip336 --reference clip224 --format json --threads 3 >threads.json 2>stderr
ok cmp threads.json dino.json

# Several representations: a line each.
"$score" align --features sd2_1,dino --reference clip336 clip224 --format json >two.json 2>stderr
ok [ "$(wc -l <two.json)" = 2 ]
ok cmp <(tail -1 two.json) dino.json
close "$(at <(head -1 two.json) a)" .5189117918293279 1e-12
expect 0 "dino: A = 0.520934 +- " "$score" align --features dino --reference clip336 clip224
expect 0 "  against clip224: 0.500953" "$score" align --features dino --reference clip336 clip224

# Precisions.
"${align[@]}" --precision float32 >single.json 2>stderr
close "$(at single.json a)" .5209338176250458 1e-6
ok [ "$(at single.json precision)" = '"float32"' ]
"${align[@]}" --bf16-emulation >rounded.json 2>stderr
close "$(at rounded.json clip336)" .54142578125 1e-3
close "$(at rounded.json clip224)" .50146484375 1e-3
ok [ "$(at rounded.json precision)" = '"bfloat16"' ]

# Images of a list, in any order; a sample, by its seed alone.
printf 'class/20.jpg\r\nclass/7.jpg\n\nclass/100.jpg\n' >three.txt
printf 'class/100.jpg\nclass/7.jpg\nclass/20.jpg' >again.txt
"${align[@]}" --ids three.txt >three.json 2>stderr
"${align[@]}" --ids again.txt >again.json 2>stderr
ok cmp three.json again.json
ok [ "$(at three.json n)" = 3 ]
ok grep -q '"image_ids":\["class/100.jpg","class/20.jpg","class/7.jpg"\]' three.json
"${align[@]}" --n 10 --seed 5 >sample.json 2>stderr
mpirun -np 3 "${align[@]}" --n 10 --seed 5 >sample3.json 2>stderr
"${align[@]}" --n 10 --seed 6 >other.json 2>stderr
ok cmp sample.json sample3.json
ok [ "$(at sample.json n)" = 10 ]
ok [ "$(grep -o '"class/[0-9]*.jpg"' sample.json | sort -u | wc -l)" = 10 ]
cmp -s sample.json other.json && fail "the seed makes no difference"
printf 'class/1.jpg\n' >one.txt
"${align[@]}" --ids one.txt >one.json 2>stderr
ok [ "$(at one.json se)" = null ]

# References of one name are told apart by the folders above them.
mkdir -p a b && cp -r clip336 a/clip && cp -r clip224 b/clip
"$score" align --features dino --reference a/clip/ b/clip --format json >named.json 2>stderr
close "$(at named.json a.clip)" .5409150046730403 1e-12
close "$(at named.json b.clip)" .5009525743041869 1e-12

# Into the law's table: two jobs at once, then again.
"${align[@]}" --results results.h5 --representation DINOv2 --benchmark mme >stdout 2>stderr_dino &
"$score" align --features sd2_1 --reference clip336 clip224 --results results.h5 --benchmark mme >stdout 2>stderr_sd &
wait
ok [ "$(ls results.d/*.h5 | wc -l)" = 2 ]
"$fit" --convert results.h5 table.csv 2>stderr || { fail "convert"; cat stderr >&2; }
ok grep -q '^DINOv2,.*0.52093378948' table.csv
ok grep -q '^sd2_1,.*0.51891179182' table.csv
ok grep -q 'A_mme' table.csv
mpirun -np 2 "${align[@]}" --results results.h5 --representation DINOv2 --benchmark mme >stdout 2>stderr
ok [ "$(ls results.d/*.h5 | wc -l)" = 2 ]
"$score" align --features dino --reference clip336 --results results.h5 >stdout 2>stderr
ok [ "$(ls results.d/*.h5 | wc -l)" = 3 ]

# The third version's definition, of what an evaluation wrote: 10 pairs of -i/4 nats a token, or -385/4 nats of 55 tokens.
"$probe" loglik eval/tiny/caption_loglik 10 || fail "probe"
loglik=("$score" align --definition loglik --loglik eval/tiny/caption_loglik --format json)
mpirun -np 2 "${loglik[@]}" --results results.h5 >pair.json 2>stderr || { fail "loglik"; cat stderr >&2; }
close "$(at pair.json a)" -1.375 1e-14
close "$(at pair.json se)" 0.23935677693908452 1e-14
ok grep -q '"references":{},' pair.json
ok [ "$(at pair.json representation)" = '"tiny"' ]
"${loglik[@]}" --average token >token.json 2>stderr
close "$(at token.json a)" -1.75 1e-14
"$fit" --convert results.h5 table.csv 2>stderr
ok grep -q '^tiny,.*-1.375' table.csv
rm eval/tiny/caption_loglik/part-000001.h5
expect 3 "part-000001.h5: is missing" "${loglik[@]}"
finish
