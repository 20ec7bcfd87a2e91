# SPDX-License-Identifier: Apache-2.0
"""The real SmolLM2-135M tokenizer on 2,000 lines (tests/golden/tokenizers/lines.json): one hash of each line's ids, and how
many there are, in tests/golden/tokenizers_smollm2.json. The folder, as AutoTokenizer.save_pretrained writes it:

    tokenizers_smollm2.py [FOLDER]      (build/models/smollm2-135m-instruct; without it nothing is made)
"""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"


def hash_of(ids: list[int]) -> int:
    """FNV-1a, a whole id at a time."""
    value = 2166136261
    for one in ids:
        value = (value ^ one) * 16777619 % 2**32
    return value


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/models/smollm2-135m-instruct"
    if not (folder / "tokenizer.json").exists():
        print(f"{folder} is not there: tests/golden/tokenizers_smollm2.json stays as it is")
        return
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = json.loads((GOLDEN / "tokenizers" / "lines.json").read_text())
    ids = [tokenizer.encode(text) for text in texts]
    decoded = [tokenizer.decode(one, skip_special_tokens=False) for one in ids]
    value = {"tokenizer_json_sha256": hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest(), "counts": [len(one) for one in ids],
             "hashes": [f"{hash_of(one):08x}" for one in ids], "decoded": [f"{hash_of(list(text.encode())):08x}" for text in decoded]}
    (GOLDEN / "tokenizers_smollm2.json").write_text(json.dumps(value, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
