# SPDX-License-Identifier: Apache-2.0
"""Names beside points, placed so that they cover neither each other nor the points."""
from __future__ import annotations

import math
from typing import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from law import Vector
from style import FAINT, HALO, INK

_RADII = (8, 13, 20, 29, 40, 54)  # pixels from the point, nearest first
_DIRECTIONS = 16
_POINT = 5.5  # half a marker, in pixels
_LEADER_FROM = 13  # a line ties a label to its point from this radius on


def place_labels(ax: Axes, points: Vector, texts: Sequence[str], size: float = 7.5, others: Vector | None = None) -> None:
    """Writes texts[i] near points[i].

    Greedy: the most crowded point first, the cheapest of 96 places. The axes' limits and the figure's layout must be
    final. @param points [n, 2] in data coordinates @param others [k, 2] more markers to keep clear of
    """
    if len(points) == 0:
        return
    ax.figure.canvas.draw()
    pixels = ax.transData.transform(points)
    limits = ax.get_window_extent()
    all_points = pixels if others is None else np.concatenate([pixels, ax.transData.transform(others)])
    markers = [Bbox.from_bounds(x - _POINT, y - _POINT, 2 * _POINT, 2 * _POINT) for x, y in all_points]
    placed: list[Bbox] = []
    for i in _crowded_first(pixels):
        label = ax.text(0, 0, texts[i], fontsize=size, color=INK, zorder=6, path_effects=HALO)
        extent = label.get_window_extent()
        descent = ax.transData.transform((0, 0))[1] - extent.y0  # below the baseline, which is where text sits
        box, radius = _cheapest(pixels[i], extent.width, extent.height, markers, placed, limits)
        placed.append(box)
        label.set_position(ax.transData.inverted().transform((box.x0, box.y0 + descent)))
        if radius >= _LEADER_FROM:
            _draw_leader(ax, pixels[i], box)


def _crowded_first(pixels: Vector) -> list[int]:
    """Order by the distance to the nearest other point; ties by position in the table."""
    if len(pixels) < 2:
        return list(range(len(pixels)))
    distances = np.hypot(*(pixels[:, None, :] - pixels[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    return [int(i) for i in np.argsort(np.round(distances.min(axis=1), 3), kind="stable")]


def _cheapest(point: Vector, width: float, height: float, markers: list[Bbox], placed: list[Bbox],
              limits: Bbox) -> tuple[Bbox, float]:
    best: tuple[float, Bbox, float] | None = None
    for radius in _RADII:
        for step in range(_DIRECTIONS):
            angle = 2 * math.pi * step / _DIRECTIONS
            box = _box_at(point, radius, angle, width, height)
            cost = _cost(box, markers, placed, limits) + 0.6 * radius + (2.0 if step % 4 else 0.0)
            if best is None or cost < best[0] - 1e-6:
                best = (cost, box, radius)
    assert best is not None
    return best[1], best[2]


def _box_at(point: Vector, radius: float, angle: float, width: float, height: float) -> Bbox:
    """The label's box whose near side touches the circle around the point."""
    x, y = point[0] + radius * math.cos(angle), point[1] + radius * math.sin(angle)
    left = x - width * (1 - math.cos(angle)) / 2
    bottom = y - height * (1 - math.sin(angle)) / 2
    return Bbox.from_bounds(left, bottom, width, height)


def _overlap(one: Bbox, two: Bbox, gap: float = 1.0) -> float:
    width = min(one.x1, two.x1) - max(one.x0, two.x0) + gap
    height = min(one.y1, two.y1) - max(one.y0, two.y0) + gap
    return width * height if width > 0 and height > 0 else 0.0


def _cost(box: Bbox, markers: list[Bbox], placed: list[Bbox], limits: Bbox) -> float:
    """Pixels covered, those outside the axes counted many times."""
    covered = sum(8 * _overlap(box, other) for other in placed) + sum(_overlap(box, marker) for marker in markers)
    inside = _overlap(box, limits, gap=0.0)
    return covered + 20 * max(box.width * box.height - inside, 0.0)


def _draw_leader(ax: Axes, point: Vector, box: Bbox) -> None:
    end = (min(max(point[0], box.x0), box.x1), min(max(point[1], box.y0), box.y1))
    x, y = ax.transData.inverted().transform([point, end]).T
    ax.plot(x, y, color=FAINT, linewidth=0.6, zorder=5, scalex=False, scaley=False)
