#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Times what the README of this folder records. Usage, from anywhere, after a build:
#   tests/bench/run.sh [PYTHON]     PYTHON has scikit-learn (default: build/refvenv/bin/python); "-" leaves it out
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-build/refvenv/bin/python}
fit=build/bin/lvr-fit
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# best NAME REPEATS COMMAND...: the fastest of some runs, wall clock, pinned to one core
best() {
    local name=$1 repeats=$2 least=999999 i start now
    shift 2
    for ((i = 0; i < repeats; i++)); do
        start=$(date +%s%N)
        taskset -c 0 "$@" >/dev/null 2>&1
        now=$((($(date +%s%N) - start) / 1000))
        ((now < least * 1000 || i == 0)) && least=$((now / 1000))
    done
    printf '%-66s %8d ms  (best of %d)\n' "$name" "$least" "$repeats"
    last=$least
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
echo "ratio: $((last / (ours > 0 ? ours : 1)))"
