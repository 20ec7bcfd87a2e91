# SPDX-License-Identifier: Apache-2.0
"""Reads the curves that lvr-train writes: OUT/<representation>/{align,finetune}/metrics.jsonl, a line for each update."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from failure import input_error
from law import Vector

STAGES = {"align": "stage 1 (align)", "finetune": "stage 2 (finetune)"}
COLUMNS = ("update", "loss", "learning_rate", "gradient_norm", "samples", "tokens", "labels", "bad")
_FILE = "metrics.jsonl"


@dataclass(frozen=True)
class Curve:
    """One stage of one training: a value for each update, NaN where it was not finite."""

    values: dict[str, Vector]

    @property
    def updates(self) -> int:
        return len(self.values["update"])

    def __getitem__(self, column: str) -> Vector:
        return self.values[column]


@dataclass
class Training:
    name: str  # of the representation
    stages: dict[str, Curve] = field(default_factory=dict)


def read_training(folders: list[Path]) -> list[Training]:
    """@param folders each an OUT of lvr-train, or the folder of one representation in it
    @return those that have a curve, in the order of the folders and their names; raises ReportError (input)"""
    found: list[Training] = []
    for folder in folders:
        if not folder.is_dir():
            raise input_error(
                f"{folder}: no such folder", "its loss curves are to be drawn", "name an --out folder of lvr-train"
            )
        here = [_training(place) for place in [folder, *sorted(place for place in folder.iterdir() if place.is_dir())]]
        here = [training for training in here if training.stages]
        if not here:
            raise input_error(
                f"{folder}: holds no */align/{_FILE} or */finetune/{_FILE}",
                "its loss curves are to be drawn",
                "name an --out folder of lvr-train that has made an update",
            )
        found += here
    return found


def _training(folder: Path) -> Training:
    training = Training(unquote(folder.resolve().name))
    for stage in STAGES:
        file = folder / stage / _FILE
        if file.is_file():
            curve = _curve(file)
            if curve.updates:
                training.stages[stage] = curve
    return training


def _curve(file: Path) -> Curve:
    """A last line without an end is one that is being written."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(str(file), str(error)) from error
    rows = [_row(line, f"{file}, line {number}") for number, line in enumerate(lines, 1)]
    table = np.array(rows, dtype=float).reshape(len(rows), len(COLUMNS))
    if len(rows) and not (np.diff(table[:, 0]) > 0).all():
        raise _damaged(str(file), "its updates are out of order")
    return Curve({column: table[:, i] for i, column in enumerate(COLUMNS)})


def _row(line: str, where: str) -> list[float]:
    try:
        record = json.loads(line)
        return [_number(record[column]) for column in COLUMNS]
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise _damaged(where, f"has no {error}" if isinstance(error, KeyError) else str(error)) from error


def _number(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{str(value)[:40]!r} is not a number")
    return float(value)


def _damaged(where: str, reason: str) -> Exception:
    return input_error(
        f"{where}: is not what lvr-train writes ({reason})",
        "the curve cannot be drawn",
        "restore the file from a copy, or leave the folder out of --training",
    )
