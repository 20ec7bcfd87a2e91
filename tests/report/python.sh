# SPDX-License-Identifier: Apache-2.0
# Sourced by the report's tests: sets `python` to the one that lvr-report uses.
wrapper=$LVR_BINARY_DIR/bin/lvr-report
[ -x "$wrapper" ] || { echo "FAIL: $wrapper is not there: configure again"; exit 1; }
python=${LVR_PYTHON:-$(sed -n 's/^python=\${LVR_PYTHON:-\(.*\)}$/\1/p' "$wrapper")}
command -v "$python" >/dev/null || { echo "FAIL: no Python at '$python': run scripts/setup.sh or set LVR_PYTHON"; exit 1; }
