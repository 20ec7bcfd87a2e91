# SPDX-License-Identifier: Apache-2.0
"""The tables of the page: what they say, not how they look. A table is a head, rows of cells and a caption."""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Mapping

from figure_plan import READINGS as STUDY_READINGS
from figure_plan import SCENARIOS, interval_of, picks_of, scenarios_of
from figure_r2 import group_title
from figure_recall import SAMPLINGS
from law import FORMS, TERMS, Benchmark, Law, number, pair, vector
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
        numbers = [number((values.get(form) or {}).get(key)) for form in FORMS]
        best = max((value for value in numbers if math.isfinite(value)), default=math.nan)
        cells += [Cell(figures(value, 3), strong=value == best) for value in numbers]
    return cells


def r2_table(law: Law) -> Table:
    """All forms, in sample and leave-one-out, by benchmark and by group."""
    table = Table("R² of every form of the law. Bold: the largest of its six.", ["Benchmark", "n"] + [_form_words(form) for form in FORMS] * 2,
                  spans=[("", 2), ("in sample", 6), ("out of sample (leave-one-out)", 6)])
    for benchmark in law.benchmarks:
        table.rows.append(_r2_row(benchmark.name, str(len(benchmark.names)), {form: fit.tree for form, fit in benchmark.fits.items()}))
    table.breaks = [len(table.rows)]
    for name, group in law.groups.items():
        table.rows.append(_r2_row(f"Mean: {group_title(name)}", f"({int(number(group['count']))})", group))
    return table


def reliability_table(law: Law) -> Table:
    """The quadratic in A and C: how sure it is."""
    table = Table("The quadratic in A and C: how sure it is. “Random” is the R² that as many columns of random numbers are expected to reach; "
                  "τ and ρ are rank correlations of leave-one-out predictions with the scores; p by permutation of the scores.",
                  ["Benchmark", "n", "R²", "bootstrap interval", "adjusted", "random", "leave-one-out", "A alone", "RMSE left out",
                   "family left out", "Kendall τ", "weighted τ", "Spearman ρ", "p"])
    for benchmark in law.benchmarks:
        fit, a_only = benchmark.best, benchmark.fits.get("A_quadratic")
        if fit is None:
            table.rows.append([name_cell(benchmark.name), Cell(str(len(benchmark.names)))] + [Cell("–")] * 12)
            continue
        mark = " (underdetermined)" if fit.underdetermined else ""
        table.rows.append([name_cell(benchmark.name + mark), Cell(str(len(benchmark.names))), Cell(figures(fit.value("r2"), 4)),
                           Cell(interval_text(*pair(fit.tree.get("r2_interval")))), Cell(figures(fit.value("adjusted_r2"), 3)),
                           Cell(figures(benchmark.random_quadratic, 3)), Cell(figures(fit.value("loo_r2"), 3), strong=True),
                           Cell(figures(a_only.value("loo_r2") if a_only else math.nan, 3)),
                           Cell(figures(fit.value("loo_rmse") * benchmark.scales["score"].width)), Cell(figures(fit.value("lofo_r2"), 2)),
                           Cell(figures(fit.value("kendall_tau"), 3)), Cell(figures(fit.value("weighted_tau"), 3)),
                           Cell(figures(fit.value("spearman_rho"), 3)), Cell(_p(fit.value("permutation_p_value")))])
    return table


def coefficient_table(benchmark: Benchmark) -> Table | None:
    fit = benchmark.best
    if fit is None or not fit.coefficients:
        return None
    table = Table("Coefficients of the quadratic, on the scale of the fit (min-max scaled unless --no-normalise).",
                  ["Term", "estimate", "standard error", "bootstrap interval", "p"])
    for key, value in fit.coefficients.items():
        errors, intervals, p_values = (fit.tree.get(name) or {} for name in ("standard_errors", "intervals", "p_values"))
        table.rows.append([name_cell(TERMS.get(key, key)), Cell(figures(value, 4)), Cell(figures(number(errors.get(key)), 4)),
                           Cell(interval_text(*pair(intervals.get(key)), 3)), Cell(_p(number(p_values.get(key))))])
    return table


