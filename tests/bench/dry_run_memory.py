# SPDX-License-Identifier: Apache-2.0
"""What `lvr-train finetune --dry-run` says of memory, beside what its trial took: a LLaMA of 97 M parameters, ZeRO 2, ranks 1, 2, 4.
Usage: dry_run_memory.py (with build/venv's Python; numpy and Pillow)"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("LVR_SOURCE_DIR", str(ROOT))
os.environ.setdefault("LVR_BINARY_DIR", str(ROOT / "build"))
sys.path.insert(0, str(ROOT / "tests/cli"))
import train_world as world  # noqa: E402

world.CONFIG.update(hidden_size=640, intermediate_size=1760, num_attention_heads=10, num_key_value_heads=10, num_hidden_layers=14,
                    vocab_size=20000)
UNITS = {"B": 1e-6, "kB": 1e-3, "MB": 1, "GB": 1e3}


def megabytes(said: str, what: str) -> float:
    number, unit = re.search(rf"{what} +([0-9.]+) (\w+)", said).groups()
    return float(number) * UNITS[unit]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    words = " ".join(["circle and square"] * 12)
    Path("long.json").write_text(json.dumps([
        dict(id=f"l{i}", image=f"some/{i % 60}.png", conversations=[{"from": "human", "value": "<image>\nWhat is it?"},
                                                                   {"from": "gpt", "value": words}]) for i in range(64)]))
    weights = sum(value.size for value in world.read_safetensors(Path("llm/model.safetensors")).values())
    print(f"{weights / 1e6:.1f} M parameters, float32, 4 samples an update, 1 at a time")
    print("ranks   planned   in the trial   difference")
    for ranks in (1, 2, 4):
        said = subprocess.run([str(ROOT / "scripts/mpirun.sh"), str(ranks), *world.command(
            "--finetune-data", "long.json", "--finetune-micro-batch", 1, "--finetune-batch", 4, "--dry-run", words=("finetune",))],
            capture_output=True, text=True, check=True).stdout
        planned, most = megabytes(said, "per rank"), megabytes(said, "most so far")
        print(f"{ranks:5} {planned:7.0f} MB {most:11.0f} MB {100 * (planned / most - 1):+10.1f} %")
