# SPDX-License-Identifier: Apache-2.0
"""The law as the report sees it: typed views of the tree in law.h5, with NaN for what is undefined.

Legend: n measured representations of a benchmark, m representations whose score is unmeasured but whose A and C are
known. `fitted` and `loo_predicted` are normalised in the file; here all scores are in the benchmark's own units.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

FORMS = ("A_linear", "A_quadratic", "C_linear", "C_quadratic", "AC_linear", "AC_quadratic")
BEST = "AC_quadratic"
TERMS = {"1": "1", "a": "a", "c": "c", "a2": "a²", "ac": "a·c", "c2": "c²"}


def number(value: Any) -> float:
    """A number of the tree; None and anything else is NaN."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else float("nan")


def vector(values: Any) -> Vector:
    """@return [n] float64"""
    return np.array([number(value) for value in values or []], dtype=np.float64)


def pair(values: Any) -> tuple[float, float]:
    """An interval; (NaN, NaN) if undefined."""
    return (number(values[0]), number(values[1])) if values else (float("nan"), float("nan"))


@dataclass(frozen=True)
class Scale:
    """normalised = (value - offset) / width"""

    offset: float
    width: float

    def forward(self, values: Vector) -> Vector:
        return (values - self.offset) / self.width

    def back(self, values: Vector) -> Vector:
        return self.offset + self.width * values


@dataclass(frozen=True)
class Fit:
    """One form of the law on one benchmark."""

    tree: Mapping[str, Any]  # what the tables print
    fitted: Vector  # [n] predictions in sample
    loo: Vector  # [n] leave-one-out predictions, NaN where undefined

    def value(self, key: str) -> float:
        return number(self.tree.get(key))

    @property
    def underdetermined(self) -> bool:
        return bool(self.tree.get("underdetermined", False))

    @property
    def coefficients(self) -> dict[str, float]:
        return {key: number(value) for key, value in (self.tree.get("coefficients") or {}).items()}


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: its measured points, its fits and what is said of it."""

    name: str
    unit: str
    alignment: str
    finding: str
    influential: list[str]
    names: list[str]  # [n]
    families: list[str]  # [n], "" = unknown
    a: Vector  # [n]
    c: Vector  # [n] percent
    score: Vector  # [n] own units
    open_names: list[str]  # [m]
    open_a: Vector  # [m]
    open_c: Vector  # [m]
    scales: dict[str, Scale]  # a, c, score
    fits: dict[str, Fit]
    tree: Mapping[str, Any]

    @property
    def best(self) -> Fit | None:
        return self.fits.get(BEST)

    @property
    def score_unit(self) -> str:
        return self.unit or "benchmark's units"

    @property
    def score_label(self) -> str:
        return f"{self.name} score ({self.score_unit})"

    @property
    def a_label(self) -> str:
        own = self.alignment in ("", self.name)
        return "Alignment A (its own units)" if own else f"Alignment A ({self.alignment})"

    @property
    def random_quadratic(self) -> float:
        """R² that as many random columns are expected to reach."""
        baselines = self.tree.get("baselines") or {}
        return number((baselines.get("random_quadratic") or {}).get("expected"))


C_LABEL = "Correspondence C (%)"


@dataclass(frozen=True)
class Law:
    """All that law.h5 holds."""

    benchmarks: list[Benchmark]
    groups: dict[str, Mapping[str, Any]]  # those with at least one benchmark
    tree: Mapping[str, Any]
    provenance: Mapping[str, Any]

    @property
    def representations(self) -> int:
        names = {name for benchmark in self.benchmarks for name in benchmark.names + benchmark.open_names}
        return len(names)


def law_of(tree: Mapping[str, Any], provenance: Mapping[str, Any]) -> Law:
    """Raises KeyError, TypeError or ValueError if the tree is not lvr-fit's."""
    benchmarks = [_benchmark(name, entry) for name, entry in tree["benchmarks"].items()]
    if not benchmarks:
        raise ValueError("it has no benchmark")
    groups = {name: group for name, group in tree["groups"].items() if number(group.get("count")) > 0}
    return Law(benchmarks, groups, tree, provenance)


def _scale(tree: Mapping[str, Any]) -> Scale:
    return Scale(number(tree["offset"]), number(tree["width"]))


def _benchmark(name: str, tree: Mapping[str, Any]) -> Benchmark:
    scales = {key: _scale(tree["scales"][key]) for key in ("a", "c", "score")}
    points, unmeasured = tree["points"], tree.get("unmeasured") or {}
    names, score = [str(name) for name in points["representation"]], vector(points["score"])
    fits = {form: _fit(tree["fits"][form], scales["score"], len(names)) for form in FORMS if form in tree["fits"]}
    columns = ([str(family or "") for family in points["family"]], vector(points["A"]), vector(points["C"]), score)
    if any(len(column) != len(names) for column in columns):
        raise ValueError(f"the points of {name} are not equally many")
    open_names = list(unmeasured.get("representation") or [])
    open_columns = (open_names, vector(unmeasured.get("A")), vector(unmeasured.get("C")))
    if len({len(column) for column in open_columns}) > 1:
        raise ValueError(f"the unmeasured points of {name} are not equally many")
    return Benchmark(
        name,
        tree.get("unit") or "",
        tree.get("alignment") or "",
        tree.get("finding") or "",
        list(tree.get("influential") or []),
        names,
        *columns,
        *open_columns,
        scales,
        fits,
        tree,
    )


def _fit(tree: Mapping[str, Any], score: Scale, n: int) -> Fit:
    fitted, loo = (score.back(vector(tree.get(key))) for key in ("fitted", "loo_predicted"))
    for key in ("leverage", "cooks_distance"):
        _sized(vector(tree.get(key)), n)
    return Fit(tree, _sized(fitted, n), _sized(loo, n))


def _sized(values: Vector, n: int) -> Vector:
    """@return [n]; all NaN if the file has none"""
    if values.size == 0:
        return np.full(n, np.nan)
    if values.size != n:
        raise ValueError("a fit's columns are not as long as its points are many")
    return values
