# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/rank_statistics.json: SciPy's rank correlations on seeded vectors.

kendall is tau-b; weighted is weightedtau with its defaults (additive hyperbolic, rank=True);
an undefined statistic (a constant vector) is null.
Usage, from the repository root: python tests/reference/rank_statistics.py
"""

import warnings

import numpy as np
from scipy import stats

from law_table import write_golden

# (n, levels of x, levels of y); 0 levels: continuous, no ties
CASES = [(2, 0, 0), (3, 0, 0), (4, 0, 0), (5, 0, 0), (8, 0, 0), (13, 0, 0), (15, 0, 0), (33, 0, 0),
         (3, 2, 0), (5, 3, 3), (8, 4, 0), (8, 0, 4), (13, 5, 5), (13, 3, 8), (15, 2, 2),
         (21, 6, 6), (40, 10, 7), (64, 4, 9), (6, 1, 0), (6, 1, 1)]


def vector(generator, n, levels):
    """@return n rounded normals, or n draws from `levels` integers."""
    if levels:
        return generator.integers(levels, size=n).astype(float)
    return np.round(generator.normal(size=n), 4)


def related(x, noise, levels):
    """A vector that correlates with x, so that the statistics are not all near 0."""
    mixed = noise + 0.5 * x
    return np.floor(mixed) if levels else np.round(mixed, 4)


def number(value):
    return float(value) if np.isfinite(value) else None


def record(x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        return {
            "x": x.tolist(),
            "y": y.tolist(),
            "kendall": number(stats.kendalltau(x, y, variant="b").statistic),
            "weighted": number(stats.weightedtau(x, y).statistic),
            "spearman": number(stats.spearmanr(x, y).statistic),
        }


def records():
    generator = np.random.default_rng(20240816)
    found = []
    for n, x_levels, y_levels in CASES:
        x, noise = vector(generator, n, x_levels), vector(generator, n, y_levels)
        found.append(record(x, related(x, noise, y_levels)))
    ramp = np.arange(7.0)
    return found + [record(ramp, ramp**3), record(ramp, ramp[::-1])]


if __name__ == "__main__":
    write_golden("rank_statistics.json", records(), depth=1)
