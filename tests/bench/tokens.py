# SPDX-License-Identifier: Apache-2.0
"""Encoding on one thread: lvr against transformers' fast tokenizer, in turn in one run, and whether the ids are the same.

    tokens.py FOLDER [--rounds 3] [--megabytes 5]      FOLDER: a Hugging Face folder with tokenizer.json or tokenizer.model

The texts are pieces of the Python files and licences of the Python that runs this: English and code.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

os.environ.update(TOKENIZERS_PARALLELISM="false", RAYON_NUM_THREADS="1")
ROOT = Path(__file__).resolve().parents[2]
PIECE = 1500  # characters: about a conversation of LLaVA's list


def texts(megabytes: float) -> list[str]:
    pieces, size = [], 0
    for folder in (sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"]):
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix not in (".py", ".txt", ".md", ".rst") or not path.is_file():
                continue
            text = path.read_bytes().decode("utf-8", "ignore")[:40000]
            pieces += [text[at:at + PIECE] for at in range(0, len(text), PIECE)]
            size += len(text)
            if size > megabytes * 1e6:
                return pieces
    return pieces


def hash_of(ids: list[list[int]]) -> int:
    value = 2166136261
    for row in ids:
        for one in row:
            value = (value ^ one) * 16777619 & 0xFFFFFFFF
    return value


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=5)
    options = parser.parse_args()
    from transformers import AutoTokenizer
    pieces = texts(options.megabytes)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "texts.json"
        file.write_text(json.dumps(pieces))
        environment = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
        program = subprocess.Popen([ROOT / "build/tests/tokens", options.folder, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        if program.stdout.readline() != "ready\n":
            sys.exit("error: build/tests/tokens does not run. Remedy: cmake --build build --target tokens")
        best = {}
        for _ in range(options.rounds):
            program.stdin.write("\n")
            program.stdin.flush()
            seconds, count, ours = program.stdout.readline().split()
            best["lvr"] = min(best.get("lvr", 1e9), float(seconds))
            fast = AutoTokenizer.from_pretrained(options.folder)._tokenizer
            start = time.process_time()
            ids = [fast.encode(piece).ids for piece in pieces]
            best["Python"] = min(best.get("Python", 1e9), time.process_time() - start)
        program.stdin.close()
        program.wait()
    size = sum(len(piece.encode()) for piece in pieces) / 1e6
    for side, seconds in best.items():
        print(f"{side}: {seconds:.2f} s, {size / seconds:.1f} MB/s")
    print(f"{len(pieces)} texts, {size:.1f} MB, {int(count):,} ids; ids are {'the same' if int(ours) == hash_of(ids) else 'NOT the same'}; "
          f"ratio {best['Python'] / best['lvr']:.2f}")


if __name__ == "__main__":
    main()
