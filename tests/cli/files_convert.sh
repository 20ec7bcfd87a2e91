#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lvr-fit --convert loses nothing in either direction, and leaves nothing where it fails.
set -euo pipefail
lvr_fit="$LVR_BINARY_DIR/bin/lvr-fit"
rm -rf ./*

fail() { echo "files_convert: $*" >&2; exit 1; }

for name in v1 v3; do
    "$lvr_fit" --convert "$LVR_SOURCE_DIR/data/paper/$name.csv" "$name.h5"
    "$lvr_fit" --convert "$name.h5" "$name.csv"
    cmp "$LVR_SOURCE_DIR/data/paper/$name.csv" "$name.csv"
    "$lvr_fit" --convert "$name.csv" again.h5
    cmp "$name.h5" again.h5
done

"$LVR_BINARY_DIR/tests/files_test" "[.samples]" > /dev/null  # results.h5 with something in every field
"$lvr_fit" --convert results.h5 full.csv
"$lvr_fit" --convert full.csv full.h5
"$lvr_fit" --convert full.h5 full_again.csv
"$lvr_fit" --convert full_again.csv full_again.h5
cmp full.csv full_again.csv
cmp full.h5 full_again.h5

head -c 1000 v1.h5 > cut.h5
for command in "cut.h5 x.csv" "missing.csv x.csv" "v1.csv v3.csv/x.h5" "v1.csv none/x.h5"; do
    # shellcheck disable=SC2086  # two words on purpose
    if "$lvr_fit" --convert $command 2> message; then fail "--convert $command succeeded"; fi
    grep -qE 'cut.h5|missing.csv|/x.h5' message || fail "--convert $command does not name the file: $(cat message)"
done
[[ ! -e x.csv ]] || fail "a failed conversion left x.csv"
[[ -z $(find . -name '.lvr-tmp-*') ]] || fail "a temporary is left"
