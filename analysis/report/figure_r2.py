# SPDX-License-Identifier: Apache-2.0
"""R² by form of the law: bars in sample, diamonds for leave-one-out, a dashed line for what random columns reach."""
from __future__ import annotations

import math
from typing import Any, Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from law import FORMS, Law, number
from style import FAINT, INK, PREDICTOR_COLOURS, figures, hide_unused, panel_grid, plain, tint

_FLOOR = -0.3  # below it a leave-one-out R² is an arrow at the edge, and its number says how far
_HALO = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
_GROUP_TITLES = {"vision": "Vision benchmarks", "ocr": "OCR benchmarks", "all": "All benchmarks"}


def group_title(name: str) -> str:
    return _GROUP_TITLES.get(name, name)


def r2_by_group(law: Law) -> Figure:
    """Means over the benchmarks of each group."""
    panels = [
        (
            f"{plain(group_title(name), 24)} ({int(number(group['count']))})",
            group,
            number(group.get("random_quadratic_expected_r2")),
        )
        for name, group in law.groups.items()
    ]
    return _figure("R² by form of the law, mean over benchmarks", panels)


def r2_by_benchmark(law: Law) -> Figure:
    panels = [
        (
            f"{plain(benchmark.name, 24)} (n = {len(benchmark.names)})",
            {form: fit.tree for form, fit in benchmark.fits.items()},
            benchmark.random_quadratic,
        )
        for benchmark in law.benchmarks
    ]
    return _figure("R² by form of the law, per benchmark", panels)


def _figure(title: str, panels: list[tuple[str, Mapping[str, Any], float]]) -> Figure:
    rows, columns = panel_grid(len(panels))
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(max(3.35 * columns, 6.7), 2.6 * rows + 1.3),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    flat = list(axes.flat)
    for ax, (name, values, random) in zip(flat, panels):
        _draw_panel(ax, values, random)
        ax.set_title(name, loc="left")
    for ax in flat[::columns]:
        ax.set_ylabel("R² (1 = all variance explained)")
    hide_unused(flat, len(panels))
    figure.suptitle(title, x=0.01, ha="left")
    figure.legend(handles=_handles(), loc="outside lower left", ncols={1: 2, 2: 2, 3: 3}.get(columns, 5))
    return figure


def _draw_panel(ax: Axes, values: Mapping[str, Any], random: float) -> None:
    """@param values by form: r2 and loo_r2"""
    ax.set_ylim(_FLOOR - 0.06, 1.14)
    ax.set_xlim(-0.6, 5.6)
    ax.grid(axis="x", visible=False)
    ax.axhline(0, color=FAINT, linewidth=0.8)
    if math.isfinite(random):
        ax.axhline(random, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    for x, form in enumerate(FORMS):
        entry = values.get(form) or {}
        _draw_form(ax, x, form, number(entry.get("r2")), number(entry.get("loo_r2")))
    ax.set_xticks(range(6), ["lin.", "quad."] * 3, fontsize=7.5)
    ax.tick_params(axis="x", length=0)
    for i, name in enumerate(PREDICTOR_COLOURS):
        ax.annotate(
            "A + C" if name == "AC" else name,
            (2 * i + 0.5, 0),
            (0, -17),
            ha="center",
            va="top",
            weight="bold",
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
        )
    if not any(math.isfinite(number((values.get(form) or {}).get("r2"))) for form in FORMS):
        ax.text(0.5, 0.5, "R² undefined", transform=ax.transAxes, ha="center", va="center", color=FAINT)


def _draw_form(ax: Axes, x: int, form: str, r2: float, loo: float) -> None:
    predictor, shape = form.split("_")
    colour = PREDICTOR_COLOURS[predictor]
    if math.isfinite(r2):
        ax.bar(
            x,
            r2,
            width=0.78,
            facecolor=colour if shape == "quadratic" else tint(colour),
            edgecolor=colour,
            hatch=None if shape == "quadratic" else "////",
            linewidth=0.8,
            zorder=2,
        )
        ax.text(x, max(r2, 0) + 0.025, figures(r2), ha="center", va="bottom", fontsize=7.5, zorder=5, bbox=_HALO)
    if not math.isfinite(loo):
        return
    is_off = loo < _FLOOR
    ax.plot(
        x,
        max(loo, _FLOOR),
        marker="v" if is_off else "D",
        markersize=5.5,
        color=INK,
        markeredgecolor="white",
        markeredgewidth=0.9,
        zorder=4,
    )
    if is_off:
        ax.text(
            x, _FLOOR + 0.055, figures(loo, 2 if loo > -10 else 0), ha="center", va="bottom", fontsize=7, bbox=_HALO
        )


def _handles() -> list[Any]:
    marks = [
        Patch(facecolor=tint(FAINT), edgecolor=FAINT, hatch="////", label="linear, in sample"),
        Patch(facecolor=FAINT, edgecolor=FAINT, label="quadratic, in sample"),
    ]
    lines = [
        ("D", "None", "leave-one-out"),
        ("v", "None", "leave-one-out below −0.3 (value above)"),
        ("None", "--", "expected of random columns (quadratic)"),
    ]
    return marks + [
        Line2D([], [], color=INK, marker=marker, linestyle=line, markersize=5.5, linewidth=0.9, label=label)
        for marker, line, label in lines
    ]
