#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Many more ranks than cores.
. "$(dirname "$0")/expect.sh"
. "$(dirname "$0")/extract_images.sh"
many_images pictures 400
run=("$extract" --snapshot "$model" --images pictures --store float32)
"${run[@]}" --out reference 2>stderr
before=$SECONDS
mpirun -np 64 "${run[@]}" --out many >/dev/null 2>stderr
status=$?
echo "64 ranks: $((SECONDS - before)) s"
[ $status = 7 ] || { fail "status $status"; cat stderr >&2; }
same_features many reference
finish
