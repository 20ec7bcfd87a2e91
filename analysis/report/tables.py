# SPDX-License-Identifier: Apache-2.0
"""The tables of the page: what they say, not how they look. A table is a head, rows of cells and a caption.

Here those of the fit; tables_finding.py has the others.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Mapping

from law import FORMS, TERMS, Benchmark, Fit, Law, number, pair, vector
from style import figures


@dataclass(frozen=True)
class Cell:
    text: str
    strong: bool = False
    is_text: bool = False  # left-aligned


@dataclass
class Table:
    caption: str
    head: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    spans: list[tuple[str, int]] = field(default_factory=list)  # a line above the head: words and columns
    breaks: list[int] = field(default_factory=list)  # rows with a line above them


def name_cell(text: str, strong: bool = False) -> Cell:
    return Cell(text, strong, True)


def interval_text(low: float, high: float, digits: int = 2) -> str:
    return f"{figures(low, digits)} to {figures(high, digits)}" if math.isfinite(low) and math.isfinite(high) else "–"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else figures(value, 4)


def _form_words(form: str) -> str:
    predictor, shape = form.split("_")
    return f"{'A+C' if predictor == 'AC' else predictor} {'lin.' if shape == 'linear' else 'quad.'}"


def _r2_row(name: str, n: str, values: Mapping[str, Any]) -> list[Cell]:
    cells = [name_cell(name), Cell(n)]
    for key in ("r2", "loo_r2"):
        fits = [values.get(form) or {} for form in FORMS]
        numbers = [number(fit.get(key)) for fit in fits]
        stars = ["*" if fit.get("underdetermined") and math.isfinite(v) else "" for fit, v in zip(fits, numbers)]
        best = max((value for value in numbers if math.isfinite(value)), default=math.nan)
        cells += [Cell(figures(value, 3) + star, strong=value == best) for value, star in zip(numbers, stars)]
    return cells


def r2_table(law: Law) -> Table:
    """All forms, in sample and leave-one-out, by benchmark and by group."""
    table = Table(
        "R² of every form of the law. Bold: the largest of its six. * underdetermined (of a mean: one of its "
        "fits): more coefficients than the data can tell apart.",
        ["Benchmark", "n"] + [_form_words(form) for form in FORMS] * 2,
        spans=[("", 2), ("in sample", 6), ("out of sample (leave-one-out)", 6)],
    )
    for benchmark in law.benchmarks:
        table.rows.append(
            _r2_row(benchmark.name, str(len(benchmark.names)), {form: fit.tree for form, fit in benchmark.fits.items()})
        )
    table.breaks = [len(table.rows)]
    for name, group in law.groups.items():
        table.rows.append(_r2_row(f"Mean, {name}", f"({int(number(group['count']))})", group))
    return table


_RELIABILITY = (
    "The quadratic in A and C: how sure it is. Population: {level}interval of the population R², for these A and C and "
    "normal errors (noncentral F). Bootstrap: the same of R² in sample, over resampled representations. "
    "Random: the R² that as many columns of random numbers are "
    "expected to reach. Left out, and A alone: leave-one-out R² with A and C, and with A alone. RMSE: of "
    "leave-one-out, in the score’s units. Family out: R² with a whole family left out. τ (Kendall) and ρ "
    "(Spearman): of leave-one-out predictions with the scores. p: by permutation of the scores."
)
_RELIABILITY_HEAD = [
    "Benchmark",
    "n",
    "R²",
    "population",
    "bootstrap",
    "adjusted",
    "random",
    "left out",
    "A alone",
    "RMSE",
    "family out",
]
_RELIABILITY_HEAD += ["τ", "weighted τ", "ρ", "p"]


def _level_words(law: Law) -> str:
    config = law.provenance.get("config")
    level = number(config.get("level")) if isinstance(config, dict) else math.nan
    return f"{100 * level:g} % " if math.isfinite(level) else ""


def reliability_table(law: Law) -> Table:
    """The quadratic in A and C: how sure it is."""
    table = Table(_RELIABILITY.format(level=_level_words(law)), _RELIABILITY_HEAD)
    for benchmark in law.benchmarks:
        fit = benchmark.best
        mark = " (underdetermined)" if fit and fit.underdetermined else ""
        cells = _reliability(benchmark, fit) if fit else [Cell("–")] * (len(_RELIABILITY_HEAD) - 2)
        table.rows.append([name_cell(benchmark.name + mark), Cell(str(len(benchmark.names))), *cells])
    return table


def _reliability(benchmark: Benchmark, fit: Fit) -> list[Cell]:
    a_only = benchmark.fits.get("A_quadratic")
    intervals = fit.tree.get("r2_interval"), fit.tree.get("r2_bootstrap_interval")
    if "r2_bootstrap_interval" not in fit.tree:  # a law.h5 of before there were two: its one was the bootstrap's
        intervals = None, intervals[0]
    rmse = fit.value("loo_rmse") * benchmark.scales["score"].width
    rank_correlations = [fit.value(key) for key in ("kendall_tau", "weighted_tau", "spearman_rho")]
    texts = [
        figures(fit.value("r2"), 4),
        *(interval_text(*pair(interval)) for interval in intervals),
        figures(fit.value("adjusted_r2"), 3),
        figures(benchmark.random_quadratic, 3),
        figures(fit.value("loo_r2"), 3),
        figures(a_only.value("loo_r2") if a_only else math.nan, 3),
        figures(rmse),
        figures(fit.value("lofo_r2")),
        *(figures(value, 3) for value in rank_correlations),
        _p(fit.value("permutation_p_value")),
    ]
    return [Cell(text, strong=at == 5) for at, text in enumerate(texts)]


def coefficient_table(benchmark: Benchmark) -> Table | None:
    fit = benchmark.best
    if fit is None or not fit.coefficients:
        return None
    table = Table(
        "Coefficients of the quadratic, on the scale of the fit (min-max scaled unless --no-normalise).",
        ["Term", "estimate", "standard error", "bootstrap interval", "p"],
    )
    for key, value in fit.coefficients.items():
        errors, intervals, p_values = (
            fit.tree.get(name) or {} for name in ("standard_errors", "intervals", "p_values")
        )
        table.rows.append(
            [
                name_cell(TERMS.get(key, key)),
                Cell(figures(value, 4)),
                Cell(figures(number(errors.get(key)), 4)),
                Cell(interval_text(*pair(intervals.get(key)), 3)),
                Cell(_p(number(p_values.get(key)))),
            ]
        )
    return table


def point_table(benchmark: Benchmark) -> Table:
    table = Table(
        "Representations, measured and predicted. Bold: the fit rests much on it.",
        ["Representation", "family", "A", "C (%)", "score", "law", "law without it", "leverage", "Cook's D"],
    )
    fit = benchmark.best
    blank = [math.nan] * len(benchmark.names)
    leverage, cooks = (
        list(vector(fit.tree.get(key))) or blank if fit else blank for key in ("leverage", "cooks_distance")
    )
    fitted, loo = (fit.fitted, fit.loo) if fit else (blank, blank)
    for row in zip(
        benchmark.names, benchmark.families, benchmark.a, benchmark.c, benchmark.score, fitted, loo, leverage, cooks
    ):
        texts = [figures(value, digits) for value, digits in zip(row[2:], (4, 2, 2, 2, 2, 3, 3))]
        table.rows.append(
            [name_cell(row[0], row[0] in benchmark.influential), name_cell(row[1] or "–"), *map(Cell, texts)]
        )
    for name, a, c in zip(benchmark.open_names, benchmark.open_a, benchmark.open_c):
        table.rows.append(
            [name_cell(name), name_cell("–"), Cell(figures(a, 4)), Cell(figures(c)), Cell("not measured")]
            + [Cell("–")] * 4
        )
    return table
