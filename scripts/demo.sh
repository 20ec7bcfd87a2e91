#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh [SETUP OPTIONS...]: sets lvr up with a pretrained model and photographs, extracts and shows their features, then
# fits the law to the paper's published figures and draws the report. Where things are and the tables go to stdout; the
# report's path is its last line.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh
case " $* " in *" --help "* | *" -h "*) sed -n '3,6s/^# \{0,1\}//p' "$0"; exec scripts/setup.sh --help ;; esac

extract_features() {
  rm -rf build/demo/features  # or there would be nothing left to do, and no speed to see
  step "features of the photographs (DINOv2-small, 448 px)" \
    build/bin/lvr-extract --snapshot build/models/dinov2-small --size 448 --images build/models/photographs --out build/demo/features
  echo build/demo/features/dinov2-small/index.h5
  step "picture of the features" build/bin/lvr-features build/demo/features/dinov2-small --images build/models/photographs \
    --out build/demo/features.png
}

scripts/setup.sh --models "$@"
if [ -x build/bin/lvr-extract ]; then extract_features; else say "this build has no lvr-extract (LVR_WITH_TORCH=OFF): no features"; fi
for table in v3 v1; do
  step "the law on data/paper/$table.csv, with policy, search and planners" \
    build/bin/lvr-fit data/paper/$table.csv --policy --exhaustive --plan-study --out build/demo/$table
done
step "report of v3" build/bin/lvr-report build/demo/v3
step "report of v1" build/bin/lvr-report build/demo/v1
