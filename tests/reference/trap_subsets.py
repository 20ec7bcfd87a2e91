# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/trap_subsets.json: subsets of the v1 table where a cutoff at eps goes wrong.

With six rows or fewer the centred AC quadratic has exact rank n - 1 and its last singular value is
rounding noise near eps. LAPACK's default cutoff, which scikit-learn's LinearRegression used for
years, sometimes keeps it and predicts nonsense (recent versions set a larger one). K_TRAPS are such
subsets, found with --search; the predictions of all rows are those of 60-digit arithmetic.
Usage, from the repository root: python tests/reference/trap_subsets.py [--search]
--search prints subsets where the eps cutoff is off by more than 1e-6 here and writes nothing.
"""

import sys
from itertools import combinations

import mpmath
import numpy as np
from scipy import linalg

from law_table import FITS, basis, min_norm_fit, normalised, read_table, write_golden
from random_tables import K_DIGITS, exact_basis, exact_fit, exact_prediction, scaled_exactly

COLUMNS = FITS["AC_quadratic"][0]
K_TRAPS = {  # benchmark -> rows of the subset; every fifth that the search found
    "mmbench_en": [[0, 1, 10], [1, 2, 11], [2, 3, 11], [3, 4, 6], [4, 10, 12], [2, 3, 5, 11],
        [1, 2, 3, 4, 11], [2, 3, 4, 6, 11]],
    "mme": [[0, 3, 4], [2, 3, 4], [2, 4, 10], [3, 5, 12], [4, 10, 12], [0, 3, 4, 8],
        [0, 3, 4, 11, 12], [1, 2, 3, 11, 12], [2, 3, 4, 6, 11]],
    "mmmu_val": [[0, 1, 11], [2, 3, 11], [2, 6, 10], [3, 11, 12], [5, 10, 11], [2, 3, 4, 5],
        [0, 3, 4, 11, 12], [2, 3, 4, 5, 11]],
    "ok_vqa": [[0, 1, 10], [2, 3, 4], [2, 4, 12], [3, 5, 12], [5, 11, 12], [0, 3, 7, 11],
        [2, 3, 4, 5, 11]],
    "textvqa_val": [[0, 3, 4], [2, 3, 5], [3, 4, 6], [4, 5, 11], [0, 3, 4, 5], [0, 3, 4, 11, 12],
        [3, 4, 6, 11, 12]],
    "vizwiz_vqa_val": [[0, 1, 10], [2, 3, 11], [3, 4, 11], [4, 10, 11], [0, 3, 4, 5],
        [0, 3, 4, 11, 12], [1, 3, 5, 11, 12]],
    "scienceqa_img": [[0, 2, 11], [2, 3, 12], [3, 4, 11], [5, 10, 11], [2, 3, 4, 5],
        [0, 2, 3, 4, 9], [0, 3, 8, 9, 12], [2, 3, 5, 11, 12]],
    "seed_image": [[0, 1, 3], [2, 3, 5], [2, 6, 12], [4, 10, 11], [2, 3, 4, 11], [1, 2, 3, 4, 11],
        [3, 4, 6, 11, 12]],
}


def exact_predictions(table, benchmark, rows):
    """@return [n] as mpf: the fit on `rows`, with the scales of the whole table."""
    a, c, y = (scaled_exactly(v) for v in (table.a[benchmark], table.c, table.score[benchmark]))
    x = exact_basis(COLUMNS, a, c)
    weights = exact_fit(x, y, rows)
    return [exact_prediction(weights, x, i) for i in range(x.rows)]


def eps_predictions(table, benchmark, rows):
    """LinearRegression with LAPACK's default cutoff."""
    a, c, y = normalised(table, benchmark)
    x = np.column_stack([np.ones(len(a)), basis(COLUMNS, a, c)])  # as PolynomialFeatures has it
    x_mean, y_mean = x[rows].mean(axis=0), y[rows].mean()
    return y_mean + (x - x_mean) @ linalg.lstsq(x[rows] - x_mean, y[rows] - y_mean)[0]


def robust_predictions(table, benchmark, rows):
    a, c, y = normalised(table, benchmark)
    x = basis(COLUMNS, a, c)
    intercept, w_p = min_norm_fit(x[rows], y[rows])
    return intercept + x @ w_p


def error(table, benchmark, rows, expected):
    return np.abs(eps_predictions(table, benchmark, rows) - expected).max()


def search(table):
    for benchmark in table.benchmarks:
        found = [rows for size in (3, 4, 5, 6)
                 for rows in map(list, combinations(range(len(table.names)), size))
                 if error(table, benchmark, rows, robust_predictions(table, benchmark, rows)) > 1e-6]
        print(f'    "{benchmark}": {found},')


def records(table):
    found = {}
    for benchmark, subsets in K_TRAPS.items():
        exact = [[float(v) for v in exact_predictions(table, benchmark, rows)] for rows in subsets]
        off = sum(error(table, benchmark, *pair) > 1e-6 for pair in zip(subsets, exact))
        found[benchmark] = [{"rows": rows, "predictions": values}
                            for rows, values in zip(subsets, exact)]
        print(f"{benchmark}: eps cutoff off by more than 1e-6 on {off} of {len(subsets)} here")
    return found


if __name__ == "__main__":
    mpmath.mp.dps = K_DIGITS
    if "--search" in sys.argv:
        search(read_table("v1"))
    else:
        write_golden("trap_subsets.json", records(read_table("v1")), depth=2)
