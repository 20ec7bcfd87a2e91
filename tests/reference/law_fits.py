# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/law_fits.json: every law fit of both tables.

In-sample figures are scikit-learn's; leave-one-out and leave-one-family-out are real refits with
the minimum-norm solver; standard errors, p-values, hat values and Cook's distances are statsmodels'.
"raw" holds the fits to A, C and scores that are not normalised, "ridge" scikit-learn's Ridge on the
AC quadratic's columns, with leave-one-out by real refits. Rank correlations are SciPy's, of the leave-one-out
predictions with the scores; "r2_interval" is the 95 % interval of the population R2, from SciPy's noncentral F.
Usage, from the repository root: python tests/reference/law_fits.py
"""

import numpy as np
import statsmodels.api as sm
from scipy.optimize import brentq
from scipy.stats import f as central_f
from scipy.stats import kendalltau, ncf, spearmanr, weightedtau
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import PolynomialFeatures

from law_table import FITS, TABLES, basis, min_norm_fit, normalised, read_table, write_golden

K_VARIED = ("seed_image", "mme")  # percent, and points of another size
K_PENALTIES = (0.001, 0.1, 1.0)
K_LEVEL = 0.95


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
    """statsmodels' OLS with an intercept. @return dict of its inference and influence figures."""
    fit = sm.OLS(y_n, sm.add_constant(x_np, has_constant="add")).fit()
    measures, names = fit.get_influence(), ("1",) + columns
    hat, cook, n = measures.hat_matrix_diag, measures.cooks_distance[0], len(y_n)
    much = (hat > 2 * len(names) / n) | (cook > 4 / n)
    return {
        "standard_errors": dict(zip(names, fit.bse.tolist())),
        "p_values": dict(zip(names, fit.pvalues.tolist())),
        "f_p_value": float(fit.f_pvalue),
        "hat": hat.tolist(),
        "cook": cook.tolist(),
        "influential": np.flatnonzero(much).tolist(),
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


def rmse(y_n, predicted):
    return float(np.sqrt(((y_n - predicted) ** 2).mean()))


def population_r2_end(f, p, n, tail):
    """@return lambda / (lambda + n) at which P(F <= f) = tail, or 0 where there is none."""
    if central_f.cdf(f, p, n - p - 1) <= tail:
        return 0.0
    excess = lambda nc: ncf.cdf(f, p, n - p - 1, nc) - tail
    high = 1.0
    while excess(high) > 0:
        high *= 2
    nc = brentq(excess, 1e-12, high, xtol=1e-12, rtol=1e-13)
    return float(nc / (nc + n))


def r2_interval(r2, p, n):
    f = r2 / p / ((1 - r2) / (n - p - 1))
    return [population_r2_end(f, p, n, tail) for tail in ((1 + K_LEVEL) / 2, (1 - K_LEVEL) / 2)]


def out_of_sample(y, loo, lofo):
    return {
        "loo_r2": predictive_r2(y, loo), "lofo_r2": predictive_r2(y, lofo),
        "loo_rmse": rmse(y, loo), "lofo_rmse": rmse(y, lofo),
        "kendall_tau": float(kendalltau(loo, y).statistic),
        "weighted_tau": float(weightedtau(loo, y).statistic),
        "spearman_rho": float(spearmanr(loo, y).statistic),
        "loo_predictions": loo.tolist(),
    }


def fit_record(name, a, c, y, families):
    columns, inputs, degree = FITS[name]
    inputs_nd = np.stack([{"a": a, "c": c}[i] for i in inputs], axis=1)
    x_np = basis(columns, a, c)
    record = in_sample(inputs_nd, degree, columns, y)
    loo = left_out_predictions(x_np, y, range(len(y)))
    lofo = left_out_predictions(x_np, y, families)
    record["r2_interval"] = r2_interval(record["r2"], len(columns), len(y))
    return record | out_of_sample(y, loo, lofo) | influence(x_np, columns, y)


def raw_record(name, a, c, y):
    """The fit without normalisation."""
    columns, inputs, degree = FITS[name]
    record = in_sample(np.stack([{"a": a, "c": c}[i] for i in inputs], axis=1), degree, columns, y)
    loo = left_out_predictions(basis(columns, a, c), y, range(len(y)))
    return record | {"loo_r2": predictive_r2(y, loo)}


def ridge_record(penalty, a, c, y):
    """Ridge regression with a free intercept: |y - Xw - b|^2 + penalty |w|^2."""
    columns = FITS["AC_quadratic"][0]
    x, loo = basis(columns, a, c), np.empty_like(y)
    model = Ridge(alpha=penalty, solver="svd").fit(x, y)
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        loo[i] = Ridge(alpha=penalty, solver="svd").fit(x[rest], y[rest]).predict(x[[i]])[0]
    return {"penalty": penalty, "r2": float(model.score(x, y)), "loo_r2": predictive_r2(y, loo),
            "coefficients": dict(zip(("1",) + columns, [float(model.intercept_)] + model.coef_.tolist()))}


def table_record(key):
    table = read_table(key)
    families = [family(name) for name in table.names]
    fits = {b: {f: fit_record(f, *normalised(table, b), families) for f in FITS}
            for b in table.benchmarks}
    raw = {b: {f: raw_record(f, table.a[b], table.c, table.score[b]) for f in FITS}
           for b in K_VARIED}
    ridge = {b: [ridge_record(p, *normalised(table, b)) for p in K_PENALTIES] for b in K_VARIED}
    return {"n": len(table.names), "families": dict(zip(table.names, families)), "fits": fits,
            "raw": raw, "ridge": ridge}


def population_r2_records():
    """Intervals away from the tables: hardly any effect, nearly exact laws, many rows."""
    cases = ((0.0001, 1, 13), (0.2, 5, 13), (0.999, 5, 13), (0.999, 5, 1006), (0.9995, 2, 5003), (0.3, 5, 10000))
    return [{"r2": r2, "rank": p, "n": n, "interval": r2_interval(r2, p, n)} for r2, p, n in cases]


if __name__ == "__main__":
    records = {key: table_record(key) for key in TABLES}
    write_golden("law_fits.json", records | {"population_r2": population_r2_records()}, depth=4)
