# SPDX-License-Identifier: Apache-2.0
"""The planner's picks with their predictive intervals, and the study that compares planners."""
from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from law import Benchmark, Law, Vector, pair, vector
from style import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, RED, SKY, hide_unused, panel_grid, plain
from surface import fits_scale

_MOST_PICKS = 12
SCENARIOS = {
    "as_measured": "Scores as measured",
    "stress": "Stress test",
    "negated": "Scores negated",
    "stress_negated": "Stress test, scores negated",
}
READINGS = {"practical": "practical", "predicted": "all predicted"}
_COLOURS = (GREEN, BLUE, ORANGE, RED, SKY, PURPLE, INK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_AT_ONCE = "_all_at_once"


def picks_of(law: Law) -> list[dict[str, Any]]:
    return list(law.tree.get("plan") or [])


def interval_of(pick: dict[str, Any], benchmark: str) -> tuple[float, float]:
    """The pick's predictive interval on a benchmark; (NaN, NaN) if undefined."""
    intervals = pick.get("intervals") or {}
    return pair(intervals.get(benchmark))


def plan_intervals(law: Law) -> Figure | None:
    """None if no pick has an interval."""
    picks = picks_of(law)[:_MOST_PICKS]
    shown = [
        benchmark
        for benchmark in law.benchmarks
        if any(np.isfinite(interval_of(pick, benchmark.name)).all() for pick in picks)
    ]
    if not shown:
        return None
    rows, columns = panel_grid(len(shown), 2 if len(shown) <= 4 else 3)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(max(3.7 * columns, 7.2), rows * (1.15 + 0.24 * len(picks)) + 1.1),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    flat = list(axes.flat)
    for ax, benchmark in zip(flat, shown):
        _draw_picks(ax, picks, benchmark)
    hide_unused(flat, len(shown))
    figure.suptitle("What to train next: 90 % predictive interval of each pick", x=0.01, ha="left")
    figure.legend(handles=_interval_handles(), loc="outside lower left", ncols=3)
    return figure


def _draw_picks(ax: Axes, picks: list[dict[str, Any]], benchmark: Benchmark) -> None:
    positions = np.arange(len(picks))
    intervals = np.array([interval_of(pick, benchmark.name) for pick in picks])
    if fits_scale(intervals, benchmark.score):
        _draw_intervals(ax, positions, intervals, benchmark)
    else:
        ax.text(0.5, 0.5, "not drawn: beyond ±1e30", transform=ax.transAxes, ha="center", va="center", color=FAINT)
        ax.set_xticks([])
    ax.set_yticks(positions, [f"{i + 1}. {plain(pick['representation'], 22)}" for i, pick in enumerate(picks)])
    ax.set_ylim(len(picks) - 0.1, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_title(plain(benchmark.name, 30), loc="left")
    ax.set_xlabel(plain(f"Score ({benchmark.score_unit})", 40))


def _draw_intervals(ax: Axes, positions: Vector, intervals: Vector, benchmark: Benchmark) -> None:
    """@param positions [k] @param intervals [k, 2]"""
    ax.hlines(positions, intervals[:, 0], intervals[:, 1], color=BLUE, linewidth=3.2)
    ax.scatter(intervals.mean(axis=1), positions, s=26, color=BLUE, edgecolors="white", zorder=3)
    if benchmark.score.size:
        ax.axvline(benchmark.score.max(), color=RED, linewidth=1.1, linestyle=(0, (4, 2)))
        ax.plot(benchmark.score, np.full(len(benchmark.score), len(positions) - 0.3), "|", color=FAINT, markersize=7)


def _interval_handles() -> list[Line2D]:
    return [
        Line2D(
            [], [], color=BLUE, linewidth=3, marker="o", markeredgecolor="white", label="predicted score, middle 90 %"
        ),
        Line2D([], [], color=RED, linestyle=(0, (4, 2)), label="best measured so far"),
        Line2D([], [], color=FAINT, linestyle="None", marker="|", markersize=7, label="measured scores"),
    ]


def scenarios_of(law: Law) -> list[str]:
    study = law.tree.get("plan_study") or {}
    return [scenario for scenario in SCENARIOS if study.get(scenario)]


def study_recall(law: Law, subset: str) -> Figure:
    """Recall@3 against K, one row per scenario. @param subset "selected" or "all" (the study's mean over benchmarks)"""
    study, scenarios = law.tree["plan_study"], scenarios_of(law)
    figure, axes = plt.subplots(
        len(scenarios),
        2,
        figsize=(10.6, 2.55 * len(scenarios) + 1.4),
        squeeze=False,
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    trained = vector(study["trained"])
    planners = list(study[scenarios[0]])
    for row, scenario in zip(axes, scenarios):
        for ax, reading in zip(row, READINGS):
            for at, planner in enumerate(planners):
                curve = vector((study[scenario].get(planner) or {}).get(reading, {}).get(subset))
                spread = 0.035 * (at - (len(planners) - 1) / 2)  # lines that coincide stay visible
                ax.plot(trained[: len(curve)] + spread, curve[: len(trained)], **_line(planner, planners))
            ax.set_ylim(-4, 104)
            ax.set_title(f"{SCENARIOS[scenario]}: {READINGS[reading]}", loc="left", fontsize=8.5)
        row[0].set_ylabel("Recall@3 (%)")
    for ax in axes[-1]:
        ax.set_xticks(trained)
        ax.set_xlabel("Representations trained, K")
    figure.suptitle(
        f"Plan study: is the best among the three recommended? ({_subset_words(law, subset)})", x=0.01, ha="left"
    )
    figure.legend(
        handles=[
            Line2D([], [], label=plain(planner.replace("_", " ")), **_line(planner, planners)) for planner in planners
        ],
        loc="outside lower left",
        ncols=5,
    )
    return figure


def _subset_words(law: Law, subset: str) -> str:
    left_out = ", ".join(law.tree["plan_study"].get("left_out_of_selected") or [])
    return plain(f"without {left_out}" if subset == "selected" and left_out else "all benchmarks", 60)


def _line(planner: str, planners: list[str]) -> dict[str, Any]:
    """A planner and the same one for all benchmarks at once share colour and marker; the latter is dashed."""
    base = planner.removesuffix(_AT_ONCE)
    at = (
        [name for name in planners if not name.endswith(_AT_ONCE)].index(base)
        if base in planners
        else len(planners) - 1
    )
    return {
        "color": _COLOURS[at % len(_COLOURS)],
        "marker": _MARKERS[at % len(_MARKERS)],
        "markersize": 4.5,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
        "linewidth": 2.0 if at == 0 else 1.2,
        "linestyle": (0, (3, 2)) if planner.endswith(_AT_ONCE) else "-",
        "alpha": 0.95,
    }
