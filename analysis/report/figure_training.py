# SPDX-License-Identifier: Apache-2.0
"""Loss curves of trainings, with their learning rates and gradient norms."""
from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from law import Vector
from style import BLUE, FAINT, GREEN, HALO, INK, ORANGE, PURPLE, RED, SKY, figures, hide_unused, panel_grid, plain, tint
from training_file import STAGES, Curve, Training

_COLOURS = (BLUE, ORANGE, GREEN, RED, SKY, PURPLE, INK)
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.3)), (0, (1.2, 1.2)), (0, (5, 1.2, 1.2, 1.2)))
_MOST_RAW = 3  # so many curves may lie on their raw losses and stay readable
_MOST_POINTS = 700  # of a line: more cannot be told apart
_SMOOTH_SHARE = 50  # a mean over 1/50 of the updates


def smooth(values: Vector) -> Vector:
    """The mean over a window about each value, without what is not finite: where a curve begins, and is steep, it shrinks to
    the value; where it ends its later half is cut off."""
    half = len(values) // (2 * _SMOOTH_SHARE)
    known = np.isfinite(values)
    sums = np.concatenate([[0], np.cumsum(np.where(known, values, 0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    at = np.arange(len(values))
    reach = np.minimum(half, at)
    first, last = at - reach, np.minimum(at + reach + 1, len(values))
    count = counts[last] - counts[first]
    return np.where(count > 0, (sums[last] - sums[first]) / np.maximum(count, 1), np.nan)


def final_loss(curve: Curve) -> float:
    """The mean over the last twentieth of the updates, at least one."""
    losses = curve["loss"][-max(curve.updates // 20, 1) :]
    losses = losses[np.isfinite(losses)]
    return float(losses.mean()) if len(losses) else float("nan")


def thinned(x: Vector, y: Vector) -> tuple[Vector, Vector]:
    """The least and the largest of each of some pieces, in order: a line looks the same and the file stays small."""
    if len(x) <= _MOST_POINTS:
        return x, y
    kept: list[int] = []
    for piece in np.array_split(np.arange(len(x)), _MOST_POINTS // 2):
        part = y[piece]
        if np.isfinite(part).any():
            kept += sorted({int(piece[np.nanargmin(part)]), int(piece[np.nanargmax(part)])})
        else:
            kept.append(int(piece[0]))
    return x[kept], y[kept]


def _line(index: int) -> dict[str, Any]:
    """Colours first, then dashes."""
    return {"color": _COLOURS[index % len(_COLOURS)], "linestyle": _DASHES[(index // len(_COLOURS)) % len(_DASHES)]}


def training_curves(trainings: list[Training], stage: str) -> Figure | None:
    """All of a stage: losses large, learning rate and gradient norm below. None if none has it."""
    shown = [training for training in trainings if stage in training.stages]
    if not shown:
        return None
    figure = plt.figure(figsize=(10.2, 6.4), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(2.3, 1))
    losses, rates, norms = (figure.add_subplot(place) for place in (grid[0, :], grid[1, 0], grid[1, 1]))
    with_raw = len(shown) <= _MOST_RAW
    for index, training in enumerate(shown):
        _draw(losses, rates, norms, training.stages[stage], _line(index), with_raw)
    raw = [training.stages[stage]["loss"] for training in shown]
    _limit_losses(losses, raw if with_raw else [smooth(values) for values in raw])
    if len(shown) > 1:
        _name_lines(losses, shown, stage)
    losses.set_ylabel("Loss per label")
    rates.set_title("Learning rate", loc="left")
    rates.yaxis.set_major_formatter(FuncFormatter(_rate_text))
    rates.set_ylim(bottom=0)
    norms.set_title("Gradient norm", loc="left")
    _scale_norms(norms)
    for ax in (losses, rates, norms):
        _updates_axis(ax, shown, stage)
    figure.suptitle(_title(shown, stage), x=0.01, ha="left")
    return figure


def _title(shown: list[Training], stage: str) -> str:
    title = f"Training in {STAGES[stage]}"
    if len(shown) > 1:
        return title
    return f"{title}: {plain(shown[0].name, 40)}, loss {figures(final_loss(shown[0].stages[stage]), 3)} at the end"


def _draw(losses: Axes, rates: Axes, norms: Axes, curve: Curve, line: dict[str, Any], raw: bool) -> None:
    updates = curve["update"]
    if raw:
        losses.plot(*thinned(updates, curve["loss"]), color=tint(line["color"]), linewidth=0.7, zorder=1.5)
        norms.plot(*thinned(updates, curve["gradient_norm"]), color=tint(line["color"]), linewidth=0.6, zorder=1.5)
    losses.plot(*thinned(updates, smooth(curve["loss"])), linewidth=1.6, **line)
    rates.plot(*thinned(updates, curve["learning_rate"]), linewidth=1.3, **line)
    norms.plot(*thinned(updates, smooth(curve["gradient_norm"])), linewidth=1.2, **line)


def _updates_axis(ax: Axes, shown: list[Training], stage: str) -> None:
    last = max(training.stages[stage]["update"][-1] for training in shown)
    ax.set_xlim(0, max(last, 2))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_xlabel("Update")


def _limit_losses(ax: Axes, losses: list[Vector]) -> None:
    """The first steep updates may leave the picture, spikes may not."""
    values = np.concatenate([curve[len(curve) // 25 :] for curve in losses])
    values = values[np.isfinite(values) & (np.abs(values) < 1e30)]
    if not len(values):
        return
    low, high = values.min(), values.max()
    edge = 0.06 * max(high - low, 1e-3 * abs(high), 1e-9)
    ax.set_ylim(low - edge, high + edge)


def _scale_norms(ax: Axes) -> None:
    low, high = ax.dataLim.intervaly
    if np.isfinite([low, high]).all() and 0 < low and high > 20 * low:
        ax.set_yscale("log")
    elif np.isfinite(high):
        ax.set_ylim(bottom=0)


def _rate_text(value: float, _: object = None) -> str:
    return "0" if value == 0 else f"{value:.3g}"


def _name_lines(ax: Axes, shown: list[Training], stage: str) -> None:
    """Beside the curves, the lowest end last, as the lines lie."""
    longest = max(training.stages[stage]["update"][-1] for training in shown)
    order = sorted(range(len(shown)), key=lambda i: -np.nan_to_num(final_loss(shown[i].stages[stage]), nan=np.inf))
    handles = [
        plt.Line2D(
            [], [], linewidth=1.8, label=_label(shown[i].name, shown[i].stages[stage], longest), **_line(i)
        )
        for i in order
    ]
    ax.legend(
        handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), title="loss at the end", alignment="left",
        handlelength=2.6,
    )


def _label(name: str, curve: Curve, longest: float) -> str:
    last = curve["update"][-1]
    until = f" (so far, {last:.0f})" if last < longest else ""
    return f"{figures(final_loss(curve), 3)}  {plain(name, 30)}{until}"


def training_panels(trainings: list[Training], stage: str) -> Figure | None:
    """A small panel for each, raw losses behind smoothed ones. None where training_curves shows them already."""
    shown = [training for training in trainings if stage in training.stages]
    if len(shown) <= _MOST_RAW:
        return None
    rows, columns = panel_grid(len(shown), 5 if len(shown) > 8 else 4)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.5 * columns, 1.85 * rows + 0.8), squeeze=False, sharex=True, sharey=True,
        layout="constrained",
    )
    flat = list(axes.flat)
    for ax, training in zip(flat, shown):
        _draw_panel(ax, training, training.stages[stage])
    _limit_losses(flat[0], [training.stages[stage]["loss"] for training in shown])
    _updates_axis(flat[0], shown, stage)
    for at, ax in enumerate(flat[: len(shown)]):
        ax.set_ylabel("Loss per label" if at % columns == 0 else "")
        is_lowest = at + columns >= len(shown)
        ax.set_xlabel("Update" if is_lowest else "")
        ax.xaxis.set_tick_params(labelbottom=is_lowest)
    hide_unused(flat, len(shown))
    figure.suptitle(f"Loss of each training in {STAGES[stage]}", x=0.01, ha="left")
    return figure


def _draw_panel(ax: Axes, training: Training, curve: Curve) -> None:
    ax.plot(*thinned(curve["update"], curve["loss"]), color=tint(BLUE), linewidth=0.6)
    ax.plot(*thinned(curve["update"], smooth(curve["loss"])), color=BLUE, linewidth=1.5)
    ax.set_title(plain(training.name, 28), loc="left", fontsize=8.5)
    ax.text(
        0.97, 0.93, f"end {figures(final_loss(curve), 3)}", transform=ax.transAxes, ha="right", va="top", fontsize=8,
        color=FAINT, path_effects=HALO,
    )
