# SPDX-License-Identifier: Apache-2.0
"""The law as a surface over the plane of A and C, in the units of the table."""
from __future__ import annotations

import numpy as np
from matplotlib.path import Path

from law import BEST, Benchmark, Fit, Vector


LARGEST = 1e30  # WebGL counts in single precision, up to 3e38, and squares of coordinates must not overflow either


def fits_scale(*columns: Vector) -> bool:
    """True if an axis can hold the values. NaN is no obstacle: it is not drawn."""
    return all(bool((np.abs(values[~np.isnan(values)]) <= LARGEST).all()) for values in columns)


def why_not_drawn(benchmark: Benchmark) -> str:
    """Names the columns that no axis can hold; empty if all can be drawn."""
    columns = {
        "A": (benchmark.a, benchmark.open_a),
        "C": (benchmark.c, benchmark.open_c),
        "score": (benchmark.score,),
    }
    too_large = [name for name, values in columns.items() if not fits_scale(*values)]
    return f"Not drawn: {' and '.join(too_large)} beyond ±1e30, which no axis can show" if too_large else ""


def has_surface(benchmark: Benchmark) -> bool:
    """True if A and C vary, every coefficient is defined and an axis can hold all of the surface."""
    fit = benchmark.fits.get(BEST)
    if fit is None or not fit.coefficients or not np.all(np.isfinite(list(fit.coefficients.values()))):
        return False
    if why_not_drawn(benchmark):
        return False
    if not all(np.isfinite(values).all() and np.ptp(values) > 0 for values in (benchmark.a, benchmark.c)):
        return False
    score = grid(benchmark, 9)[2]
    return bool(np.isfinite(score).all()) and fits_scale(score)


def predict(benchmark: Benchmark, fit: Fit, a: Vector, c: Vector) -> Vector:
    """The fit's score in the benchmark's units at (a, c), arrays of any equal shape in the table's units."""
    u, v = benchmark.scales["a"].forward(a), benchmark.scales["c"].forward(c)
    columns = {"1": np.ones_like(u), "a": u, "c": v, "a2": u * u, "ac": u * v, "c2": v * v}
    total = sum(value * columns[term] for term, value in fit.coefficients.items())
    return benchmark.scales["score"].back(np.asarray(total, dtype=np.float64))


def grid(benchmark: Benchmark, steps: int) -> tuple[Vector, Vector, Vector]:
    """@return a [steps], c [steps] over all representations with a margin of 4 %, score [c, a] = [steps, steps]"""
    axes = []
    for measured, open_values in ((benchmark.a, benchmark.open_a), (benchmark.c, benchmark.open_c)):
        values = np.concatenate([measured, open_values])
        margin = 0.04 * np.ptp(values)
        axes.append(np.linspace(values.min() - margin, values.max() + margin, steps))
    a, c = np.meshgrid(axes[0], axes[1])
    return axes[0], axes[1], predict(benchmark, benchmark.fits[BEST], a, c)


def hull(benchmark: Benchmark) -> Vector:
    """Convex hull of the measured (A, C): outside it the law extrapolates. Andrew's monotone chain, closed.

    @return [h + 1, 2], counter-clockwise; two or fewer distinct points give what there is
    """
    points = sorted(set(zip(benchmark.a.tolist(), benchmark.c.tolist())))
    if len(points) < 3:
        return np.array(points)
    half = _half_hull(points)[:-1] + _half_hull(points[::-1])[:-1]
    return np.array(half + half[:1])


def colour_range(benchmark: Benchmark) -> tuple[float, float]:
    """Lowest and highest score that points or surface show where something was measured."""
    scores = benchmark.score[np.isfinite(benchmark.score)]
    if has_surface(benchmark):
        outline = hull(benchmark)
        a, c, score = grid(benchmark, 41)
        if len(outline) > 3:
            inside = Path(outline).contains_points(np.column_stack([part.ravel() for part in np.meshgrid(a, c)]))
            scores = np.concatenate([scores, score.ravel()[inside]])
    if scores.size == 0:
        return 0.0, 1.0
    low, high = float(scores.min()), float(scores.max())
    return (low, high) if high - low > 1e-9 * max(abs(high), 1.0) else (low - 1, high + 1)


def _half_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for point in points:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(origin: tuple[float, float], one: tuple[float, float], two: tuple[float, float]) -> float:
    """Twice the signed area of the triangle: positive for a left turn."""
    return (one[0] - origin[0]) * (two[1] - origin[1]) - (one[1] - origin[1]) * (two[0] - origin[0])


def along(points: Vector, pieces: int = 12) -> Vector:
    """A polygon with each edge cut into pieces, so that it can follow a curved surface. @return [k, 2]"""
    if len(points) < 2:
        return points
    steps = np.linspace(0, 1, pieces, endpoint=False)[:, None]
    edges = [start + steps * (end - start) for start, end in zip(points[:-1], points[1:])]
    return np.concatenate(edges + [points[-1:]])