def point_table(benchmark: Benchmark) -> Table:
    table = Table("Representations, measured and predicted. Bold: the fit rests much on it.",
                  ["Representation", "family", "A", "C (%)", "score", "law", "law without it", "leverage", "Cook's D"])
    fit = benchmark.best
    blank = [math.nan] * len(benchmark.names)
    leverage, cooks = (list(vector(fit.tree.get(key))) or blank if fit else blank for key in ("leverage", "cooks_distance"))
    fitted, loo = (fit.fitted, fit.loo) if fit else (blank, blank)
    for row in zip(benchmark.names, benchmark.families, benchmark.a, benchmark.c, benchmark.score, fitted, loo, leverage, cooks):
        texts = [figures(value, digits) for value, digits in zip(row[2:], (4, 2, 2, 2, 2, 3, 3))]
        table.rows.append([name_cell(row[0], row[0] in benchmark.influential), name_cell(row[1] or "–"), *map(Cell, texts)])
    for name, a, c in zip(benchmark.open_names, benchmark.open_a, benchmark.open_c):
        table.rows.append([name_cell(name), name_cell("–"), Cell(figures(a, 4)), Cell(figures(c)), Cell("not measured")] + [Cell("–")] * 4)
    return table


def policy_table(law: Law) -> Table:
    """Mean number trained until the best is found."""
    table = Table("Mean number of representations trained until the best one is among the top k predictions (random search: until it is trained). "
                  "Bold: the smallest.", ["Benchmark"] + ["k = 1", "2", "3"] * 3,
                  spans=[("", 1), *((words, 3) for words, *_ in SAMPLINGS.values())])
    policy = law.tree["policy"]
    for benchmark in law.benchmarks:
        tries = [[number(((policy.get(sampling) or {}).get(benchmark.name) or {}).get("mean_tries", {}).get(f"top{top}")) for top in (1, 2, 3)]
                 for sampling in SAMPLINGS]
        if not any(math.isfinite(value) for row in tries for value in row):
            continue
        least = [min((row[k] for row in tries if math.isfinite(row[k])), default=math.nan) for k in range(3)]
        table.rows.append([name_cell(benchmark.name)] + [Cell(figures(value, 3), value == least[k]) for row in tries for k, value in enumerate(row)])
    return table


def exhaustive_table(law: Law) -> Table:
    search = law.tree["exhaustive"]
    table = Table(f"All subsets of the representations as training sets ({int(number(search.get('fits'))):,} fits): how many predict the best of the rest.",
                  ["Benchmark", "subsets that hit"])
    table.rows = [[name_cell(name), Cell(f"{int(number(hits)):,}")] for name, hits in (search.get("hits") or {}).items()]
    return table


def plan_table(law: Law) -> Table:
    shown = [benchmark for benchmark in law.benchmarks if any(interval_of(pick, benchmark.name)[0] == interval_of(pick, benchmark.name)[0] for pick in picks_of(law))]
    gain = " (sum over benchmarks, each in units of its spread)" if len(shown) > 1 else ""
    table = Table(f"Train next, in this order. Gain: expected improvement over the best measured score{gain}. "
                  "Then the central 90 % predictive interval of the score.",
                  ["", "Representation", "gain"] + [benchmark.name for benchmark in shown])
    for i, pick in enumerate(picks_of(law), start=1):
        intervals = [Cell(interval_text(*interval_of(pick, benchmark.name))) for benchmark in shown]
        table.rows.append([Cell(str(i)), name_cell(str(pick["representation"])), Cell(figures(number(pick.get("gain")), 4)), *intervals])
    return table


def prior_table(law: Law) -> Table | None:
    prior = {name: entry for name, entry in (law.tree.get("prior") or {}).items() if entry}
    if not prior:
        return None
    table = Table("What the scores measured so far say of the planner's prior (probabilities).",
                  ["Benchmark", "more A and C is better", "no trend", "less is better"])
    table.rows = [[name_cell(name), *(Cell(figures(number(entry.get(key)), 3)) for key in ("more_is_better", "no_trend", "less_is_better"))]
                  for name, entry in prior.items()]
    return table


def study_tables(law: Law) -> list[Table]:
    """Recall@3 in percent by planner and K, one table per scenario; means over the selected benchmarks and over all."""
    study, tables = law.tree["plan_study"], []
    trained = [figures(value, 0) for value in vector(study["trained"])]
    for scenario in scenarios_of(law):
        blocks = [(reading, subset) for reading in STUDY_READINGS for subset in ("selected", "all")]
        table = Table(f"{SCENARIOS[scenario]}: Recall@3 in percent after training K. “Selected”: without "
                      f"{', '.join(study.get('left_out_of_selected') or []) or 'leaving any benchmark out'}.",
                      ["Planner"] + trained * 4,
                      spans=[("K =", 1), *((f"{STUDY_READINGS[reading]}, {subset}", len(trained)) for reading, subset in blocks)])
        for planner, entry in study[scenario].items():
            cells = [figures(value, 0) for reading, subset in blocks for value in vector((entry.get(reading) or {}).get(subset))]
            table.rows.append([name_cell(planner.replace("_", " ")), *map(Cell, cells)])
        tables.append(table)
    return tables
