#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh [SETUP OPTIONS...]: sets lvr up, then fits the law to the paper's published figures and draws the report.
# The tables go to stdout, the report's path is its last line.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh
case " $* " in *" --help "* | *" -h "*) sed -n '3,5s/^# \{0,1\}//p' "$0"; exec scripts/setup.sh --help ;; esac
scripts/setup.sh "$@"
for table in v3 v1; do
  step "the law on data/paper/$table.csv, with policy, search and planners" \
    build/bin/lvr-fit data/paper/$table.csv --policy --exhaustive --plan-study --out build/demo/$table
done
step "report of v3" build/bin/lvr-report build/demo/v3
step "report of v1" build/bin/lvr-report build/demo/v1
