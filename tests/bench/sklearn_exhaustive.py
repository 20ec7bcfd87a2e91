# SPDX-License-Identifier: Apache-2.0
"""The exhaustive subset search on the v1 table, written with scikit-learn: a benchmark's peer.

The cutoff is scikit-learn's own, so a few hits may differ from the robust count.
Usage, from the repository root: OMP_NUM_THREADS=1 python tests/bench/sklearn_exhaustive.py
"""

import csv
import time
from itertools import combinations

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def scaled(rows, name):
    values = np.array([float(row[name]) for row in rows])
    return (values - values.min()) / (values.max() - values.min())


def search(x, y):
    """@return number of fits, number of subsets whose best prediction is the optimum."""
    n, best, fits, hits = len(y), int(np.argmax(y)), 0, 0
    for size in range(2, n):
        for members in combinations(range(n), size):
            train = list(members)
            rest = [i for i in range(n) if i not in members]
            features = PolynomialFeatures(degree=2)
            model = LinearRegression().fit(features.fit_transform(x[train]), y[train])
            predicted = model.predict(features.transform(x[rest]))
            fits += 1
            hits += rest[int(np.argmax(predicted))] == best
    return fits, hits


def main():
    rows = read_rows("data/paper/v1.csv")
    benchmarks = [name[6:] for name in rows[0] if name.startswith("score_")]
    start, fits, hits = time.perf_counter(), 0, {}
    for b in benchmarks:
        x = np.stack([scaled(rows, "A_" + b), scaled(rows, "C")], axis=1)
        count, hits[b] = search(x, scaled(rows, "score_" + b))
        fits += count
    print(f"seconds {time.perf_counter() - start:.2f}")
    print(f"fits {fits}")
    for b, count in hits.items():
        print(f"hits {b} {count}")


if __name__ == "__main__":
    main()
