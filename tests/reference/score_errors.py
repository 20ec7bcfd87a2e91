# SPDX-License-Identifier: Apache-2.0
"""Standard errors and paired comparisons of scores whose questions share pictures, by statsmodels and SciPy."""

import json
import sys

import numpy as np
from scipy import stats
from statsmodels.api import OLS


def clustered(values: np.ndarray, design: np.ndarray, clusters: np.ndarray, corrected: bool) -> object:
    return OLS(values, design).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": corrected}, use_t=True)


def one_stratum(rng: np.random.Generator, count: int, groups: int) -> dict:
    """A regression on a constant; its correction is G / (G - 1), as (N - 1) / (N - 1) is 1."""
    clusters = np.arange(count) if groups == count else np.concatenate([np.arange(groups), rng.integers(0, groups, count - groups)])
    shared = rng.normal(size=groups)[clusters]
    levels = np.array([0.0, 30.0, 60.0, 90.0, 100.0])
    first, second = (levels[np.digitize(rng.normal(size=count) + shared, [-1, 0, 0.5, 1 + ease])] for ease in (0, 0.7))
    constant = np.ones((count, 1))
    alone, paired = (clustered(values, constant, clusters, True) for values in (first, first - second))
    low, high = paired.conf_int(0.05)[0]
    case = {"clusters": clusters.tolist(), "first": first.tolist(), "second": second.tolist(), "standard_error": alone.bse[0],
            "difference": {"value": paired.params[0], "standard_error": paired.bse[0], "low": low, "high": high, "p_value": paired.pvalues[0]}}
    if groups == count:
        test = stats.ttest_rel(first, second)
        np.testing.assert_allclose([stats.sem(first), test.pvalue], [alone.bse[0], paired.pvalues[0]], rtol=1e-9)
    return case


def strata(rng: np.random.Generator, count: int, groups: int) -> dict:
    """A regression on indicators of strata, each of which every cluster reaches: the sum of means is that of the coefficients, and
    each stratum's correction the same G / (G - 1)."""
    kinds = 3
    clusters = np.concatenate([np.tile(np.arange(groups), kinds), rng.integers(0, groups, count)])
    stratum = np.concatenate([np.repeat(np.arange(kinds), groups), rng.integers(0, kinds, count)])
    values = rng.choice([0.0, 50.0, 200.0], size=len(clusters)) + 30 * rng.normal(size=groups)[clusters]
    fit = clustered(values, (stratum[:, None] == np.arange(kinds)).astype(float), clusters, False)
    error = np.sqrt(fit.cov_params().sum() * groups / (groups - 1))
    return {"clusters": clusters.tolist(), "strata": stratum.tolist(), "first": values.tolist(), "sum": fit.params.sum(), "standard_error": error}


def strata_alone(rng: np.random.Generator, sizes: list[int]) -> dict:
    """Units that are clusters of their own: the variances of the strata's means add up."""
    values = [rng.choice([0.0, 50.0, 200.0], size=size) for size in sizes]
    error = np.sqrt(sum(stats.sem(part) ** 2 for part in values))
    return {"clusters": list(range(sum(sizes))), "strata": np.repeat(np.arange(len(sizes)), sizes).tolist(),
            "first": np.concatenate(values).tolist(), "sum": sum(part.mean() for part in values), "standard_error": error}


def main() -> None:
    rng = np.random.default_rng(6)
    cases = [one_stratum(rng, count, groups) for count, groups in ((5, 5), (12, 12), (40, 40), (40, 15), (60, 7), (90, 2), (90, 89))]
    cases += [strata(rng, 30, 10), strata(rng, 5, 4), strata_alone(rng, [5, 30, 9]), strata_alone(rng, [2, 2])]
    rounded = json.loads(json.dumps(cases), parse_float=lambda text: float(f"{float(text):.12g}"))
    with open("tests/golden/score_errors.json", "w") as out:
        out.write("[" + ",\n".join(json.dumps(case) for case in rounded) + "]\n")


if __name__ == "__main__":
    sys.exit(main())
