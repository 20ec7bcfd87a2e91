# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/random_tables.json: the six fits of 100 seeded random tables.

Each column is min-max scaled over all rows (a constant column becomes 0), then fitted. decided_by
is "sklearn", or "mpmath" where n <= 6 or the centred columns are rank deficient: there a 60-digit
minimum-norm fit with relative singular-value cutoff 1e-10 decides (spec/scores_law.md section 3.1).
predictions are in-sample, for the rows named in predicted_rows. loo_r2 is from real refits:
in 60 digits for tables of up to 12 rows, else by the double-precision minimum norm. No table has a relative singular
value between 1e-13 and 1e-4, so the rank is beyond dispute in double precision.
Usage, from the repository root: python tests/reference/random_tables.py
"""

import mpmath
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures

from law_table import FITS, K_CUTOFF, basis, min_max, min_norm_fit, write_golden

K_DIGITS = 60
K_TABLES = 100
K_EXACT_LOO = 12  # rows
KINDS = ("plain", "plain", "scaled", "scaled", "ties", "collinear", "constant_a", "two_valued_a")
K_AGREEMENT = 1e-10  # of the double-precision minimum-norm fit, on predictions


def row_count(generator, index):
    """Mostly few rows, where the rank matters; every tenth table has up to 40."""
    if index < 12:
        return 3 + index // 3
    return int(generator.integers(3, 11) if index % 10 else generator.integers(11, 41))


def short(values):
    """Six significant digits keep the file small."""
    return np.array([float(f"{v:.6g}") for v in values])


def draw(generator, kind, n):
    """@return raw a, c, y, each [n]."""
    a, c, noise = generator.random((3, n))
    if kind == "scaled":
        scale = 10.0 ** generator.uniform(-6, 6, 3)
        a, c, noise = np.array([a, c, noise]) * scale[:, None] - scale[:, None] / 3
        return short(a), short(c), short(noise)
    if kind == "ties":
        return np.round(3 * a), np.round(4 * c), np.round(5 * noise)
    if kind == "collinear":
        a = short(a)
        return a, 2.5 - 0.75 * a, short(a + 0.3 * noise)
    if kind == "constant_a":
        return np.full(n, 0.4), short(c), short(c * c + 0.3 * noise)
    if kind == "two_valued_a":
        a = np.where(np.arange(n) % 2, 0.3, -1.7)
    return short(a), short(20 * c), short(50 * (a - c * c) + 15 * noise)


def is_clear(a, c):
    """Whether every basis has relative singular values above 1e-4 or below 1e-13 only."""
    x = basis(FITS["AC_quadratic"][0], a, c)
    columns = FITS["AC_quadratic"][0]
    for names, _, _ in FITS.values():
        chosen = x[:, [columns.index(name) for name in names]]
        s = np.linalg.svd(chosen - chosen.mean(axis=0), compute_uv=False)
        relative = s / max(s[0], 1e-300)
        if ((relative > 1e-13) & (relative < 1e-4)).any():
            return False
    return True


def drawn_table(generator, index):
    """Draws until the rank is clear. @return kind, a, c, y"""
    kind = KINDS[index % len(KINDS)]
    while True:
        a, c, y = draw(generator, kind, row_count(generator, index))
        if y.max() > y.min() and c.max() > c.min() and is_clear(min_max(a), min_max(c)):
            return kind, a, c, y


def by_sklearn(x_np, y_n, inputs_nd, degree):
    """@return r2, mse, intercept and weights, predictions [n]"""
    x = PolynomialFeatures(degree).fit_transform(inputs_nd)
    model = LinearRegression().fit(x, y_n)
    predicted = model.predict(x)
    weights = [float(model.intercept_)] + model.coef_[1:].tolist()
    mse = float(((y_n - predicted) ** 2).mean())
    return float(model.score(x, y_n)), mse, weights, predicted


def scaled_exactly(values):
    """min_max of the given doubles in 60 digits. @return list of mpf"""
    exact = [mpmath.mpf(float(v)) for v in values]
    span = max(exact) - min(exact)
    return [(v - min(exact)) / (span if span else 1) for v in exact]


def exact_basis(columns, a, c):
    terms = {"a": lambda i: a[i], "c": lambda i: c[i], "a2": lambda i: a[i] ** 2,
             "ac": lambda i: a[i] * c[i], "c2": lambda i: c[i] ** 2}
    return mpmath.matrix([[terms[name](i) for name in columns] for i in range(len(a))])


def exact_weights(x, r):
    """Minimum-norm solution of the centred x w = r from the eigenvectors of x'x."""
    values, vectors = mpmath.eigsy(x.T * x)
    moments, w = vectors.T * (x.T * r), mpmath.zeros(x.cols, 1)
    for k in range(x.cols):
        if values[k] > mpmath.mpf(K_CUTOFF) ** 2 * max(values):
            w += vectors[:, k] * (moments[k] / values[k])
    return w


