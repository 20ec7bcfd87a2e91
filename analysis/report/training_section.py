# SPDX-License-Identifier: Apache-2.0
"""What the page says of trainings: curves for each stage, and a table."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from figure_training import final_loss, training_curves, training_panels
from gallery import Gallery, Picture
from style import figures
from tables import Cell, Table, name_cell
from training_file import STAGES, Curve, Training


@dataclass(frozen=True)
class TrainingSection:
    items: list[tuple[Picture, str]]  # pictures with their words
    summary: Table


def draw_training(trainings: list[Training], gallery: Gallery) -> TrainingSection:
    """Raises ReportError (output)"""
    items: list[tuple[Picture, str]] = []
    for stage, words in STAGES.items():
        curves = gallery.add(f"training_{stage}", f"Training in {words}", training_curves(trainings, stage))
        each = gallery.add(f"training_{stage}_each", f"Loss of each training in {words}", training_panels(trainings, stage))
        if curves:
            pale = "" if each else " over the updates’ own (pale)"
            items.append((curves, f"Loss in {words}: means over a fiftieth of the updates{pale}. At the end: the mean of the "
                                  "last twentieth. The first few updates may lie above the picture."))
        if each:
            items.append((each, "Each training’s losses, update by update (pale), and their means."))
    return TrainingSection(items, _summary(trainings))


def _summary(trainings: list[Training]) -> Table:
    table = Table(
        "The trainings so far. Loss: mean over the first and the last twentieth of the updates.",
        ["Representation", "Stage", "updates", "first", "last", "samples", "tokens", "labels", "dropped"],
        spans=[("", 3), ("loss per label", 2), ("in all", 4)],
    )
    for training in trainings:
        for stage, curve in training.stages.items():
            table.rows.append([name_cell(training.name), name_cell(stage), Cell(f"{curve['update'][-1]:.0f}"),
                               Cell(figures(_first_loss(curve), 3)), Cell(figures(final_loss(curve), 3)),
                               *(Cell(_total(curve, column)) for column in ("samples", "tokens", "labels", "bad"))])
    return table


def _first_loss(curve: Curve) -> float:
    losses = curve["loss"][: max(curve.updates // 20, 1)]
    losses = losses[np.isfinite(losses)]
    return float(losses.mean()) if len(losses) else float("nan")


def _total(curve: Curve, column: str) -> str:
    return f"{np.nansum(curve[column]):,.0f}"
