# SPDX-License-Identifier: Apache-2.0
"""Draws every figure into files and writes the page last."""
from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Callable
from urllib.parse import quote

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

import figure_law
import figure_plan
import figure_predicted
import figure_r2
import figure_recall
from law import Law
from page import Picture, render_page
from publish import make_folder, write_file
from style import png_of, svg_of, use_style

_MANIFEST = "figures.json"
_LONGEST_NAME = 120
Say = Callable[[str], None]


def draw_report(law: Law, folder: Path, say: Say) -> Path:
    """@return the path of report.html; raises ReportError (output)"""
    use_style()
    folder_of_figures = folder / "figures"
    make_folder(folder_of_figures)
    gallery = _Gallery(folder_of_figures)
    pictures = _draw_overview(law, gallery)
    by_benchmark = [_draw_benchmark(law, i, gallery) for i in range(len(law.benchmarks))]
    gallery.tidy()
    page = folder / "report.html"
    write_file(page, render_page(law, pictures, by_benchmark))
    say(f"{len(gallery.files)} figures in {folder_of_figures}")
    return page


def file_stem(name: str) -> str:
    """A file name that any file system takes: percent-encoded, and cut (with a hash) where it is too long."""
    encoded = quote(name, safe=" +@=,()").replace("~", "%7E")
    if len(encoded) <= _LONGEST_NAME:
        return encoded
    return f"{encoded[: _LONGEST_NAME - 17]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


class _Gallery:
    """Writes figures as SVG and PNG and remembers which, so that those of an earlier run do not stay behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: list[str] = []

    def add(self, name: str, title: str, figure: Figure | None) -> Picture | None:
        """Writes and closes the figure. @return what the page needs of it, None for None"""
        if figure is None:
            return None
        svg, png = svg_of(figure), png_of(figure)
        width = float(figure.get_figwidth())
        plt.close(figure)
        for suffix, content in ((".svg", svg), (".png", png)):
            write_file(self._folder / (name + suffix), content)
            self.files.append(name + suffix)
        return Picture(title, f"figures/{name}.svg", svg, width)

    def tidy(self) -> None:
        """Removes what the last run listed and this one has not drawn, then lists this run's files."""
        manifest = self._folder / _MANIFEST
        try:
            before = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = []
        for name in before if isinstance(before, list) else []:
            is_ours = isinstance(name, str) and name == Path(name).name and name.endswith((".svg", ".png"))
            if is_ours and name not in self.files:
                (self._folder / name).unlink(missing_ok=True)
        write_file(manifest, (json.dumps(self.files, indent=1) + "\n").encode())


def _draw_overview(law: Law, gallery: _Gallery) -> dict[str, Picture]:
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


def _draw_benchmark(law: Law, index: int, gallery: _Gallery) -> dict[str, Picture]:
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
