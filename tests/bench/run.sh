#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Times what the README of this folder records. Usage, from anywhere, after a build:
#   tests/bench/run.sh [PYTHON]     PYTHON has scikit-learn (default: build/refvenv/bin/python); "-" leaves it out
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-build/refvenv/bin/python}
fit=build/bin/lvr-fit
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# best NAME REPEATS COMMAND...: wall clock and processor time of the run that took the least processor time, pinned to
# one core; on a shared machine the latter is the steadier figure
best() {
    local name=$1 repeats=$2 i wall user system cpu
    local TIMEFORMAT='%R %U %S'
    shift 2
    last=
    for ((i = 0; i < repeats; i++)); do
        read -r wall user system < <({ time taskset -c 0 "$@" >/dev/null 2>&1; } 2>&1)
        cpu=$(awk "BEGIN { print 1000 * ($user + $system) }")
        if [ -z "$last" ] || awk "BEGIN { exit !($cpu < $last) }"; then
            last=$cpu
            least=$wall
        fi
    done
    printf '%-52s %8.3f s wall %8.3f s processor  (of %d)\n' "$name" "$least" "$(awk "BEGIN { print $last / 1000 }")" "$repeats"
}

grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
best "lvr-fit --help" 10 "$fit" --help
best "lvr-fit data/paper/v1.csv (everything by default)" 5 "$fit" data/paper/v1.csv
best "lvr-fit data/paper/v1.csv --policy" 5 "$fit" data/paper/v1.csv --policy
best "lvr-fit data/paper/v1.csv --plan-study" 3 "$fit" data/paper/v1.csv --plan-study
best "exhaustive search, 65,416 fits, lvr-fit" 5 "$fit" data/paper/v1.csv --exhaustive --bootstrap 0 --permutations 0 --random-draws 0
ours=$last
[ "$python" = - ] && exit 0
best "exhaustive search, 65,416 fits, scikit-learn" 1 "$python" tests/bench/sklearn_exhaustive.py
awk "BEGIN { printf \"ratio of processor times: %.0f\\n\", $last / $ours }"
