#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What lvr-score correspond refuses (score_correspond_test has the options): annotations, features, grids, frames and outputs that are wrong, named with what to do.
. "$(dirname "$0")/expect.sh"
. "$LVR_SOURCE_DIR/scripts/env.sh"
. "$LVR_SOURCE_DIR/tests/report/python.sh"
score=$LVR_BINARY_DIR/bin/lvr-score
set=$LVR_SOURCE_DIR/tests/data/cscore_spair

# import OUT SUFFIX [SOURCE]
import() { "$score" --import-features "${3:-$set/features}" --out "$1" --suffix "$2" >/dev/null 2>stderr || { fail "import $1"; cat stderr >&2; }; }
import m1 _m1.npy
import m24 _m24.npy

# correspond STATUS TEXT SPAIR FEATURES [OPTION...] : on $ranks ranks, in the $frame frame.
correspond() {
  local status=$1 text=$2 spair=$3 features=$4
  shift 4
  expect "$status" "$text" ${ranks:+mpirun -np $ranks} "$score" correspond --spair "$spair" --features "$features" --frame "${frame:-published}" --bootstrap 0 "$@"
}
# fresh : ./spair is a copy of the annotations as they are.
fresh() {
  rm -rf spair && mkdir spair && cp -r "$set"/*Annotation spair && chmod -R u+w spair || fail "copy"
}
# edit FILE STATEMENT : changes the JSON `d`.
edit() { "$python" -c 'import json, sys; f = sys.argv[1]; d = json.load(open(f)); exec(sys.argv[2]); json.dump(d, open(f, "w"))' "$1" "$2" || fail "edit $1"; }

correspond 0 "44.78" "$set" m1
mv stdout whole

# Annotations.
fresh
mkdir spair/ImageAnnotation/zebra
ranks=2 correspond 3 'empty category: no pair of "zebra"' spair m1
fresh
edit spair/ImageAnnotation/bus/2001_000003.json 'd["kps"] = {k: None for k in d["kps"]}'
correspond 3 "bus.json: no keypoint is visible in both bus/2001_000" spair m1
fresh
rm spair/ImageAnnotation/bus/2001_000003.json
correspond 3 "ImageAnnotation/bus/2001_000003.json: no such annotation" spair m1
fresh
edit spair/ImageAnnotation/bus/2001_000000.json 'd["kps"]["0"] = [500.5, 100]'
correspond 0 "1 keypoint lies outside of the image (first: keypoint 0 of bus/2001_000000 at (500.5, 100))" spair m1
edit spair/ImageAnnotation/bus/2001_000000.json 'd["kps"]["0"] = [500, 375]'
for frame in published aligned; do  # a source in two pairs
  correspond 0 "m1: 2 source keypoints lie on the right or lower border" spair m1
done
unset frame
rm spair/PairAnnotation/test/*:cat.json
rm -r spair/ImageAnnotation/cat
correspond 2 "--category cat: spair has no such category" spair m1 --category cat
ok grep -q "its categories are bicycle, bus, pottedplant, tvmonitor" stderr

# Features that are not of these images, or not of all.
mkdir some other
cp -r "$set"/features/{bicycle,cat,pottedplant,tvmonitor} some && chmod -R u+w some
import no_bus _m1.npy some
correspond 3 "no_bus: lacks 6 of 29 images: bus/2001_000000, bus/2001_000001" "$set" no_bus
correspond 0 "cat " "$set" no_bus --category cat,bicycle
rm some/cat/2002_000004_m1*.npy
import one_less _m1.npy some
correspond 3 "one_less: lacks 1 of 6 images: cat/2002_000004" "$set" one_less --category cat
cp -r "$set"/features/cat other/lynx
import lynx _m1.npy other
correspond 3 "lynx: has none of the 29 images, e.g. not bicycle/2000_000000; its own are called like lynx/2002_000000" "$set" lynx
ok grep -q "features of another dataset" stderr

# Grids.
correspond 3 "m1: 256 tokens do not form a grid of 8 x 8 patches" "$set" m1 --grid 8x8
correspond 3 "m1: its maps are of 16 x 16 patches, not 8x32" "$set" m1 --grid 8x32
correspond 3 "m1 has 16 x 16 patches, m24 has 24 x 24" "$set" m1 --features2 m24
"$python" - "$set" <<'END'
import glob, os, sys
import numpy as np
for file in glob.glob(sys.argv[1] + "/features/cat/*_m1.npy"):
    values = np.load(file)
    os.makedirs("tokens/cat", exist_ok=True)
    np.save("tokens/cat/" + os.path.basename(file), values.reshape(-1, 256).T[:15])
os.makedirs("nan/cat", exist_ok=True)
values[0, 3, 2, 1] = np.nan
np.save("nan/cat/" + os.path.basename(file), values)
END
import tokens15 _m1.npy tokens
correspond 3 "tokens15: 15 tokens do not form a grid of 4 x 4 patches" "$set" tokens15 --category cat
correspond 0 "3 x 5" "$set" tokens15 --category cat --grid 3x5
cp -r m1 odd && sed -i 's/"grid": .*/"grid": [16, 0]/' odd/manifest.json
correspond 3 "odd/manifest.json: 0 is no number of pixels or patches" "$set" odd

# Values and parts.
expect 3 "nan/cat/" "$score" --import-features nan --out refused --suffix _m1.npy
cp -r m1 broken && rm broken/index.h5
"$python" - <<'END' || fail "h5py"
import h5py
with h5py.File("broken/part-000001.h5", "r+") as part:
    part["tokens"][2, 5, 7] = float("nan")
    print(part["image_id"][2].decode())
END
ranks=2 correspond 3 "broken: the features of bus/2001_000004 hold values that are not finite" "$set" broken
head -c 3000 m1/part-000002.h5 >broken/part-000002.h5
correspond 3 "broken/part-000002.h5" "$set" broken
rm broken/part-000002.h5
correspond 3 "broken/part-000002.h5" "$set" broken
correspond 3 "m24: holds no features of mirrored pictures" "$set" m24 --flip

# Frames.
frame=auto correspond 3 "m1: does not say how its pictures were cut and resized" "$set" m1
frame=aligned correspond 0 "m1: taken for features of whole pictures squashed" "$set" m1
cp -r m1 cropped && sed -i 's/"identity": {/&"encoder": {"pixels": {"shortest_edge": 224, "crop": [224, 224]}},/' cropped/manifest.json
frame=auto correspond 0 "source keypoints lie outside of what the model saw" "$set" cropped
frame=aligned correspond 3 "m1 and cropped are of different cuts of the pictures" "$set" m1 --features2 cropped

# Equal alphas have a column each; more threads than pairs are of no use and no harm.
correspond 0 "44.78" "$set" m1 --alpha 0.1,0.1 --threads 1000
ok [ "$(sed -n 2p stdout | grep -o "PCK@0.1" | wc -l)" = 1 ]

# Outputs.
touch blocked
correspond 4 "blocked/out" "$set" m1 --draw 1 blocked/out
correspond 4 "lvr-pairs" spair m1 --draw 1 pictures  # its pictures are not there
ranks=2 correspond 2 "results.csv: results are kept in an HDF5 file" "$set" m1 --results results.csv
"$fit" --convert "$v1" converted.h5 2>stderr
cp converted.h5 before.h5
correspond 2 "converted.h5 holds results that no measurement" "$set" m1 --results converted.h5
ok cmp converted.h5 before.h5
ok [ ! -e converted.d ]
correspond 4 "blocked/results" "$set" m1 --results blocked/results.h5
mkdir twin && cp -r m1 twin
correspond 2 "m1 and twin/m1 are both called m1" "$set" m1,twin/m1 --results twins.h5
ok [ ! -e twins.h5 ]
expect 4 "stdout" bash -c '"$@" >/dev/full' - "$score" correspond --spair "$set" --features m1 --frame published --bootstrap 0 --format json
correspond 0 "44.78" "$set" m1
ok cmp stdout whole
finish
