# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/exhaustive_reference.json: the paper's exhaustive subset search.

Every subset of size 2..n-1: fit quadratic AC on it, predict the rest; a hit if the first maximum
among the rest is the table's optimum. hits_by_size runs over sizes 2..n-1.
Usage, from the repository root: python tests/reference/exhaustive_reference.py
"""

from itertools import combinations

import numpy as np

from law_table import (FITS, TABLES, basis, normalised, read_table, subset_predictions,
                       write_golden)


def hits_by_size(x_np, y_n):
    """@return the number of fits, and the hits for each subset size 2..n-1."""
    n, fits, hits = len(y_n), 0, []
    for size in range(2, n):
        members = np.array(list(combinations(range(n), size)))
        predicted = subset_predictions(x_np, y_n[:, None], members)[:, :, 0]
        np.put_along_axis(predicted, members, -np.inf, axis=1)
        fits += len(members)
        hits.append(int((predicted.argmax(axis=1) == y_n.argmax()).sum()))
    return fits, hits


def table_record(key):
    table, fits, hits, sizes = read_table(key), 0, {}, {}
    for b in table.benchmarks:
        a, c, y = normalised(table, b)
        count, sizes[b] = hits_by_size(basis(FITS["AC_quadratic"][0], a, c), y)
        fits, hits[b] = fits + count, sum(sizes[b])
    print(key, fits, hits)
    return {"fits": fits, "hits": hits, "hits_by_size": sizes}


if __name__ == "__main__":
    write_golden("exhaustive_reference.json", {key: table_record(key) for key in TABLES}, depth=3)
