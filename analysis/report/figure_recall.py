# SPDX-License-Identifier: Apache-2.0
"""How soon a policy finds the best representation, against the number trained."""
from __future__ import annotations

from typing import Any, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from law import Law, Vector, number, vector
from style import BLUE, FAINT, GREEN, ORANGE, hide_unused, panel_grid, plain

SAMPLINGS = {
    "region": ("AC policy (region-based sampling)", GREEN, "o", "-"),
    "uniform": ("uniform sampling, same predictions", BLUE, "s", (0, (5, 1.5))),
    "random": ("random search, no predictions", ORANGE, "^", (0, (1.5, 1.5))),
}
READINGS = {
    "first_hit": "found at n or before",
    "exactly_n": "found by exactly n trained",
    "exactly_n_credit": "exactly n, or the best is trained",
}


def has_policy(law: Law) -> bool:
    return any((law.tree.get("policy") or {}).get(sampling) for sampling in SAMPLINGS)


def method_words(law: Law) -> str:
    """How the recalls were found, where the fit says so."""
    how = law.tree.get("policy_method") or {}
    method, trials = str(how.get("method") or ""), number(how.get("trials"))
    if method.startswith("simul"):
        return f"simulated, {int(trials):,} trials" if np.isfinite(trials) else "simulated"
    return "exact, over all subsets" if method == "exact" else ""


def _title(words: str, *details: str) -> str:
    known = "; ".join(detail for detail in details if detail)
    return f"{words} ({known})" if known else words


def recall_mean(law: Law) -> Figure:
    """Mean over the benchmarks: one row per reading, one column per length of the list of recommendations."""
    figure, axes = plt.subplots(3, 3, figsize=(10.6, 8.3), sharex=True, sharey=True, layout="constrained")
    for row, (reading, words) in zip(axes, READINGS.items()):
        for top, ax in enumerate(row, start=1):
            for sampling in SAMPLINGS:
                _draw(ax, sampling, _mean_curve(law, sampling, reading, top))
            _dress(ax)
        row[0].set_ylabel(f"Recall: {words}", fontsize=8.5)
    for top, ax in enumerate(axes[0], start=1):
        ax.set_title(f"Best among the top {top}" if top > 1 else "Best ranked first", loc="left")
    for ax in axes[-1]:
        ax.set_xlabel("Representations trained, n")
    title = _title("Recall of the best representation, mean over benchmarks", str(_count(law)), method_words(law))
    figure.suptitle(title, x=0.01, ha="left")
    figure.legend(handles=_handles(), loc="outside lower left", ncols=3)
    return figure


def recall_by_benchmark(law: Law) -> Figure:
    """Top 3 per benchmark: found at n or before, and (thin) by exactly n."""
    names = [benchmark.name for benchmark in law.benchmarks if _curves(law, "region", benchmark.name)]
    rows, columns = panel_grid(len(names))
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(max(3.1 * columns, 7.2), 2.6 * rows + 1.2),
        squeeze=False,
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    flat = list(axes.flat)
    for ax, name in zip(flat, names):
        for sampling in SAMPLINGS:
            curves = _curves(law, sampling, name)
            _draw(ax, sampling, vector((curves.get("first_hit") or {}).get("top3")))
            if sampling != "random":
                _draw(ax, sampling, vector((curves.get("exactly_n") or {}).get("top3")), thin=True)
        ax.set_title(plain(name, 30), loc="left")
        _dress(ax)
    for i, ax in enumerate(flat[: len(names)]):
        if i % columns == 0:
            ax.set_ylabel("Recall@3")
        if i + columns >= len(names):
            ax.set_xlabel("Representations trained, n")
            ax.xaxis.set_tick_params(labelbottom=True)
    hide_unused(flat, len(names))
    title = _title("Recall of the best representation among the top 3, per benchmark", method_words(law))
    figure.suptitle(title, x=0.01, ha="left")
    thin = Line2D([], [], color=FAINT, linewidth=0.9, label="thin: found by exactly n trained")
    figure.legend(handles=_handles() + [thin], loc="outside lower left", ncols=4 if columns > 3 else 2)
    return figure


def _curves(law: Law, sampling: str, benchmark: str) -> Mapping[str, Any]:
    return ((law.tree.get("policy") or {}).get(sampling) or {}).get(benchmark) or {}


def _count(law: Law) -> int:
    return len((law.tree["policy"] or {}).get("region") or {})


def _mean_curve(law: Law, sampling: str, reading: str, top: int) -> Vector:
    """@return [N]; benchmarks with fewer representations end earlier and no longer count from there on"""
    curves = [
        vector((entry.get(reading) or {}).get(f"top{top}")) for entry in law.tree["policy"].get(sampling, {}).values()
    ]
    longest = max((len(curve) for curve in curves), default=0)
    stacked = np.full((len(curves), longest), np.nan)
    for row, curve in zip(stacked, curves):
        row[: len(curve)] = curve
    defined = np.isfinite(stacked)
    return np.where(defined.any(axis=0), np.nansum(stacked, axis=0) / np.maximum(defined.sum(axis=0), 1), np.nan)


def _draw(ax: Axes, sampling: str, curve: Vector, thin: bool = False) -> None:
    _, colour, marker, dashes = SAMPLINGS[sampling]
    ax.plot(
        np.arange(1, len(curve) + 1),
        curve,
        color=colour,
        linestyle=dashes,
        linewidth=0.9 if thin else 1.7,
        marker=None if thin or len(curve) > 40 else marker,
        markersize=4,
        markeredgecolor="white",
        markeredgewidth=0.5,
        clip_on=False,
        alpha=0.9,
    )


def _dress(ax: Axes) -> None:
    ax.set_ylim(0, 1.0)
    ax.margins(x=0.03)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], color=colour, marker=marker, linestyle=dashes, linewidth=1.7, markersize=4.5, label=label)
        for label, colour, marker, dashes in SAMPLINGS.values()
    ]
