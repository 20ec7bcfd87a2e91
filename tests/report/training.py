# SPDX-License-Identifier: Apache-2.0
"""lvr-report --training: loss curves of one training and of several, names that are no markup, damaged metrics."""
from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

from tables import NASTY, SOURCE, report

Check = Callable[..., None]


def write_metrics(folder: Path, updates: int, level: float) -> None:
    folder.mkdir(parents=True)
    lines = []
    for update in range(1, updates + 1):
        loss = level + 3 * math.exp(-update / 20) + 0.1 * math.sin(37 * update)
        lines.append(json.dumps({"update": update, "loss": None if update == 7 else loss, "learning_rate": 1e-3 / update,
                                 "gradient_norm": 2.0, "samples": 32, "tokens": 20000, "labels": 900, "bad": update % 2}))
    (folder / "metrics.jsonl").write_text("\n".join(lines) + '\n{"update":')  # the last one is being written


def check_one(work: Path, law: Path) -> None:
    """A folder of one representation; many updates make no large picture."""
    folder, out = work / "one", work / "one_out" / "clip-l-336"
    folder.mkdir()
    shutil.copy(law / "law.h5", folder)
    write_metrics(out / "align", 9000, 2.0)
    done = report(folder, "--training", out)
    assert done.returncode == 0, done.stderr
    drawn = {file.stem for file in (folder / "figures").glob("training*.svg")}
    assert drawn == {"training_align"}, drawn
    assert (folder / "figures/training_align.svg").stat().st_size < 200_000
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<a href="#training">' in page and "clip-l-336" in page and "8,100,000" in page
    assert done.stdout == f"{folder}/report.html\n"


def check_many(work: Path, law: Path) -> None:
    """Nasty names as folders' names; a training that has not come as far as the others."""
    folder, out = work / "many", work / "many_out"
    folder.mkdir()
    shutil.copy(law / "law.h5", folder)
    names = [name for name in NASTY if "/" not in name]
    assert len(names) >= 5
    for at, name in enumerate(names):
        write_metrics(out / name / "align", 60, 1.0 + at)
    write_metrics(out / names[0] / "finetune", 30, 0.5)
    (out / "no training").mkdir()
    done = report(folder, "--training", out)
    assert done.returncode == 0, done.stderr
    drawn = {file.stem for file in (folder / "figures").glob("training*.png")}
    assert drawn == {"training_align", "training_align_each", "training_finetune"}, drawn
    again = {file.name: file.read_bytes() for file in (folder / "figures").glob("training*")}
    assert report(folder, "--training", out).returncode == 0
    for name, content in again.items():
        assert (folder / "figures" / name).read_bytes() == content, f"{name} differs between two runs"


def check_bad(work: Path, law: Path, check_failure: Check) -> None:
    folder, out = work / "bad", work / "bad_out"
    folder.mkdir()
    shutil.copy(law / "law.h5", folder)
    check_failure(3, folder, report(folder, "--training", work / "nowhere"), "no such folder", "why:", "remedy:")
    check_failure(3, folder, report(folder, "--training", law), "holds no */align/metrics.jsonl", "why:", "remedy:")
    write_metrics(out / "x/align", 3, 1.0)
    file = out / "x/align/metrics.jsonl"
    good = file.read_text().split("\n")
    refused = 0
    for bad in ("{", "[]", "7", good[0], good[1].replace("0.001", "[]", 1).replace("0.0005", '"a"'),
                good[1].replace('"loss"', '"lost"'), "[" * 100_000):
        file.write_text("\n".join([good[0], bad, good[2], ""]))
        done = report(folder, "--training", out)
        check_failure(3, folder, done, "metrics.jsonl", "is not what lvr-train writes", "why:", "remedy:")
        refused += 1
    assert refused == 7
    file.write_bytes(b"\xff\xfe\n")
    check_failure(3, folder, report(folder, "--training", out), "metrics.jsonl", "why:", "remedy:")


def check_smooth() -> None:
    program = ("import numpy as np, figure_training as f; x = np.arange(1000.0); x[500] = np.nan; y = f.smooth(x); "
               "assert y[0] == 0 and abs(y[300] - 300) < 1e-9 and np.isfinite(y).all() and 985 < y[-1] < 999; "
               "a, b = f.thinned(np.arange(9000), np.where(np.arange(9000) == 4321, 9.0, 0.0)); "
               "assert len(a) <= 700 and 4321 in a and b.max() == 9; print('smooth')")
    done = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True,
                          env={"PYTHONPATH": str(SOURCE / "analysis/report"), "PATH": "/usr/bin:/bin"})
    assert done.stdout == "smooth\n", done.stderr


def check_training(work: Path, law: Path, check_failure: Check) -> None:
    """@param law a folder with law.h5"""
    work.mkdir()
    check_smooth()
    check_one(work, law)
    check_many(work, law)
    check_bad(work, law, check_failure)
