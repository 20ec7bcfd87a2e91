# SPDX-License-Identifier: Apache-2.0
"""The tables of the page about finding the best representation: policy, subset search, plan and plan study."""
from __future__ import annotations

import math
from typing import Any

from figure_plan import READINGS as STUDY_READINGS
from figure_plan import SCENARIOS, interval_of, picks_of, scenarios_of
from figure_recall import SAMPLINGS, method_words
from law import Law, number, vector
from style import figures
from tables import Cell, Table, interval_text, name_cell


def policy_table(law: Law) -> Table:
    """Mean number trained until the best is found."""
    method = method_words(law)
    table = Table(
        "Mean number of representations trained until the best one is among the top k predictions "
        "(random search: until it is trained). " + (f"How: {method}. " if method else "") + "Bold: the smallest.",
        ["Benchmark"] + ["k = 1", "2", "3"] * 3,
        spans=[("", 1), *((words, 3) for words, *_ in SAMPLINGS.values())],
    )
    policy = law.tree["policy"]
    for benchmark in law.benchmarks:
        tries = [
            [
                number(((policy.get(sampling) or {}).get(benchmark.name) or {}).get("mean_tries", {}).get(f"top{top}"))
                for top in (1, 2, 3)
            ]
            for sampling in SAMPLINGS
        ]
        if not any(math.isfinite(value) for row in tries for value in row):
            continue
        least = [min((row[k] for row in tries if math.isfinite(row[k])), default=math.nan) for k in range(3)]
        table.rows.append(
            [name_cell(benchmark.name)]
            + [Cell(figures(value, 3), value == least[k]) for row in tries for k, value in enumerate(row)]
        )
    return table


def exhaustive_table(law: Law) -> Table:
    search = law.tree["exhaustive"]
    table = Table(
        f"All subsets of the representations as training sets ({_count(search.get('fits'))} fits): "
        "how many predict the best of the rest.",
        ["Benchmark", "subsets that hit"],
    )
    table.rows = [
        [name_cell(name), Cell(_count(hits))] for name, hits in (search.get("hits") or {}).items()
    ]
    return table


def _count(value: Any) -> str:
    count = number(value)
    return f"{int(count):,}" if math.isfinite(count) else "–"


def plan_table(law: Law) -> Table:
    shown = [
        benchmark
        for benchmark in law.benchmarks
        if any(interval_of(pick, benchmark.name)[0] == interval_of(pick, benchmark.name)[0] for pick in picks_of(law))
    ]
    gain = " (sum over benchmarks, each in units of its spread)" if len(shown) > 1 else ""
    table = Table(
        f"Train next, in this order. Gain: expected improvement over the best measured score{gain}. "
        "Then the central 90 % predictive interval of the score.",
        ["", "Representation", "gain"] + [benchmark.name for benchmark in shown],
    )
    for i, pick in enumerate(picks_of(law), start=1):
        intervals = [Cell(interval_text(*interval_of(pick, benchmark.name))) for benchmark in shown]
        table.rows.append(
            [
                Cell(str(i)),
                name_cell(str(pick["representation"])),
                Cell(figures(number(pick.get("gain")), 4)),
                *intervals,
            ]
        )
    return table


def prior_table(law: Law) -> Table | None:
    prior = {name: entry for name, entry in (law.tree.get("prior") or {}).items() if entry}
    if not prior:
        return None
    table = Table(
        "What the scores measured so far say of the planner's prior (probabilities).",
        ["Benchmark", "more A and C is better", "no trend", "less is better"],
    )
    table.rows = [
        [
            name_cell(name),
            *(Cell(figures(number(entry.get(key)), 3)) for key in ("more_is_better", "no_trend", "less_is_better")),
        ]
        for name, entry in prior.items()
    ]
    return table


def study_tables(law: Law) -> list[Table]:
    """Recall@3 in percent by planner and K, one table per scenario; means over the selected benchmarks and over all."""
    study, tables = law.tree["plan_study"], []
    trained = [figures(value, 0) for value in vector(study["trained"])]
    for scenario in scenarios_of(law):
        blocks = [(reading, subset) for reading in STUDY_READINGS for subset in ("selected", "all")]
        table = Table(
            f"{SCENARIOS[scenario]}: Recall@3 in percent after training K. “Selected”: without "
            f"{', '.join(study.get('left_out_of_selected') or []) or 'leaving any benchmark out'}.",
            ["Planner"] + trained * 4,
            spans=[("K =", 1), *((f"{STUDY_READINGS[reading]}, {subset}", len(trained)) for reading, subset in blocks)],
        )
        for planner, entry in study[scenario].items():
            cells = [
                figures(value, 0)
                for reading, subset in blocks
                for value in vector((entry.get(reading) or {}).get(subset))
            ]
            table.rows.append([name_cell(planner.replace("_", " ")), *map(Cell, cells)])
        tables.append(table)
    return tables
