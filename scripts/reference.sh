#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# reference.sh: makes the golden files in tests/golden anew with the reference libraries, in a virtual environment of
# their own (build/reference), and says which changed. Needs the network for packages; the tests need none of this.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

install_references() {
  [ -x build/reference/bin/pip ] || python3 -m venv build/reference
  build/reference/bin/pip install -q -r tests/reference/requirements.txt
}

step "reference libraries" install_references
while read -r script golden; do
  step "$golden" build/reference/bin/python "tests/reference/$script" "tests/golden/$golden"
done < <(grep -v '^#' tests/reference/goldens.txt)
git status --short tests/golden
say "the golden files are made; those named above differ from the committed ones"
