# SPDX-License-Identifier: Apache-2.0
"""What types the tree of law.h5 has where the report reads it, so that a wrong one is named before anything is drawn.

A shape is a function of a value and its path, which raises ValueError. None passes everywhere: it stands for undefined.
Members that the report does not read may be anything.
"""
from __future__ import annotations

from typing import Any, Callable, Mapping

from law import FORMS

Shape = Callable[[Any, str], None]


def check_shape(tree: Any) -> None:
    """Raises ValueError, which names the path in the file and what is wrong with it."""
    _LAW(tree, "")


def _leaf(kinds: type | tuple[type, ...], words: str) -> Shape:
    def check(value: Any, path: str) -> None:
        if value is not None and not isinstance(value, kinds):
            raise ValueError(f"{path or '/'} is not {words}")

    return check


_ANY_LIST, _ANY_GROUP = _leaf(list, "a list"), _leaf(dict, "a group")
_TEXT, _NUMBER = _leaf(str, "text"), _leaf((int, float), "a number")


def _list(item: Shape) -> Shape:
    def check(value: Any, path: str) -> None:
        _ANY_LIST(value, path)
        for i, member in enumerate(value or []):
            item(member, f"{path}/{i}")

    return check


def _each(item: Shape) -> Shape:
    """A group whose members, whatever their names, have one shape."""

    def check(value: Any, path: str) -> None:
        _ANY_GROUP(value, path)
        for name, member in (value or {}).items():
            item(member, f"{path}/{name}")

    return check


def _group(**members: Shape) -> Shape:
    """A group; members that are absent are no fault here."""

    def check(value: Any, path: str) -> None:
        _ANY_GROUP(value, path)
        for name, shape in members.items():
            shape((value or {}).get(name), f"{path}/{name}")

    return check


def _pair(value: Any, path: str) -> None:
    _NUMBERS(value, path)
    if value and len(value) != 2:
        raise ValueError(f"{path} is not two numbers")


def _required(shape: Shape, *names: str) -> Shape:
    """A group in which these members must be defined."""

    def check(value: Any, path: str) -> None:
        shape(value, path)
        for name in names:
            if (value or {}).get(name) is None:
                raise ValueError(f"{path}/{name} is missing or empty")

    return check


def _of(names: tuple[str, ...], shape: Shape) -> Mapping[str, Shape]:
    return dict.fromkeys(names, shape)


_NUMBERS, _TEXTS, _NAMED_NUMBERS = _list(_NUMBER), _list(_TEXT), _each(_NUMBER)
_R2 = ("r2", "loo_r2")
_FIT = _group(
    **_of((*_R2, "adjusted_r2", "loo_rmse", "lofo_r2", "kendall_tau", "weighted_tau", "spearman_rho"), _NUMBER),
    **_of(("permutation_p_value", "underdetermined"), _NUMBER),
    **_of(("coefficients", "standard_errors", "p_values"), _NAMED_NUMBERS),
    **_of(("fitted", "loo_predicted", "leverage", "cooks_distance"), _NUMBERS),
    **_of(("r2_interval", "r2_bootstrap_interval"), _pair),
    intervals=_each(_pair),
)
_POINTS = _group(**_of(("representation", "family"), _TEXTS), **_of(("A", "C", "score"), _NUMBERS))
_BENCHMARK = _group(
    **_of(("unit", "alignment", "finding"), _TEXT),
    **_of(("points", "unmeasured"), _POINTS),
    influential=_TEXTS,
    scales=_each(_NAMED_NUMBERS),
    fits=_each(_FIT),
    baselines=_group(random_quadratic=_group(expected=_NUMBER)),
)
_GROUP = _group(
    count=_NUMBER, random_quadratic_expected_r2=_NUMBER, **_of(FORMS, _group(**_of(_R2, _NUMBER)))
)
_CURVES = _group(
    **_of(("first_hit", "exactly_n", "exactly_n_credit"), _each(_NUMBERS)), mean_tries=_NAMED_NUMBERS
)
_PICK = _required(_group(representation=_TEXT, gain=_NUMBER, intervals=_each(_pair)), "representation")
_SCENARIO = _each(_group(**_of(("practical", "predicted"), _group(selected=_NUMBERS, all=_NUMBERS))))
_LAW = _group(
    benchmarks=_each(_BENCHMARK),
    groups=_each(_GROUP),
    policy=_group(**_of(("region", "uniform", "random"), _each(_CURVES))),
    policy_method=_group(method=_TEXT, trials=_NUMBER),
    exhaustive=_group(fits=_NUMBER, hits=_NAMED_NUMBERS),
    plan=_list(_PICK),
    prior=_each(_NAMED_NUMBERS),
    plan_study=_group(
        trained=_NUMBERS,
        left_out_of_selected=_TEXTS,
        **_of(("as_measured", "stress", "negated", "stress_negated"), _SCENARIO),
    ),
    **_of(("warnings", "notes"), _TEXTS),
)
