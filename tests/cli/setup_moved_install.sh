#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An installed tree works wherever it is moved.
set -euo pipefail
rm -rf installed moved out
cmake --install "$LVR_BINARY_DIR" --prefix "$PWD/installed" >log
mkdir -p moved
mv installed moved/tree
paper=moved/tree/share/lvr/data/paper/v1.csv
moved/tree/bin/lvr-fit $paper --format csv >moved.csv
"$LVR_BINARY_DIR/bin/lvr-fit" "$LVR_SOURCE_DIR/data/paper/v1.csv" --format csv >built.csv
cmp moved.csv built.csv
moved/tree/bin/lvr-fit $paper --config moved/tree/share/lvr/configs/fit/paper.toml --dump-config >/dev/null

status=0
LVR_PYTHON=/nowhere/python moved/tree/bin/lvr-report out 2>message || status=$?
[ $status = 3 ] || { echo "FAILED: lvr-report without Python ends with $status"; exit 1; }
grep -q LVR_PYTHON message
moved/tree/bin/lvr-report --help | grep -qi usage
moved/tree/bin/lvr-features --help | grep -qi usage
moved/tree/bin/lvr-pairs --help | grep -qi usage

# Its report is drawn by its own scripts, not by those of the source tree.
rm -rf moved/tree/share/lvr/report
status=0
moved/tree/bin/lvr-report out 2>message || status=$?
[ $status = 3 ] && grep -q lvr_report.py message || { cat message; echo "FAILED: status $status without scripts"; exit 1; }
