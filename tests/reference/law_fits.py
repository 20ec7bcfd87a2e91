# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/law_fits.json: every law fit of both tables.

In-sample figures are scikit-learn's; leave-one-out and leave-one-family-out are real refits with
the minimum-norm solver; standard errors, hat values and Cook's distances are textbook OLS.
Usage, from the repository root: python tests/reference/law_fits.py
"""

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import PolynomialFeatures

from law_table import FITS, TABLES, basis, min_norm_fit, normalised, read_table, write_golden


def family(name):
    """@return clip, dino, diffusion or fused."""
    if name.startswith("C+D") or "+DINO" in name:
        return "fused"
    if name.startswith("DINO"):
        return "dino"
    if name.startswith(("SD", "DiT")):
        return "diffusion"
    if name.startswith(("CLIP", "OpenCLIP", "SigLIP")):
        return "clip"
    raise ValueError(f"{name}: no family known")


def in_sample(inputs_nd, degree, columns, y_n):
    """scikit-learn's fit. @return dict of r2, mse, adjusted r2, plain-basis coefficients."""
    x = PolynomialFeatures(degree).fit_transform(inputs_nd)
    model = LinearRegression().fit(x, y_n)
    n, p, r2 = len(y_n), len(columns), model.score(x, y_n)
    assert model.coef_[0] == 0.0, "the constant column is centred away"
    names = ("1",) + columns
    values = np.concatenate(([model.intercept_], model.coef_[1:]))
    return {
        "r2": float(r2),
        "adjusted_r2": float(1 - (1 - r2) * (n - 1) / (n - p - 1)),
        "mse": float(mean_squared_error(y_n, model.predict(x))),
        "coefficients": dict(zip(names, values.tolist())),
    }


def influence(x_np, columns, y_n):
    """Classic OLS with an intercept. @return standard errors, hat values, Cook's distances."""
    n, p = x_np.shape
    design = np.column_stack([np.ones(n), x_np])
    q, r = np.linalg.qr(design)
    residual = y_n - q @ (q.T @ y_n)
    variance = residual @ residual / (n - p - 1)
    r_inverse = np.linalg.inv(r)
    errors = np.sqrt(variance * (r_inverse**2).sum(axis=1))
    hat = (q**2).sum(axis=1)
    cook = residual**2 * hat / ((p + 1) * variance * (1 - hat) ** 2)
    return {
        "standard_errors": dict(zip(("1",) + columns, errors.tolist())),
        "hat": hat.tolist(),
        "cook": cook.tolist(),
    }


def left_out_predictions(x_np, y_n, labels):
    """Predicts each row from a fit on the rows with another label. @return [n]"""
    predicted = np.empty_like(y_n)
    for label in dict.fromkeys(labels):
        out = np.array([other == label for other in labels])
        intercept, w_p = min_norm_fit(x_np[~out], y_n[~out])
        predicted[out] = intercept + x_np[out] @ w_p
    return predicted


def predictive_r2(y_n, predicted):
    return float(1 - ((y_n - predicted) ** 2).sum() / ((y_n - y_n.mean()) ** 2).sum())


def fit_record(name, a, c, y, families):
    columns, inputs, degree = FITS[name]
    inputs_nd = np.stack([{"a": a, "c": c}[i] for i in inputs], axis=1)
    x_np = basis(columns, a, c)
    record = in_sample(inputs_nd, degree, columns, y)
    loo = left_out_predictions(x_np, y, range(len(y)))
    lofo = left_out_predictions(x_np, y, families)
    record["loo_r2"], record["lofo_r2"] = predictive_r2(y, loo), predictive_r2(y, lofo)
    record["loo_predictions"] = loo.tolist()
    return record | influence(x_np, columns, y)


def table_record(key):
    table = read_table(key)
    families = [family(name) for name in table.names]
    fits = {b: {f: fit_record(f, *normalised(table, b), families) for f in FITS}
            for b in table.benchmarks}
    return {"n": len(table.names), "families": dict(zip(table.names, families)), "fits": fits}


if __name__ == "__main__":
    write_golden("law_fits.json", {key: table_record(key) for key in TABLES}, depth=4)
