# SPDX-License-Identifier: Apache-2.0
"""A training that is killed at a random moment and started again on another number of ranks has the curve of one that was not.
Usage: train_killed.py KILLS [SEED]"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import train_world as world

kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
print(f"seed {seed}")
chance = random.Random(seed)
OPTIONS = ["--save-updates", 3, "--align-micro-batch", 2, "--finetune-micro-batch", 2, "--align-updates", 40,
           "--finetune-updates", 40, "--align-epochs", 6, "--finetune-epochs", 6]
OUT = None  # a folder of this test alone, by which its processes are known


def lines_so_far(model: Path) -> int:
    return sum(len(file.read_text().splitlines()) for file in model.glob("*/metrics.jsonl"))


def start_and_stop(ranks: int, after: int, number: int) -> int:
    """Starts it, and sends a signal once so many updates more are written. @return the exit status"""
    model = Path("out/clip")
    limit = lines_so_far(model) + after
    words = world.command(*OPTIONS, "--out", OUT, ranks=ranks)
    return world.interrupt(words, number, lambda: lines_so_far(model) >= limit)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    OUT = f"{folder}/out"
    world.train(*OPTIONS, "--out", "reference")
    for kill in range(kills):
        ranks, after = chance.choice([1, 2, 4]), chance.randint(1, 60 // kills)
        status = start_and_stop(ranks, after, signal.SIGKILL)
        print(f"killed on {ranks} ranks {after} updates on: status {status}, {lines_so_far(Path('out/clip'))} lines")
        assert status != 0, "it had ended before it was killed: no test"
    for number in (signal.SIGTERM, signal.SIGUSR1):
        status = start_and_stop(1, 3, number)
        assert status == 75, f"status {status} behind {number}"
        # Between the stages there is nothing to keep: the first is complete, the second not begun.
        is_between = Path("out/clip/align/summary.json").exists() and not Path("out/clip/finetune/metrics.jsonl").exists()
        assert is_between or any(Path("out/clip").glob("*/checkpoint-*")), "no checkpoint was written"
    world.train(*OPTIONS, "--out", OUT, ranks=2)
    world.assert_same_curve(Path("out/clip"), Path("reference/clip"), "killed and started again")
    left = [str(path) for path in Path("out").rglob("*checkpoint-*")]
    assert not left, f"left behind: {left}"
