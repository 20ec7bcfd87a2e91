# SPDX-License-Identifier: Apache-2.0
"""Draws every figure into files and writes the page last."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from matplotlib.figure import Figure

import figure_law
import figure_plan
import figure_predicted
import figure_r2
import figure_recall
from gallery import Gallery, Picture, file_stem
from law import Law
from page import render_page
from publish import make_folder, write_file
from style import use_style

Say = Callable[[str], None]


def draw_report(
    law: Law,
    folder: Path,
    say: Say,
    draw_pairs: Callable[[Gallery], Any] | None = None,
    draw_training: Callable[[Gallery], Any] | None = None,
) -> Path:
    """@param draw_pairs makes the page's PairsSection, if it is to have one @param draw_training its TrainingSection
    @return the path of report.html; raises ReportError (input, output)"""
    use_style()
    folder_of_figures = folder / "figures"
    make_folder(folder_of_figures)
    gallery = Gallery(folder_of_figures)
    pictures = _draw_overview(law, gallery)
    by_benchmark = [_draw_benchmark(law, i, gallery) for i in range(len(law.benchmarks))]
    pairs = draw_pairs(gallery) if draw_pairs else None
    training = draw_training(gallery) if draw_training else None
    gallery.tidy()
    page = folder / "report.html"
    write_file(page, render_page(law, pictures, by_benchmark, pairs, training))
    say(f"{len(gallery.files)} figures in {folder_of_figures}")
    return page


def _draw_overview(law: Law, gallery: Gallery) -> dict[str, Picture]:
    """The figures that are not one benchmark's. @return by name, those that the fit has"""
    drawings: dict[str, tuple[str, Callable[[], Figure | None]]] = {
        "r2_by_benchmark": ("R² by form of the law, per benchmark", lambda: figure_r2.r2_by_benchmark(law))
    }
    if law.groups:
        drawings["r2_by_group"] = ("R² by form of the law, mean over benchmarks", lambda: figure_r2.r2_by_group(law))
    if figure_recall.has_policy(law):
        drawings["recall_mean"] = ("Recall against the number trained", lambda: figure_recall.recall_mean(law))
        drawings["recall_by_benchmark"] = ("Recall at 3 per benchmark", lambda: figure_recall.recall_by_benchmark(law))
    if figure_plan.picks_of(law):
        drawings["plan_intervals"] = ("Predictive intervals of the plan", lambda: figure_plan.plan_intervals(law))
    if figure_plan.scenarios_of(law):
        for subset in ("selected", "all"):
            drawings[f"study_{subset}"] = (
                f"Plan study, {subset} benchmarks",
                lambda subset=subset: figure_plan.study_recall(law, subset),
            )
    pictures = {name: gallery.add(name, title, drawing()) for name, (title, drawing) in drawings.items()}
    return {name: picture for name, picture in pictures.items() if picture}


def _draw_benchmark(law: Law, index: int, gallery: Gallery) -> dict[str, Picture]:
    benchmark = law.benchmarks[index]
    stem = file_stem(benchmark.name)
    pictures = {
        "surface": gallery.add(
            f"surface_{stem}", f"Law surface of {benchmark.name}", figure_law.law_surface(benchmark)
        ),
        "predicted": gallery.add(
            f"predicted_{stem}",
            f"Predicted against measured, {benchmark.name}",
            figure_predicted.predicted_against_measured(benchmark),
        ),
    }
    return {name: picture for name, picture in pictures.items() if picture}
