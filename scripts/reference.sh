#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# reference.sh: makes the golden files in tests/golden anew with the reference libraries (tests/reference/README.md), in a
# virtual environment of their own, and fails if one differs from the committed one. Needs the network for packages; the
# tests need none of this.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

install_references() {
  [ -x build/refvenv/bin/pip ] || python3 -m venv build/refvenv
  build/refvenv/bin/pip install -q -r tests/reference/requirements.txt
}

step "reference libraries" install_references
for script in tests/reference/*.py; do
  step "$script" build/refvenv/bin/python "$script"
done
step "compare with the committed golden files" git diff --stat --exit-code tests/golden
