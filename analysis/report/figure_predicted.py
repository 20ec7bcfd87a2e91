# SPDX-License-Identifier: Apache-2.0
"""Predicted against measured score of one benchmark: in sample and with each representation left out in turn."""
from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labels import place_labels
from law import BEST, Benchmark, Vector
from style import BLUE, FAINT, GREEN, RED, figures, note_figure, plain
from surface import LARGEST, why_not_drawn

_MOST_ROWS = 24  # of the error panel
_MOST_NAMES = 18  # of the scatter
_MANY = 60  # from here on markers are small and few are named


def predicted_against_measured(benchmark: Benchmark) -> Figure | None:
    """None if nothing was fitted."""
    fit = benchmark.fits.get(BEST)
    if fit is None or not np.isfinite(fit.fitted).any():
        return None
    if note := why_not_drawn(benchmark):
        return note_figure(f"Predicted against measured: {benchmark.name}", note)
    figure = plt.figure(figsize=(11.5, 5.6))
    scatter = figure.add_axes((0.065, 0.1, 0.4, 0.72))
    errors = figure.add_axes((0.66, 0.1, 0.325, 0.72))
    _draw_scatter(scatter, benchmark)
    _draw_errors(errors, benchmark, _order(benchmark)[:_MOST_ROWS])
    scale = benchmark.scales["score"].width
    figure.text(
        0.012, 0.975, plain(f"Predicted against measured: {benchmark.name}", 70), fontsize=12, weight="bold", va="top"
    )
    figure.text(
        0.012,
        0.925,
        f"Quadratic in A and C, n = {len(benchmark.names)}: R² {figures(fit.value('r2'))} in sample, "
        f"{figures(fit.value('loo_r2'))} leave-one-out; leave-one-out RMSE {figures(fit.value('loo_rmse') * scale)} "
        f"({plain(benchmark.score_unit)})",
        fontsize=8.5,
        color=FAINT,
        va="top",
    )
    return figure


def _order(benchmark: Benchmark) -> Vector:
    """Rows by the size of their leave-one-out error, largest first; undefined ones last."""
    error = np.abs(benchmark.fits[BEST].loo - benchmark.score)
    return np.argsort(-np.where(np.isfinite(error), error, -1.0), kind="stable")


def _limits(benchmark: Benchmark) -> tuple[float, float, float, float]:
    """x and y limits: the measured range, widened for predictions by at most 60 % on each side."""
    fit, low, high = benchmark.fits[BEST], float(benchmark.score.min()), float(benchmark.score.max())
    span = high - low if high > low else max(abs(high), 1.0)
    predictions = np.concatenate([fit.fitted, fit.loo])
    predictions = predictions[np.isfinite(predictions)]
    bottom = max(float(predictions.min(initial=low)), low - 0.6 * span)
    top = min(float(predictions.max(initial=high)), high + 0.6 * span)
    return low - 0.07 * span, high + 0.07 * span, min(bottom, low) - 0.07 * span, max(top, high) + 0.07 * span


def _draw_scatter(ax: Axes, benchmark: Benchmark) -> None:
    fit, score = benchmark.fits[BEST], benchmark.score
    left, right, bottom, top = _limits(benchmark)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.axline((left, left), (right, right), color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    edge = 0.012 * (top - bottom)
    shown = np.clip(fit.loo, bottom + edge, top - edge)
    ax.vlines(score, fit.fitted, shown, color=RED, linewidth=0.8, alpha=0.6, zorder=2)
    small = 14 if len(score) > _MANY else 30
    ax.scatter(score, fit.fitted, s=small, color=GREEN, edgecolors="white", linewidths=0.5, zorder=4, label="in sample")
    _draw_left_out(ax, score, fit.loo, shown, small)
    ax.set_xlabel(plain(f"Measured: {benchmark.score_label}", 62))
    ax.set_ylabel(plain(f"Predicted: {benchmark.score_label}", 62))
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.995), ncols=3, handletextpad=0.3, columnspacing=1.2)
    chosen = _order(benchmark)[: _MOST_NAMES if len(score) <= _MANY else 8]
    points = np.column_stack([score, np.where(np.isfinite(fit.loo), shown, fit.fitted)])
    others = np.concatenate([points, np.column_stack([score, fit.fitted])])
    place_labels(ax, points[chosen], [plain(benchmark.names[i], 24) for i in chosen], 7, others)


def _draw_left_out(ax: Axes, score: Vector, loo: Vector, shown: Vector, size: int) -> None:
    """Leave-one-out predictions; those beyond the axis are triangles at its edge. @param score, loo, shown [n]"""
    within = shown == loo
    look = {"facecolors": "none", "edgecolors": RED, "linewidths": 1.2, "marker": "D"}
    ax.scatter(score[within], shown[within], s=size + 4, zorder=3, label="left out of the fit", **look)
    for beyond, marker in ((loo > shown, "^"), (loo < shown, "v")):
        ax.scatter(score[beyond], shown[beyond], s=40, color=RED, marker=marker, zorder=5)
    if (np.isfinite(loo) & ~within).any():
        ax.scatter([], [], s=40, color=RED, marker="^", label="left out, beyond the axis")


def _draw_errors(ax: Axes, benchmark: Benchmark, rows: Vector) -> None:
    """Error by representation, largest leave-one-out error on top. @param rows [k]"""
    fit, positions = benchmark.fits[BEST], np.arange(len(rows))
    loo, fitted = (
        np.where(np.abs(values[rows]) <= LARGEST, values[rows], np.nan) - benchmark.score[rows]
        for values in (fit.loo, fit.fitted)
    )
    ax.axvline(0, color=FAINT, linewidth=0.9)
    ax.hlines(positions, np.where(np.isfinite(fitted), fitted, 0), loo, color=RED, linewidth=1.4, alpha=0.5)
    ax.scatter(fitted, positions, s=24, color=GREEN, edgecolors="white", linewidths=0.5, zorder=4)
    ax.scatter(loo, positions, s=28, facecolors="none", edgecolors=RED, linewidths=1.2, marker="D", zorder=3)
    ax.set_yticks(positions, [plain(benchmark.names[i], 26) for i in rows])
    for label, row in zip(ax.get_yticklabels(), rows):
        if benchmark.names[row] in benchmark.influential:
            label.set_color(BLUE)
            label.set_weight("bold")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.margins(x=0.08)
    ax.set_xlabel(plain(f"Predicted − measured ({benchmark.score_unit})", 60))
    more = len(benchmark.names) - len(rows)
    title = f"The {len(rows)} largest errors" if more > 0 else "Error by representation"
    ax.set_title(title, loc="left", fontsize=9)
    if benchmark.influential:
        ax.annotate(
            "bold blue: the fit rests much on it",
            (1, 1),
            (0, 5),
            xycoords="axes fraction",
            ha="right",
            va="bottom",
            textcoords="offset points",
            fontsize=7.5,
            color=BLUE,
        )
    ax.tick_params(axis="y", length=0)
