#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# reference.sh: makes the golden files in tests/golden anew with the reference libraries (tests/reference/README.md), in a
# virtual environment of their own, and fails if one differs from the committed one. Needs the network for packages; the
# tests need none of this.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh
toolkit=${LVR_CUDA_LIBRARIES:-/usr/local/cuda/lib64}
export LD_LIBRARY_PATH=$toolkit${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

install_references() {
  [ -x build/refvenv/bin/pip ] || python3 -m venv build/refvenv
  build/refvenv/bin/pip install -q -r tests/reference/requirements.txt
  build/refvenv/bin/pip install -q --no-deps lmms-eval==0.1.2  # for its task functions alone
  if [ -e $toolkit/libcublas.so.13 ]; then  # PyTorch's own copies of it would be 4 GB
    build/refvenv/bin/pip install -q --no-deps -r scripts/requirements-torch-toolkit.txt
  else
    build/refvenv/bin/pip install -q torch==2.11.0
  fi
}

step "reference libraries" install_references
for script in tests/reference/*.py; do
  step "$script" build/refvenv/bin/python "$script"
done
step "compare with the committed golden files" git diff --stat --exit-code tests/golden
