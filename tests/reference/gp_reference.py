# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/gp_reference.json: the planner's Gaussian process on the paper's tables.

Written from the closed form with dense inverses: one benchmark by its own formula, several by
generalised least squares over all (benchmark, representation) pairs. The averaged planner's scales
and weights are found by numerical maximisation of the restricted likelihood and its numerical
curvature (Laplace's approximation), so they agree with the closed form to about 1e-7 only.
Usage, from the repository root: python tests/reference/gp_reference.py
"""

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm

from law_table import TABLES, min_max, read_table, write_golden

K_RANGE, K_SIGNAL, K_NOISE = 0.6, 0.3**2, 0.1**2
K_BETWEEN_SIGNAL, K_BETWEEN_NOISE = 0.8, 0.5
K_SECOND_ORDER = 0.125  # standard deviation of the regression's u^2, uv, v^2; its slopes' is 0.25
K_BUDGET, K_SHOWN = 6, (3, 5)


def matern(p, q):
    """@param p, q  points (a, c), [..., 2]"""
    r = np.sqrt(((p[:, None] - q[None]) ** 2).sum(axis=-1)) / K_RANGE
    return K_SIGNAL * (1 + np.sqrt(5) * r + 5 * r**2 / 3) * np.exp(-np.sqrt(5) * r)


def quadratic(p, q):
    """Covariance of a quadratic in u = 2a - 1, v = 2c - 1 with independent normal coefficients."""
    def features(points):
        u, v = 2 * points.T - 1
        return np.stack([0.25 * u, 0.25 * v] + [K_SECOND_ORDER * f for f in (u * u, u * v, v * v)])
    return features(p).T @ features(q)


def improvement(mean, sd, best):
    z = (mean - best) / sd
    return sd * (z * norm.cdf(z) + norm.pdf(z))


class OneBenchmark:
    """The closed form for one benchmark; sign is that of the prior mean."""

    def __init__(self, a, c, sign=1, kernel=matern):
        self.points = np.stack([min_max(a), min_max(c)], axis=1)
        self.m = sign * 0.25 * (2 * self.points - 1).sum(axis=1)
        self.k = kernel(self.points, self.points)

    def parts(self, seen):
        inverse = np.linalg.inv(self.k[np.ix_(seen, seen)] + K_NOISE * np.eye(len(seen)))
        o = inverse.sum(axis=1)
        return inverse, o, inverse - np.outer(o, o) / o.sum()

    def scale(self, seen, y):
        if len(seen) == 1:
            return 1.0
        _, _, p = self.parts(seen)
        q, t = y @ p @ y, y @ p @ self.m[seen]
        return 2 * q / (t + np.sqrt(t**2 + 4 * (len(seen) - 1) * q))

    def posterior(self, seen, y, scale):
        """@return mean and standard deviation of every score"""
        inverse, o, _ = self.parts(seen)
        beta = o @ (y - scale * self.m[seen]) / o.sum()
        w = self.k[:, seen] @ inverse
        h = 1 - w.sum(axis=1)
        mean = beta + scale * self.m + w @ (y - scale * self.m[seen] - beta)
        cov = scale**2 * (self.k - w @ self.k[seen] + np.outer(h, h) / o.sum())
        return mean, np.sqrt(np.diag(cov) + K_NOISE * scale**2)

    def log_likelihood(self, seen, y, log_scale):
        """Restricted log likelihood without constants that all families share."""
        _, _, p = self.parts(seen)
        rest = y - np.exp(log_scale) * self.m[seen]
        return -(len(seen) - 1) * log_scale - 0.5 * np.exp(-2 * log_scale) * rest @ p @ rest

    def evidence(self, seen, y):
        """@return the most likely scale and the log evidence by Laplace's approximation"""
        down = lambda x: -self.log_likelihood(seen, y, x)
        middle = np.log(np.std(y) * 3)
        grid = np.linspace(middle - 6, middle + 6, 241)
        start = grid[np.argmin([down(x) for x in grid])]
        best = minimize_scalar(down, bounds=(start - 0.1, start + 0.1), method="bounded",
                               options={"xatol": 1e-12}).x
        step = 1e-3  # fourth-order central difference
        curve = [down(best + i * step) for i in (-2, -1, 0, 1, 2)]
        second = np.dot([-1, 16, -30, 16, -1], curve) / (12 * step**2)
        return np.exp(best), -down(best) - 0.5 * np.log(second)


def first_largest(values, excluded):
    return int(np.argmax(np.where(np.isin(np.arange(len(values)), excluded), -np.inf, values)))


def reference_run(model, y):
    """The order of training with the one prior, and the predictions after 3 and 5."""
    seen, record = [int(np.argmax(model.m))], {"scales": [], "shown": {}}
    while True:
        scale = model.scale(seen, y[seen])
        mean, sd = model.posterior(seen, y[seen], scale)
        gain = improvement(mean, sd, y[seen].max())
        record["scales"].append(float(scale))
        if len(seen) in K_SHOWN:
            record["shown"][str(len(seen))] = {
                "mean": mean.tolist(), "gain": gain.tolist(),
                "low": norm.ppf(0.05, mean, sd).tolist(), "high": norm.ppf(0.95, mean, sd).tolist()}
        if len(seen) == K_BUDGET:
            return {"order": seen, **record}
        seen.append(first_largest(gain, seen))


def batch(model, seen, y_seen, best):
    """K_BUDGET - len(seen) picks; each is believed to score its predicted mean, scale and best stay.

    @return the picks, their gains and their means
    """
    scale, measured, picks, gains, means = model.scale(seen, y_seen), len(seen), [], [], []
    seen, y_seen = list(seen), list(y_seen)
    while len(seen) < K_BUDGET:
        mean, sd = model.posterior(seen, np.array(y_seen), scale)
        gain = improvement(mean, sd, best)
        pick = first_largest(gain, seen)
        picks, gains, means = picks + [pick], gains + [gain[pick]], means + [mean[pick]]
        seen, y_seen = seen + [pick], y_seen + [mean[pick]]
    assert len(picks) == K_BUDGET - measured
    return {"picks": picks, "gains": np.array(gains).tolist(), "means": np.array(means).tolist()}


def batches(model, y, order):
    """From nothing (the first at its prior mean, scale 1), and after three measured."""
    first = order[0]
    return {"from_nothing": [first] + batch(model, [first], model.m[[first]], model.m[first])["picks"],
            "after_three": batch(model, order[:3], y[order[:3]], y[order[:3]].max())}


def weights_of(models, families, seen, y):
    """@return weights and scales by family"""
    found = [model.evidence(seen, y) for model in models]
    log_weight = np.log(families["prior"]) + [evidence for _, evidence in found]
    weight = np.exp(log_weight - log_weight.max())
    if len(seen) < families["fewest"]:
        weight = np.eye(len(models))[0]
    return weight / weight.sum(), [scale for scale, _ in found]


def mixture_quantile(share, weights, means, sds):
    low, high = (means - 9 * sds).min(), (means + 9 * sds).max()
    return brentq(lambda x: weights @ norm.cdf((x - means) / sds) - share, low, high, xtol=1e-10)


def averaged_run(a, c, y, families):
    """The order of the averaged planner, the weights after each training, predictions after 5."""
    models = [OneBenchmark(a, c, sign) for sign in families["signs"]]
    seen, weights, record = [int(np.argmax(models[0].m))], [], {}
    while True:
        if len(seen) == 1:
            weight, scales = np.eye(len(models))[0], np.ones(len(models))
        else:
            weight, scales = weights_of(models, families, seen, y[seen])
        means, sds = zip(*(m.posterior(seen, y[seen], s) for m, s in zip(models, scales)))
        means, sds = np.array(means), np.array(sds)
        gain = weight @ improvement(means, sds, y[seen].max())
        weights.append(weight.tolist())
        if len(seen) == 5:
            ends = [[mixture_quantile(share, weight, means[:, i], sds[:, i]) for i in range(len(y))]
                    for share in (0.05, 0.95)]
            record = {"mean": (weight @ means).tolist(), "gain": gain.tolist(),
                      "low": ends[0], "high": ends[1]}
        if len(seen) == K_BUDGET:
            return {"order": seen, "weights": weights, "shown": {"5": record}}
        seen.append(first_largest(gain, seen))


def joint_covariance(table, noise):
    """@return [B N, B N] covariance of g, or of g + e"""
    count, c = len(table.names), min_max(table.c)
    points = np.concatenate([np.stack([min_max(table.a[b]), c], axis=1) for b in table.benchmarks])
    same = np.kron(np.eye(len(table.benchmarks)), np.ones((count, count)))
    g = matern(points, points) * (same + K_BETWEEN_SIGNAL * (1 - same))
    own = np.kron(np.ones_like(np.eye(len(table.benchmarks))), np.eye(count))
    e = K_NOISE * own * (same + K_BETWEEN_NOISE * (1 - same))
    return g + e if noise else g


def joint_posterior(table, models, seen, scales):
    """Generalised least squares with one constant per benchmark. @return means and sds [B, N]"""
    names, count = table.benchmarks, len(table.names)
    at = np.concatenate([b * count + np.array(seen) for b in range(len(names))])
    h_all = np.kron(np.eye(len(names)), np.ones((count, 1)))
    h, g, r = h_all[at], joint_covariance(table, False), joint_covariance(table, True)
    z = np.concatenate([table.score[b][seen] / s - m.m[seen] for b, s, m in zip(names, scales, models)])
    inverse = np.linalg.inv(r[np.ix_(at, at)])
    constants = np.linalg.inv(h.T @ inverse @ h)
    beta = constants @ h.T @ inverse @ z
    w = g[:, at] @ inverse
    rest = h_all - w @ h
    mean = h_all @ beta + np.concatenate([m.m for m in models]) + w @ (z - h @ beta)
    cov = r - w @ g[at] + rest @ constants @ rest.T
    shape, s = (len(names), count), np.array(scales)[:, None]
    return s * mean.reshape(shape), s * np.sqrt(np.diag(cov)).reshape(shape)


def joint_run(table):
    """All benchmarks at once: sum of EI_b / s_b."""
    models = [OneBenchmark(table.a[b], table.c) for b in table.benchmarks]
    seen = [int(np.argmax(sum(m.m for m in models)))]
    while True:
        scales = [m.scale(seen, table.score[b][seen]) for b, m in zip(table.benchmarks, models)]
        means, sds = joint_posterior(table, models, seen, scales)
        best = np.array([table.score[b][seen].max() for b in table.benchmarks])[:, None]
        gain = (improvement(means, sds, best) / np.array(scales)[:, None]).sum(axis=0)
        if len(seen) == 3:
            shown = {"scales": scales, "gain": gain.tolist(), "mean": means.tolist(),
                     "low": norm.ppf(0.05, means, sds).tolist(), "high": norm.ppf(0.95, means, sds).tolist()}
        if len(seen) == K_BUDGET:
            return {"order": seen, "shown": {"3": shown}}
        seen.append(first_largest(gain, seen))


def table_record(key, families):
    table = read_table(key)
    found = {part: {} for part in ("gp", "batches", "bayesian", "average", "average_negated")}
    for b in table.benchmarks:
        model = OneBenchmark(table.a[b], table.c)
        found["gp"][b] = reference_run(model, table.score[b])
        found["batches"][b] = batches(model, table.score[b], found["gp"][b]["order"])
        regression = OneBenchmark(table.a[b], table.c, kernel=quadratic)
        found["bayesian"][b] = reference_run(regression, table.score[b])
        found["average"][b] = averaged_run(table.a[b], table.c, table.score[b], families)
        found["average_negated"][b] = averaged_run(table.a[b], table.c, -table.score[b], families)
    print(key, [table.names[i] for i in found["gp"]["seed_image"]["order"]])
    print(key, "scale after three", found["gp"]["seed_image"]["scales"][2])
    return found | {"gp_all_at_once": joint_run(table)}


if __name__ == "__main__":
    families = {"signs": [1, 0, -1], "prior": [0.6, 0.2, 0.2], "fewest": 3}  # k_averaged
    write_golden("gp_reference.json",
                 {"families": families} | {key: table_record(key, families) for key in TABLES}, depth=4)
