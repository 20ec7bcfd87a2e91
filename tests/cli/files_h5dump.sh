#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What HDF5's own tools see in our files: the documented names, types and shapes.
set -euo pipefail
"$LVR_BINARY_DIR/tests/files_test" "[.samples]" > /dev/null

expect() {  # FILE PATH TEXT...: h5dump's header of that object holds each text
    local file=$1 object=$2 header
    shift 2
    header=$(h5dump -H -d "$object" "$file" | tr -s '[:space:]' ' ')
    for text in "$@"; do
        [[ $header == *"$text"* ]] || { echo "$file: $object: no '$text' in: $header" >&2; exit 1; }
    done
}

utf8="STRPAD H5T_STR_NULLPAD; CSET H5T_CSET_UTF8"
for path in representations/name representations/family representations/labels/1 benchmarks/unit; do
    expect results.h5 "$path" "$utf8" "SIMPLE { ( 2 ) / ( 2 ) }"
done
expect results.h5 alignment/value H5T_IEEE_F64LE "SIMPLE { ( 2, 2 ) / ( 2, 2 ) }"
expect results.h5 correspondence/value H5T_IEEE_F64LE "SIMPLE { ( 2 ) / ( 2 ) }"
expect results.h5 scores/seed H5T_STD_I64LE "SIMPLE { ( 4 ) / ( 4 ) }"
expect results.h5 scores/value H5T_IEEE_F64LE "SIMPLE { ( 4 ) / ( 4 ) }"
expect results.h5 results_d/sha256 "$utf8" "STRSIZE 64" "SIMPLE { ( 1 ) / ( 1 ) }"
expect tree.h5 fits/curve H5T_IEEE_F64LE "SIMPLE { ( 3 ) / ( 3 ) }"
h5dump -a schema measurement.h5 | grep -q '"lvr-measurement"'
h5dump results.h5 > /dev/null
h5dump tree.h5 > /dev/null
echo "h5dump sees what results.hpp documents"
