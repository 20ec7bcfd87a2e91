# SPDX-License-Identifier: Apache-2.0
"""An evaluation that is killed at a random moment and started again on another number of ranks ends as one that was not.
Usage: eval_killed.py KILLS [SEED]"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import eval_world as world

kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
print(f"seed {seed}")
chance = random.Random(seed)
OPTIONS = ["--shard-size", 2, "--most-tokens", 24, "--threads", 1]


def parts() -> int:
    return sum(1 for _ in Path("out").rglob("part-*.h5"))


def start_and_stop(ranks: int, after: int, number: int) -> int:
    """Starts it, and sends a signal once so many parts more are written. @return the exit status"""
    limit = parts() + after
    return world.world.interrupt(world.command(*OPTIONS, "--out", OUT, ranks=ranks), number, lambda: parts() >= limit)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    OUT = f"{folder}/out"
    world.evaluate(*OPTIONS, "--out", "reference")
    for kill in range(kills):
        ranks, after = chance.choice([1, 2, 4]), chance.randint(1, max(1, 80 // kills))
        status = start_and_stop(ranks, after, signal.SIGKILL)
        print(f"killed on {ranks} ranks {after} parts on: status {status}, {parts()} parts")
        assert status != 0, "it had ended before it was killed: no test"
    for number in (signal.SIGTERM, signal.SIGUSR1):
        before = parts()
        status = start_and_stop(1, 3, number)
        assert status == 75 and parts() >= before, f"status {status} behind {number}"
    # All parts are there, but not what is made of them.
    world.evaluate(*OPTIONS, "--out", OUT)
    for name in ("samples.jsonl", "score.json"):
        Path("out/one/mme", name).unlink()
    world.evaluate(*OPTIONS, "--out", OUT, ranks=2)
    world.assert_same(Path("out"), Path("reference"), "killed and started again")
    left = [str(path) for path in Path("out").rglob(".lvr-tmp*")]
    assert not left, f"left behind: {left}"
