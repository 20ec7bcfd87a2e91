# SPDX-License-Identifier: Apache-2.0
"""The curve of a training does not depend on how it is computed: ranks, what they share, micro-batches, recomputation, packed
rows, features computed or read."""

import os
import subprocess
import tempfile
from pathlib import Path

import train_world as world

WAYS = {
    "2 ranks, ZeRO 2": (2, ["--zero", 2]),
    "4 ranks, ZeRO 2": (4, ["--zero", 2, "--align-micro-batch", 2, "--finetune-micro-batch", 2]),
    "2 ranks, ZeRO 1": (2, ["--zero", 1, "--align-micro-batch", 1, "--finetune-micro-batch", 2]),
    "4 ranks, ZeRO 0": (4, ["--zero", 0, "--align-micro-batch", 1, "--finetune-micro-batch", 1]),
    "1 rank, 8 accumulated": (1, ["--align-micro-batch", 1, "--finetune-micro-batch", 1]),
    "1 rank, 4 accumulated, ZeRO 0": (1, ["--zero", 0, "--align-micro-batch", 2, "--finetune-micro-batch", 2]),
    "nothing recomputed": (1, ["--keep-activations"]),
    "packed rows": (2, ["--pack", 200]),
    "cached features": (2, ["--align-features", "features", "--finetune-features", "features", "--align-images", "",
                            "--finetune-images", ""]),
}

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    world.make(Path("."))
    said = world.train("--out", "reference", "--format-is-not-known", 1, status=2)
    assert "format_is_not_known" in said or "format-is-not-known" in said, said
    world.train("--out", "reference")
    reference = Path("reference/clip")
    first, last = world.curve(reference, "align")[0], world.curve(reference, "align")[-1]
    assert last["loss"] < first["loss"] - 0.2, (first, last)
    assert world.curve(reference, "finetune")[-1]["loss"] < last["loss"]

    world.train("--out", "again")
    for stage in ("align", "finetune"):
        for name in ("metrics.jsonl", "metrics.h5", "projector.safetensors"):
            same = (Path("again/clip") / stage / name).read_bytes() == (reference / stage / name).read_bytes()
            assert same, f"{stage}/{name} differs from run to run"
    before = (reference / "finetune/summary.json").stat().st_mtime_ns
    said = world.train("--out", "reference")
    assert said.count("is complete") == 2 and (reference / "finetune/summary.json").stat().st_mtime_ns == before, said

    subprocess.run([world.BUILD / "bin/lvr-extract", "--snapshot", world.CLIP, "--images", "align.json", "--image-root", "images",
                    "--out", "features", "--store", "float32"], check=True, capture_output=True)
    for number, (what, (ranks, options)) in enumerate(WAYS.items()):
        world.train("--out", f"way{number}", *options, ranks=ranks)
        world.assert_same_curve(Path(f"way{number}/clip"), reference, what)

    # Averaged over all labels of an update, the loss batch has no part in it.
    world.train("--out", "tokens4", "--average", "tokens")
    world.train("--out", "tokens8", "--average", "tokens", "--align-loss-batch", 8, "--align-micro-batch", 2, ranks=2)
    world.assert_same_curve(Path("tokens8/clip"), Path("tokens4/clip"), "average over tokens", stages=("align",))
    differs = world.curve(Path("tokens4/clip"), "align")[0]["loss"] - first["loss"]
    assert abs(differs) > 1e-4, "both averages are the same"
print(f"{len(WAYS)} ways of computing gave the same curves")