def exact_fit(x, y, rows):
    """Centred minimum-norm fit on `rows`. @return intercept and weights, mpf"""
    x_mean = [mpmath.fsum(x[i, j] for i in rows) / len(rows) for j in range(x.cols)]
    y_mean = mpmath.fsum(y[i] for i in rows) / len(rows)
    centred = mpmath.matrix([[x[i, j] - x_mean[j] for j in range(x.cols)] for i in rows])
    w = exact_weights(centred, mpmath.matrix([y[i] - y_mean for i in rows]))
    return [y_mean - mpmath.fsum(m * v for m, v in zip(x_mean, w)), *w]


def exact_prediction(weights, x, i):
    return weights[0] + mpmath.fsum(x[i, j] * weights[j + 1] for j in range(x.cols))


def exact_r2(y, predicted):
    y_mean = mpmath.fsum(y) / len(y)
    sse = mpmath.fsum((u - v) ** 2 for u, v in zip(y, predicted))
    return 1 - sse / mpmath.fsum((v - y_mean) ** 2 for v in y), sse


def by_mpmath(columns, a_raw, c_raw, y_raw):
    """The same as by_sklearn in 60 digits, from the raw doubles."""
    a, c, y = (scaled_exactly(v) for v in (a_raw, c_raw, y_raw))
    n, x = len(y), exact_basis(columns, a, c)
    weights = exact_fit(x, y, range(n))
    predicted = [exact_prediction(weights, x, i) for i in range(n)]
    r2, sse = exact_r2(y, predicted)
    mse = float(sse / n)
    return (float(r2), mse if mse > 1e-40 else 0.0, [float(v) for v in weights],
            np.array([float(v) for v in predicted]))


def exact_loo_r2(columns, a_raw, c_raw, y_raw):
    """Leave-one-out by real refits in 60 digits."""
    a, c, y = (scaled_exactly(v) for v in (a_raw, c_raw, y_raw))
    n, x = len(y), exact_basis(columns, a, c)
    left_out = [exact_prediction(exact_fit(x, y, [k for k in range(n) if k != i]), x, i)
                for i in range(n)]
    return float(exact_r2(y, left_out)[0])


def loo_r2(x_np, y_n):
    """Leave-one-out by real refits in double precision."""
    left_out = np.empty_like(y_n)
    for i in range(len(y_n)):
        rest = np.arange(len(y_n)) != i
        intercept, w_p = min_norm_fit(x_np[rest], y_n[rest])
        left_out[i] = intercept + x_np[i] @ w_p
    return float(1 - ((y_n - left_out) ** 2).sum() / ((y_n - y_n.mean()) ** 2).sum())


def fit_record(name, raw, rows):
    """@return the golden record of one fit, and whether scikit-learn's weights were off."""
    columns, inputs, degree = FITS[name]
    a, c, y = (min_max(v) for v in raw)
    x_np = basis(columns, a, c)
    intercept, w_p = min_norm_fit(x_np, y)
    rank = np.linalg.matrix_rank(x_np - x_np.mean(axis=0), rtol=K_CUTOFF)
    found = by_sklearn(x_np, y, np.stack([{"a": a, "c": c}[i] for i in inputs], axis=1), degree)
    exact = len(y) <= 6 or rank < len(columns)
    decided = by_mpmath(columns, *raw) if exact else found
    left_out = exact_loo_r2(columns, *raw) if len(y) <= K_EXACT_LOO else loo_r2(x_np, y)
    assert np.abs(intercept + x_np @ w_p - decided[3]).max() < K_AGREEMENT, (name, len(y))
    size = max(1.0, np.abs(decided[2]).max())
    assert np.abs(np.array([intercept, *w_p]) - decided[2]).max() < K_AGREEMENT * size, name
    off = np.abs(np.array(found[2]) - decided[2]).max() > 1e-9 * size
    r2, mse, weights, predicted = decided
    return {"decided_by": "mpmath" if exact else "sklearn", "rank": int(rank), "r2": r2,
            "mse": mse, "loo_r2": left_out, "coefficients": dict(zip(("1",) + columns, weights)),
            "predictions": predicted[rows].tolist()}, bool(off)


def records():
    generator = np.random.default_rng(2408_16357)
    found, off = [], 0
    for index in range(K_TABLES):
        kind, *raw = drawn_table(generator, index)
        rows = [0, len(raw[0]) - 1]
        table = dict(zip("acy", (v.tolist() for v in raw)))
        fits = {name: fit_record(name, raw, rows) for name in FITS}
        off += sum(wrong for _, wrong in fits.values())
        found.append({"kind": kind, "n": len(raw[0]), **table, "predicted_rows": rows,
                      "fits": {name: record for name, (record, _) in fits.items()}})
    print(f"fits where scikit-learn's coefficients are off by more than 1e-9: {off}")
    return found


if __name__ == "__main__":
    mpmath.mp.dps = K_DIGITS
    write_golden("random_tables.json", records(), depth=1)
