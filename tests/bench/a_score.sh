#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The A score against PyTorch, on one thread and on two; 576 tokens the paper's way need 17 GB of memory and two minutes.
# Usage, from anywhere, after a build:
#   tests/bench/a_score.sh [PYTHON] [OPTION...]     PYTHON has PyTorch (default: build/refvenv/bin/python); options of a_score.py
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-build/refvenv/bin/python}
toolkit=${LVR_CUDA_LIBRARIES:-/usr/local/cuda/lib64}
cmake --build build --target a_score >/dev/null
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
for threads in 1 2; do
  LD_LIBRARY_PATH=$toolkit${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$python" tests/bench/a_score.py --threads "$threads" "${@:2}"
done
