# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/exhaustive_reference.json: the paper's exhaustive subset search.

Every subset of size 2..n-1: fit quadratic AC on it, predict the rest; a hit if the first maximum
among the rest is the table's optimum. hits_by_size runs over sizes 2..n-1. `shown` has the first and
the last hits (by size, then lexicographic) with their mean squared errors on normalised scores: over
the rest, and over the subset.
Usage, from the repository root: python tests/reference/exhaustive_reference.py
"""

from itertools import combinations

import numpy as np

from law_table import (FITS, TABLES, basis, normalised, read_table, subset_predictions,
                       write_golden)

K_SHOWN = 4  # first and last hits


def hits_of_size(x_np, y_n, size):
    """@return the number of fits, and the hits as (rows, test MSE, train MSE), lexicographic"""
    members = np.array(list(combinations(range(len(y_n)), size)))
    predicted = subset_predictions(x_np, y_n[:, None], members)[:, :, 0]
    square = (predicted - y_n) ** 2
    inside = np.zeros(predicted.shape, dtype=bool)
    np.put_along_axis(inside, members, True, axis=1)
    test, train = (np.where(mask, square, 0).sum(axis=1) / mask.sum(axis=1) for mask in (~inside, inside))
    found = np.where(inside, -np.inf, predicted).argmax(axis=1) == y_n.argmax()
    return len(members), [(members[i].tolist(), float(test[i]), float(train[i])) for i in np.flatnonzero(found)]


def table_record(key):
    table, fits, hits, sizes, shown = read_table(key), 0, {}, {}, {}
    for b in table.benchmarks:
        a, c, y = normalised(table, b)
        x_np = basis(FITS["AC_quadratic"][0], a, c)
        by_size = [hits_of_size(x_np, y, size) for size in range(2, len(y))]
        fits, sizes[b] = fits + sum(count for count, _ in by_size), [len(found) for _, found in by_size]
        every = [hit for _, found in by_size for hit in found]
        hits[b], shown[b] = len(every), every[:K_SHOWN] + every[-K_SHOWN:]
    print(key, fits, hits)
    return {"fits": fits, "hits": hits, "hits_by_size": sizes, "shown": shown}


if __name__ == "__main__":
    write_golden("exhaustive_reference.json", {key: table_record(key) for key in TABLES}, depth=3)
