# SPDX-License-Identifier: Apache-2.0
"""Reads the paper's tables and holds the minimum-norm law fit that the reference scripts share.

Legend: n rows, p basis columns, m subsets, b benchmarks.
"""

import csv
import json
import pathlib
from dataclasses import dataclass

import numpy as np

K_CUTOFF = 1e-10  # relative singular-value cutoff, spec/scores_law.md section 3.1
K_ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = {"v1": "data/paper/v1.csv", "v3": "data/paper/v3.csv"}
# fit name -> (plain basis columns, inputs of the polynomial expansion, degree)
FITS = {
    "A_linear": (("a",), ("a",), 1),
    "A_quadratic": (("a", "a2"), ("a",), 2),
    "C_linear": (("c",), ("c",), 1),
    "C_quadratic": (("c", "c2"), ("c",), 2),
    "AC_linear": (("a", "c"), ("a", "c"), 1),
    "AC_quadratic": (("a", "c", "a2", "ac", "c2"), ("a", "c"), 2),
}


@dataclass
class Table:
    """Raw columns of one table; a and score are keyed by benchmark."""

    names: list
    benchmarks: list
    a: dict
    c: np.ndarray
    score: dict


def read_table(key):
    """Reads TABLES[key]; an only A column that matches no benchmark serves all."""
    lines = (K_ROOT / TABLES[key]).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    column = lambda name: np.array([float(row[name]) for row in rows])
    benchmarks = [name[6:] for name in rows[0] if name.startswith("score_")]
    a_columns = [name for name in rows[0] if name.startswith("A_")]
    a_name = lambda b: "A_" + b if "A_" + b in a_columns else a_columns[0]
    return Table(
        names=[row["representation"] for row in rows],
        benchmarks=benchmarks,
        a={b: column(a_name(b)) for b in benchmarks},
        c=column("C"),
        score={b: column("score_" + b) for b in benchmarks},
    )


def min_max(values):
    """(v - min) / (max - min); a constant column becomes 0, as with MinMaxScaler."""
    span = values.max() - values.min()
    return (values - values.min()) / (span if span > 0 else 1.0)


def normalised(table, benchmark):
    """@return a, c, y, each [n], min-max scaled over all rows."""
    return tuple(min_max(v) for v in (table.a[benchmark], table.c, table.score[benchmark]))


def basis(columns, a, c):
    """@return [n, p], the named columns without the constant."""
    terms = {"a": a, "c": c, "a2": a * a, "ac": a * c, "c2": c * c}
    return np.stack([terms[name] for name in columns], axis=1)


def min_norm_fit(x_np, y_n):
    """Centred minimum-norm least squares. @return intercept, weights [p]."""
    x_mean, y_mean = x_np.mean(axis=0), y_n.mean()
    w_p = np.linalg.pinv(x_np - x_mean, rcond=K_CUTOFF) @ (y_n - y_mean)
    return y_mean - x_mean @ w_p, w_p


def subset_predictions(x_np, y_nb, members_ms):
    """Fits each subset of rows and predicts all rows.

    @param members_ms  row numbers, m subsets of s rows each
    @return [m, n, b]
    """
    x_msp, y_msb = x_np[members_ms], y_nb[members_ms]
    x_mean, y_mean = x_msp.mean(axis=1, keepdims=True), y_msb.mean(axis=1, keepdims=True)
    w_mpb = np.linalg.pinv(x_msp - x_mean, rcond=K_CUTOFF) @ (y_msb - y_mean)
    return y_mean + (x_np[None] - x_mean) @ w_mpb


def write_golden(name, value, depth):
    """Writes tests/golden/<name>: one line per entry down to `depth` levels."""
    path = K_ROOT / "tests" / "golden" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_lines(value, depth, "") + "\n", encoding="utf-8")
    print(f"tests/golden/{name}: {path.stat().st_size} bytes")


def _lines(value, depth, indent):
    if depth == 0 or not isinstance(value, (dict, list)) or not value:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    inner = indent + " "
    if isinstance(value, list):
        items, ends = [_lines(v, depth - 1, inner) for v in value], "[]"
    else:
        items = [json.dumps(k) + ": " + _lines(v, depth - 1, inner) for k, v in value.items()]
        ends = "{}"
    return ends[0] + "\n" + ",\n".join(inner + item for item in items) + "\n" + indent + ends[1]
