# SPDX-License-Identifier: Apache-2.0
"""Names of the points of an interactive surface: placed for the first view, in which none covers another."""
from __future__ import annotations

import html
from typing import Any

import numpy as np

from labels import spread_names
from law import BEST, Benchmark, Vector
from style import INK, shortened
from surface import grid, has_surface, predict

STEPS = 33  # grid lines of the surface, each way
MOST_NAMES = 30  # more than that are named only under the pointer
_LONGEST_NAME = 28
EYE, CENTRE = {"x": -1.2, "y": -1.55, "z": 1.05}, {"x": 0.0, "y": 0.0, "z": -0.06}
ASPECT = {"x": 1.15, "y": 1.15, "z": 0.8}
_FOCAL = 320 / np.tan(np.pi / 8)  # pixels: half the plot's height over the tangent of half the field of view


def plotly_text(text: str) -> str:
    """Plotly reads a little HTML, and TeX between dollars, in its texts; names are to appear as they are."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def numbered(names: list[str], picks: list[str]) -> list[str]:
    """Names, those that the planner picked with their place in the plan."""
    return [f"{picks.index(name) + 1}. {name}" if name in picks else name for name in names]


def names_of(benchmark: Benchmark, picks: list[str]) -> list[dict[str, Any]]:
    """Notes that tie a name to each point; they stand before the surface and, in the first view, side by side."""
    points = list(zip(benchmark.names, benchmark.a, benchmark.c, benchmark.score))
    if has_surface(benchmark) and benchmark.open_names:
        score = predict(benchmark, benchmark.fits[BEST], benchmark.open_a, benchmark.open_c)
        points += list(zip(numbered(benchmark.open_names, picks), benchmark.open_a, benchmark.open_c, score))
    if len(points) > MOST_NAMES:
        return []
    names = [shortened(point[0], _LONGEST_NAME) for point in points]
    shifts = spread_names(_on_screen(benchmark, np.array([point[1:] for point in points])), names) if points else []
    return [
        {
            "x": a,
            "y": c,
            "z": score,
            "text": plotly_text(name),
            "ax": ax,
            "ay": ay,
            "arrowhead": 0,
            "arrowwidth": 0.7,
            "arrowcolor": "#5f6670",
            "standoff": 4,
            "font": {"size": 11, "color": INK},
            "bgcolor": "rgba(255,255,255,0.6)",
            "borderpad": 0,
        }
        for (_, a, c, score), name, (ax, ay) in zip(points, names, shifts)
    ]


def _on_screen(benchmark: Benchmark, points: Vector) -> Vector:
    """Where points fall in the first view, in pixels, y downwards. @param points [k, 3] @return [k, 2]"""
    everything = np.concatenate([points, _corners(benchmark)]) if has_surface(benchmark) else points
    low, span = everything.min(axis=0), np.ptp(everything, axis=0)
    placed = ((points - low) / np.where(span > 0, span, 1.0) - 0.5) * list(ASPECT.values())
    eye, centre = np.array(list(EYE.values())), np.array(list(CENTRE.values()))
    forward = (centre - eye) / np.linalg.norm(centre - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    depth = (placed - eye) @ forward
    return (
        _FOCAL
        * np.stack([(placed - eye) @ right, -((placed - eye) @ np.cross(right, forward))], axis=1)
        / depth[:, None]
    )


def _corners(benchmark: Benchmark) -> Vector:
    """The box that the surface fills. @return [2, 3]"""
    a, c, score = grid(benchmark, STEPS)
    return np.array([[a.min(), c.min(), score.min()], [a.max(), c.max(), score.max()]])
