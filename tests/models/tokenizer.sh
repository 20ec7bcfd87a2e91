#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The real SmolLM2-135M tokenizer against transformers' ids on 2,000 lines; skipped where it is not there.
set -euo pipefail
export LVR_SMOLLM2=${LVR_SMOLLM2:-$LVR_SOURCE_DIR/build/models/smollm2-135m-instruct}
if [ ! -f "$LVR_SMOLLM2/tokenizer.json" ]; then
  echo "skipped: there is no SmolLM2-135M in $LVR_SMOLLM2 (LVR_SMOLLM2=FOLDER names another place)"
  exit 77
fi
wanted=$(grep -o '"tokenizer_json_sha256":"[0-9a-f]*"' "$LVR_SOURCE_DIR/tests/golden/tokenizers_smollm2.json" | cut -d'"' -f4)
found=$(sha256sum "$LVR_SMOLLM2/tokenizer.json" | cut -d' ' -f1)
if [ "$wanted" != "$found" ]; then
  echo "note: the golden ids were made with another tokenizer.json; if they differ, make them anew:"
  echo "      tests/reference/tokenizers_smollm2.py $LVR_SMOLLM2"
fi
"$LVR_BINARY_DIR/tests/data_tokenizer_test" "[smollm2]" --warn NoTests
