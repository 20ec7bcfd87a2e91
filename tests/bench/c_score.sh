#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Times the C score of all 12,234 pairs against PyTorch doing all rows, as the README of this folder records it. Usage, from
# anywhere, after a build:
#   tests/bench/c_score.sh [PYTHON]     PYTHON has torch and numpy (default: build/refvenv/bin/python)
# Needs 4 GB on the disk of TMPDIR, and page cache for them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-build/refvenv/bin/python}
score=${LVR_SCORE:-build/bin/lvr-score}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure PATCHES CHANNELS IMAGES PEER_PAIRS
measure() {
    local patches=$1 channels=$2 images=$3 pairs=$4 seconds peer best=
    "$python" tests/bench/c_score.py make "$work/set" "$patches" "$channels" "$images"
    env -u LD_LIBRARY_PATH $score --import-features "$work/set/features" --out "$work/features" 2>/dev/null
    rm -rf "$work/set/features.kept" && mv "$work/set/features" "$work/set/features.kept"
    local TIMEFORMAT='%R'
    for _ in 1 2 3; do
        seconds=$({ time env -u LD_LIBRARY_PATH $score correspond --spair "$work/set" --features "$work/features" --frame published \
            --bootstrap 0 >/dev/null 2>&1; } 2>&1)
        if [ -z "$best" ] || awk "BEGIN { exit !($seconds < $best) }"; then best=$seconds; fi
    done
    mv "$work/set/features.kept" "$work/set/features"
    peer=$("$python" tests/bench/c_score.py peer "$work/set" "$patches" "$pairs")
    awk "BEGIN { printf \"P = $patches, C = $channels: lvr-score %.2f s for 12,234 pairs, start and reading included: %.3f ms a pair; PyTorch, all rows, features in memory: %.2f ms a pair; ratio %.1f\n\", $best, 1000 * $best / 12234, 1000 * $peer, $peer / ($best / 12234) }"
    rm -rf "$work/set" "$work/features"
}

grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
measure 24 1024 25 100
measure 48 1280 15 30
