# SPDX-License-Identifier: Apache-2.0
"""Where small labels go beside their points, so that they cover neither one another nor other points if it can be helped."""
from __future__ import annotations

import math
from dataclasses import dataclass

_DIRECTIONS = 12
_RINGS = (1.0, 1.9, 2.9, 4.2)  # distances to try, as multiples of the nearest
_FIRST = -math.pi / 4  # up and to the right


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Box) -> float:
        """Area of the overlap."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide * high if wide > 0 and high > 0 else 0.0

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def box_at(x: float, y: float, width: float, height: float) -> Box:
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


@dataclass(frozen=True)
class LabelPlace:
    x: float  # of its middle
    y: float
    is_far: bool  # a line should lead to it


class LabelPlaces:
    """Places labels one after the other. Units: whatever the points are in; y grows downwards."""

    def __init__(self, within: Box, points: list[tuple[float, float]], marker: float) -> None:
        """@param points all that may be covered @param marker edge of one"""
        self._within = within
        self._taken = [box_at(x, y, marker, marker) for x, y in points]

    def place(self, x: float, y: float, width: float, height: float, reach: float) -> LabelPlace:
        """@param reach distance from the point to the label's nearest edge"""
        best, least = LabelPlace(x, y, False), math.inf
        for ring, factor in enumerate(_RINGS):
            for k in range(_DIRECTIONS):
                angle = _FIRST + 2 * math.pi * k / _DIRECTIONS
                far = factor * reach
                at_x = x + math.cos(angle) * (far + width / 2)
                at_y = y + math.sin(angle) * (far + height / 2)
                cost = self._cost(box_at(at_x, at_y, width, height)) + 0.15 * ring + 0.004 * k
                if cost < least:
                    best, least = LabelPlace(at_x, at_y, ring > 0), cost
        self._taken.append(box_at(best.x, best.y, width, height))
        return best

    def _cost(self, box: Box) -> float:
        covered = sum(box.shared(other) for other in self._taken)
        outside = box.area - box.shared(self._within)
        return (2 * covered + 3 * outside) / box.area
