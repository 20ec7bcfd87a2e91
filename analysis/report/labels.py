# SPDX-License-Identifier: Apache-2.0
"""Names beside points, placed so that they cover neither each other nor the points."""
from __future__ import annotations

from typing import Sequence

import numpy as np
from matplotlib.axes import Axes

from law import Vector
from style import FAINT, HALO, INK

_RADII = (8, 13, 20, 29, 40, 54)  # pixels from the point, nearest first
_DIRECTIONS = 16
_POINT = 5.5  # half a marker, in pixels
_LEADER_FROM = 13  # a line ties a label to its point from this radius on


def place_labels(
    ax: Axes, points: Vector, texts: Sequence[str], size: float = 7.5, others: Vector | None = None
) -> None:
    """Writes texts[i] near points[i].

    Greedy: the most crowded point first, the cheapest of 96 places. The axes' limits and the figure's layout must be
    final. @param points [n, 2] in data coordinates @param others [k, 2] more markers to keep clear of
    """
    if len(points) == 0:
        return
    ax.figure.draw_without_rendering()
    pixels = ax.transData.transform(points)
    limits = np.array(ax.get_window_extent().extents)
    centres = pixels if others is None else np.concatenate([pixels, ax.transData.transform(others)])
    obstacles = _Obstacles(np.hstack([centres - _POINT, centres + _POINT]), limits)
    for i in _crowded_first(pixels):
        label = ax.text(0, 0, texts[i], fontsize=size, color=INK, zorder=6, path_effects=HALO)
        extent = label.get_window_extent()
        descent = ax.transData.transform((0, 0))[1] - extent.y0  # below the baseline, which is where text sits
        box, radius = obstacles.cheapest(pixels[i], extent.width, extent.height)
        obstacles.labels.append(box)
        label.set_position(ax.transData.inverted().transform((box[0], box[1] + descent)))
        if radius >= _LEADER_FROM:
            _draw_leader(ax, pixels[i], box)


def _crowded_first(pixels: Vector) -> list[int]:
    """Order by the distance to the nearest other point; ties by position in the table."""
    if len(pixels) < 2:
        return list(range(len(pixels)))
    distances = np.hypot(*(pixels[:, None, :] - pixels[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    return [int(i) for i in np.argsort(np.round(distances.min(axis=1), 3), kind="stable")]


class _Obstacles:
    """What a label should not cover. Boxes are x0, y0, x1, y1 in pixels."""

    def __init__(self, markers: Vector, limits: Vector) -> None:
        self._markers, self._limits = markers, limits  # [k, 4], [4]
        self.labels: list[Vector] = []

    def cheapest(self, point: Vector, width: float, height: float) -> tuple[Vector, float]:
        """@return the best box [4] for a label of this size beside the point, and its distance"""
        boxes = _boxes_around(point, width, height)
        radii = np.repeat(_RADII, _DIRECTIONS)
        preference = 0.6 * radii + np.tile(np.where(np.arange(_DIRECTIONS) % 4 == 0, 0.0, 2.0), len(_RADII))
        outside = width * height - _overlaps(boxes, self._limits[None], 0.0).sum(axis=1)
        cost = preference + 20 * outside + _overlaps(boxes, self._markers, 1.0).sum(axis=1)
        if self.labels:
            cost += 8 * _overlaps(boxes, np.array(self.labels), 1.0).sum(axis=1)
        best = int(np.argmin(np.round(cost, 6)))
        return boxes[best], float(radii[best])


def _boxes_around(point: Vector, width: float, height: float) -> Vector:
    """Boxes whose near side touches one of the circles around the point, nearest circle first. @return [96, 4]"""
    angle = np.tile(2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS, len(_RADII))
    radius = np.repeat(_RADII, _DIRECTIONS)
    left = point[0] + radius * np.cos(angle) - width * (1 - np.cos(angle)) / 2
    bottom = point[1] + radius * np.sin(angle) - height * (1 - np.sin(angle)) / 2
    return np.stack([left, bottom, left + width, bottom + height], axis=1)


def _overlaps(boxes: Vector, others: Vector, gap: float) -> Vector:
    """Areas in common. @param boxes [b, 4] @param others [k, 4] @return [b, k]"""
    one, two = boxes[:, None, :], others[None, :, :]
    sides = np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2]) + gap
    return np.prod(np.maximum(sides, 0.0), axis=2)


def _draw_leader(ax: Axes, point: Vector, box: Vector) -> None:
    end = np.clip(point, box[:2], box[2:])
    x, y = ax.transData.inverted().transform([point, end]).T
    ax.plot(x, y, color=FAINT, linewidth=0.6, zorder=5, scalex=False, scaley=False)


def spread_names(points: Vector, names: Sequence[str]) -> list[tuple[float, float]]:
    """Shifts from each point to the middle of its name, for labels of 11 pixels whose size is only estimated.

    @param points [n, 2] pixels, y downwards
    """
    obstacles = _Obstacles(np.hstack([points - _POINT, points + _POINT]), np.array([-1e4, -1e4, 1e4, 1e4]))
    shifts: list[tuple[float, float]] = [(0.0, 0.0)] * len(names)
    for i in _crowded_first(points):
        box, _ = obstacles.cheapest(points[i], 6.2 * len(names[i]) + 4, 15.0)
        obstacles.labels.append(box)
        middle = (box[:2] + box[2:]) / 2 - points[i]
        shifts[i] = (float(middle[0]), float(middle[1]))
    return shifts
