#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Times extraction against its named peers; the README of this folder records it. Usage, from anywhere, after a build and
# `scripts/setup.sh --models`:
#   tests/bench/extract.sh [PYTHON]     PYTHON has transformers, Pillow and h5py (default: build/refvenv/bin/python)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-build/refvenv/bin/python}
cmake --build build --target vit_forward pictures lvr-extract >/dev/null
# A LibTorch that was installed beside a CUDA toolkit needs the toolkit's libraries.
[ ! -d /usr/local/cuda/lib64 ] || export LD_LIBRARY_PATH=/usr/local/cuda/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export TRANSFORMERS_VERBOSITY=error HF_HUB_DISABLE_PROGRESS_BARS=1
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
for step in "vit_forward.py --rounds 4" pictures.py "end_to_end.py --images 384" "end_to_end.py --large 336 --images 32 --rounds 2" \
  read_back.py memory.py; do
  echo "== $step"
  # shellcheck disable=SC2086
  "$python" tests/bench/$step 2>/dev/null
done
