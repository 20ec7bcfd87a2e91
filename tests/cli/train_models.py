# SPDX-License-Identifier: Apache-2.0
"""Eight ranks in four groups of two train four representations; one of them is made to fail. Started again, it alone is done."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import train_world as world

NAMES = ("one", "two", "three", "four")
GROUPS = ["--ranks-per-model", 2, "--align-micro-batch", 2, "--finetune-micro-batch", 2, "--align-updates", 6,
          "--finetune-updates", 6]

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    for name in NAMES:
        shutil.copytree(world.CLIP, name)
    broken = Path("three/model.safetensors")
    whole = broken.read_bytes()
    broken.write_bytes(whole[:len(whole) // 2])
    said = world.train("--snapshot", "one,two,three,four", *GROUPS, ranks=8, status=3)
    assert "three/model.safetensors" in said and "1 of 4 models failed" in said, said
    for name in NAMES:
        is_done = Path("out", name, "finetune/summary.json").exists()
        assert is_done == (name != "three"), f"{name}: done is {is_done}\n{said}"
    made = {name: Path("out", name, "finetune/projector.safetensors").read_bytes() for name in NAMES if name != "three"}
    assert made["one"] == made["two"], "the same encoder under two names gave two models"

    broken.write_bytes(whole)
    said = world.train("--snapshot", "one,two,three,four", *GROUPS, ranks=4)
    assert said.count("is complete") == 6, said
    world.assert_same_curve(Path("out/three"), Path("out/one"), "the one that failed at first")
    for line in said.splitlines():
        assert not line.startswith("three") or "failed" not in line, said

    # Another language model, list or projector in the same folder would mix two trainings.
    tensors = world.read_safetensors(Path("llm/model.safetensors"))
    tensors["model.norm.weight"] = tensors["model.norm.weight"] * 1.5
    shutil.copytree("llm", "other")
    world.write_safetensors(Path("other/model.safetensors"), tensors)
    said = world.train("--snapshot", "one", "--llm", "other", *GROUPS[2:], status=2)
    assert "was begun with another configuration" in said and "llm_sha256" in said, said
    said = world.train("--snapshot", "one", "--align-learning-rate", "1e-4", *GROUPS[2:], status=2)
    assert "learning_rate: was 0.005, is 0.0001 now" in said, said
    summary = json.loads(Path("out/one/align/summary.json").read_text())
    assert summary["updates"] == 6 and summary["samples"]["trained"] == 60, summary

    said = world.train("--snapshot", "one,two", "--dry-run", "--out", "nothing", ranks=2)
    assert said.count("per rank") >= 4 and "an update" in said and not Path("nothing").exists(), said
print("four representations on eight ranks")
