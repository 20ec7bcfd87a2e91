# SPDX-License-Identifier: Apache-2.0
"""Inputs of the report's tests, and the programs under test."""
from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

SOURCE = Path(os.environ["LVR_SOURCE_DIR"])
BINARY = Path(os.environ["LVR_BINARY_DIR"])
FIT, REPORT = BINARY / "bin" / "lvr-fit", BINARY / "bin" / "lvr-report"

# Names that break out of HTML, of a script, of a Plotly or matplotlib text, of a template or of a file name.
NASTY = [
    "<script>alert(1)</script>",
    "a</script><img src=x onerror=alert(2)>",
    "$x_1^2$ \\alpha",
    "\"quoted\" & 'single'",
    "%<b>bold</b>%{x}",
    "{{ 7 * 7 }}",
    "_under_",
    "hub/model-1.0 + another/model-with-a-very-long-name (channels)",
    "日本語",
]
NASTY_BENCHMARK = 'a/b <b>&$m$ "q"'


def nasty_table(file: Path) -> None:
    """Nine representations with such names; the last two are not measured."""
    with file.open("w", newline="", encoding="utf-8") as handle:
        rows = csv.writer(handle)
        rows.writerow(["representation", "family", "C", "A_x", f"score_{NASTY_BENCHMARK}"])
        for i, name in enumerate(NASTY):
            a, c = 0.1 * i, (7 * i) % 9
            score = "" if i >= len(NASTY) - 2 else 40 + 20 * a - 6 * a * a + 0.5 * c + (-1) ** i
            rows.writerow([name, ["<i>f</i>", "_g_", "$h$"][i % 3], c, a, score])


# Scores that lvr-fit accepts and no axis can hold, and scores without a spread.
EXTREME = {"x1e300": (-1e300, 1e300), "x1e308": (-1.7e308, 1.7e308), "x_one": (1.0, 1e308), "x_equal": (5.0, 5.0)}


def extreme_table(file: Path) -> None:
    """Ten representations; the last one is not measured."""
    with file.open("w", newline="", encoding="utf-8") as handle:
        rows = csv.writer(handle)
        rows.writerow(["representation", "C", "A_x", *(f"score_{name}" for name in EXTREME)])
        for i in range(10):
            scores = [ends[i % 3 == 0] if i < 9 else "" for ends in EXTREME.values()]
            rows.writerow([f"r{i}", (7 * i) % 9, 0.1 * i, *scores])


def fit(*arguments: object) -> None:
    done = subprocess.run([FIT, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"lvr-fit {arguments}: {done.stderr}"


def report(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([REPORT, *map(str, arguments)], capture_output=True, text=True, env=os.environ | environment)
