# SPDX-License-Identifier: Apache-2.0
"""report.html: one file with everything in it. It loads nothing; its content security policy forbids it to."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

from markupsafe import Markup

import tables
import tables_finding
from figure_plan import picks_of, scenarios_of
from figure_r2 import group_title
from figure_recall import has_policy
from gallery import Picture
from interactive import plotly_script, surface_figure
from law import BEST, Benchmark, Law, number
from style import figures
from templating import asset, environment

_LONG_TABLE = 40


def render_page(
    law: Law,
    pictures: Mapping[str, Picture],
    by_benchmark: list[dict[str, Picture]],
    pairs: Any = None,
    training: Any = None,
) -> bytes:
    """@param pictures by figure name @param by_benchmark for each benchmark `surface` and `predicted`, where drawn
    @param pairs a PairsSection, or none @param training a TrainingSection, or none"""
    picks = [str(pick["representation"]) for pick in picks_of(law)]
    surfaces = [surface_figure(benchmark, picks) for benchmark in law.benchmarks]
    text = environment().get_template("report.html.j2").render(
        law=law,
        source=_source(law),
        tiles=_tiles(law),
        pictures=pictures,
        panels=_panels(law, by_benchmark),
        warnings=law.tree.get("warnings") or [],
        notes=law.tree.get("notes") or [],
        r2=tables.r2_table(law),
        reliability=tables.reliability_table(law),
        policy=tables_finding.policy_table(law) if has_policy(law) else None,
        exhaustive=tables_finding.exhaustive_table(law) if law.tree.get("exhaustive") else None,
        is_plan=law.tree.get("plan") is not None,
        plan=tables_finding.plan_table(law) if picks else None,
        prior=tables_finding.prior_table(law),
        study=tables_finding.study_tables(law) if scenarios_of(law) else None,
        pairs=pairs,
        training=training,
        provenance=_provenance(law),
        config=_config(law),
        css=asset("report.css"),
        script=asset("report.js"),
        plotly=Markup(plotly_script()),
        surfaces=_json_in_script(surfaces),
    )
    return text.encode("utf-8", errors="replace")


def _json_in_script(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in, whatever the names in it."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _source(law: Law) -> str:
    inputs = law.provenance.get("inputs")
    names = [Path(name).name for name in inputs] if isinstance(inputs, dict) else []
    return ", ".join(names) or "law.h5"


def _tiles(law: Law) -> list[dict[str, str]]:
    """The few numbers to see first: the quadratic in A and C, in sample and out of sample."""
    return [
        {
            "what": f"{group_title(name)} ({int(number(group['count']))})",
            "value": f"R² {figures(number(_best(group).get('r2')), 3)}",
            "more": f"in sample; leave-one-out {figures(number(_best(group).get('loo_r2')), 3)}; "
            f"random columns {figures(number(group.get('random_quadratic_expected_r2')), 3)}",
        }
        for name, group in law.groups.items()
    ]


def _best(group: Mapping[str, Any]) -> Mapping[str, Any]:
    return group.get(BEST) or {}


def _panel_title(benchmark: Benchmark) -> str:
    fit = benchmark.best
    if fit is None:
        return f"{benchmark.name}: nothing fitted"
    return (
        f"{benchmark.name}: R² {figures(fit.value('r2'), 3)} in sample, {figures(fit.value('loo_r2'), 3)} leave-one-out"
        + (" (underdetermined)" if fit.underdetermined else "")
    )


def _panels(law: Law, by_benchmark: list[dict[str, Picture]]) -> list[dict[str, Any]]:
    return [
        {
            "benchmark": benchmark,
            "title": _panel_title(benchmark),
            "surface": pictures.get("surface"),
            "predicted": pictures.get("predicted"),
            "coefficients": tables.coefficient_table(benchmark),
            "points": tables.point_table(benchmark),
            "is_short": len(benchmark.names) + len(benchmark.open_names) <= _LONG_TABLE,
        }
        for benchmark, pictures in zip(law.benchmarks, by_benchmark)
    ]


def _provenance(law: Law) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in law.provenance.items():
        if name == "config":
            continue
        if isinstance(value, dict):
            rows += [(f"{name}: {key}", str(item)) for key, item in value.items()]
        else:
            rows.append((name, str(value)))
    return rows


def _config(law: Law) -> str:
    config = law.provenance.get("config")
    return json.dumps(config, indent=2, ensure_ascii=False) if isinstance(config, dict) else ""
