# SPDX-License-Identifier: Apache-2.0
"""What the tests of lvr-eval ask: the tiny models that lvr-train makes of train_world.py, and miniature benchmarks."""

import json
import shutil
import subprocess
from pathlib import Path

import h5py

import train_world as world

MINIATURES = world.GOLDEN / "benchmarks/parquet"
TASKS = ("mmbench_en_dev", "mme", "mmmu_val", "ok_vqa_val2014", "textvqa_val", "vizwiz_vqa_val", "scienceqa_img", "seedbench")


def make(folder: Path, names: tuple = ("one",), updates: int = 4) -> None:
    """Trains a model for each name, all of the same tiny CLIP, in trained/."""
    world.make(folder, count=24)
    for name in names:
        shutil.copytree(world.CLIP, folder / name)
    world.train("--snapshot", ",".join(names), "--out", "trained", "--align-updates", updates, "--finetune-updates", updates)


def command(*options: object, ranks: int = 1) -> list[str]:
    """lvr-eval as a user starts it; `options` come last."""
    start = ["mpirun", "-np", str(ranks)] if ranks > 1 else []
    usual = ["--trained", "trained", "--task", "paper", "--data", MINIATURES, "--out", "eval", "--dtype", "float32", "--device",
             "cpu", "--most-tokens", "6"]
    given = {option for option in map(str, options) if option.startswith("--")}
    kept = [word for i in range(0, len(usual), 2) if usual[i] not in given for word in (usual[i], str(usual[i + 1]))]
    return [*start, str(world.BUILD / "bin/lvr-eval"), *kept, *map(str, options)]


def run(words: list, status: int = 0) -> str:
    """@return stdout and stderr"""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == status, f"{' '.join(map(str, words))}: status {done.returncode} instead of {status}\n{said}"
    return said


def evaluate(*options: object, ranks: int = 1, status: int = 0) -> str:
    return run(command(*options, ranks=ranks), status)


def program(*words: object, status: int = 0, name: str = "lvr-eval") -> str:
    return run([world.BUILD / "bin" / name, *words], status)


def samples(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]


def token_ids(folder: Path) -> list[list[int]]:
    """The answers' ids of a task's folder, question by question."""
    answers = []
    for part in sorted(folder.glob("part-*.h5")):
        with h5py.File(part) as file:
            ids, begin = file["token_id"][()].tolist(), 0
            for count in file["token_count"][()]:
                answers.append(ids[begin:begin + count])
                begin += count
    return answers


def assert_same(ours: Path, reference: Path, what: str) -> None:
    """Two evaluations say the same: their parts, logs and scores, byte for byte, whatever ranks and batches they had."""
    compared = 0
    for file in sorted(reference.rglob("*")):
        if file.is_dir() or file.name in ("cost.json",) or "timing" in file.parts or file.name.startswith(".lvr"):
            continue
        other = ours / file.relative_to(reference)
        assert other.exists(), f"{what}: {other} is missing"
        assert other.read_bytes() == file.read_bytes(), f"{what}: {other} differs from {file}"
        compared += 1
    assert compared > 0, f"{reference} holds nothing"
    extra = {file.relative_to(ours) for file in ours.rglob("*")} - {file.relative_to(reference) for file in reference.rglob("*")}
    extra = {name for name in extra if not name.name.startswith(".lvr")}
    assert not extra, f"{what}: {sorted(map(str, extra))} is not in {reference}"
