# SPDX-License-Identifier: Apache-2.0
"""Reads pairs.json, which `lvr-score correspond --draw N DIR` writes: what matching made of some pairs of SPair-71k.

{"schema": "lvr.pairs", "version": 1, "representation": text, "settings": {...}, "root": SPair-71k's folder,
 "pairs": [{"category", "name", "source": {"file": relative to root, "width", "height"}, "target": {...},
            "threshold": pixels at alpha 1, "alpha": [...],
            "keypoints": [{"id", "source": [x, y], "target": [x, y], "prediction": [x, y], "error"}]}]}
All in pixels of the original images: `source` of the source's, the rest of the target's.
"""
from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failure import ReportError, input_error

SHOWN_ALPHA = 0.1
_MOST_KEYPOINTS = 30
Place = tuple[float, float]


@dataclass(frozen=True)
class View:
    """One image of a pair."""

    file: str  # relative to the root
    width: int
    height: int


@dataclass(frozen=True)
class Keypoint:
    id: int  # raw
    source: Place
    target: Place
    prediction: Place
    error: float


@dataclass(frozen=True)
class Pair:
    category: str
    name: str
    source: View
    target: View
    threshold: float
    alphas: list[float]
    keypoints: list[Keypoint]

    @property
    def alpha(self) -> float:
        """The one that decides the colours: 0.1 if it was asked for."""
        return SHOWN_ALPHA if SHOWN_ALPHA in self.alphas else self.alphas[0]

    @property
    def limit(self) -> float:
        """Pixels: nearer than this is correct."""
        return self.alpha * self.threshold

    def correct(self, keypoint: Keypoint) -> bool:
        return keypoint.error < self.limit

    @property
    def share(self) -> float:
        return sum(map(self.correct, self.keypoints)) / len(self.keypoints)


@dataclass(frozen=True)
class Pairs:
    representation: str
    settings: dict[str, Any]
    root: Path
    pairs: list[Pair]


def read_pairs(folder: Path, root: Path | None = None) -> Pairs:
    """@param root of SPair-71k, if it is no longer where the file says; raises ReportError (input)"""
    file = folder / "pairs.json"
    if not file.is_file():
        raise input_error(
            f"{folder}: {'has no pairs.json' if folder.is_dir() else 'no such folder'}",
            "the pairs and what matching made of them stand in that file",
            f"run `lvr-score correspond ... --draw N {folder}` first",
        )
    try:
        read = _pairs(json.loads(file.read_text(encoding="utf-8")), root)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _not_ours(file, f"has no {error}" if isinstance(error, KeyError) else str(error)) from error
    if not read.root.is_dir():
        raise input_error(
            f"{read.root}: no such folder", f"the pictures of {file} are in it", "say with --spair where SPair-71k is now"
        )
    return read


def _not_ours(file: Path, what: str) -> ReportError:
    return input_error(
        f"{file}: is not what lvr-score writes ({' '.join(what.split())})",
        "what is in it cannot be drawn",
        f"make it again with `lvr-score correspond ... --draw N {file.parent}`",
    )


def _pairs(tree: Any, root: Path | None) -> Pairs:
    if tree["schema"] != "lvr.pairs" or tree["version"] != 1:
        raise ValueError(f"schema {tree['schema']!r}, version {tree['version']!r}")
    settings = tree["settings"]
    if not isinstance(settings, dict):
        raise TypeError("settings is no object")
    pairs = _several(tree["pairs"], "pairs", _pair)
    return Pairs(_text(tree["representation"], "representation"), settings, root or Path(_text(tree["root"], "root")), pairs)


def _pair(tree: Any, where: str) -> Pair:
    keypoints = _several(tree["keypoints"], f"{where}.keypoints", _keypoint)
    if len({keypoint.id for keypoint in keypoints}) != len(keypoints):
        raise ValueError(f"{where}.keypoints names one twice")
    return Pair(
        _text(tree["category"], f"{where}.category"),
        _text(tree["name"], f"{where}.name"),
        _view(tree["source"], f"{where}.source"),
        _view(tree["target"], f"{where}.target"),
        _positive(tree["threshold"], f"{where}.threshold"),
        _several(tree["alpha"], f"{where}.alpha", _positive),
        sorted(keypoints, key=lambda keypoint: keypoint.id),
    )


def _view(tree: Any, where: str) -> View:
    sizes = [tree["width"], tree["height"]]
    if not all(type(size) is int and 0 < size < 1 << 24 for size in sizes):
        raise ValueError(f"{where} has no size")
    return View(_text(tree["file"], f"{where}.file"), *sizes)


def _keypoint(tree: Any, where: str) -> Keypoint:
    number = tree["id"]
    if type(number) is not int or not 0 <= number < _MOST_KEYPOINTS:
        raise ValueError(f"{where}.id is {number!r}")
    error = _number(tree["error"], f"{where}.error")
    if error < 0:
        raise ValueError(f"{where}.error is {error}")
    return Keypoint(number, *(_place(tree[name], f"{where}.{name}") for name in ("source", "target", "prediction")), error)


def _several(tree: Any, where: str, each: Callable[[Any, str], Any]) -> list[Any]:
    if not isinstance(tree, list) or not tree:
        raise ValueError(f"{where} is no list, or empty")
    return [each(item, f"{where}[{i}]") for i, item in enumerate(tree)]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise TypeError(f"{where} is no text, or empty")
    return value


def _number(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e9:
        raise ValueError(f"{where} is no number")
    return float(value)


def _positive(value: Any, where: str) -> float:
    number = _number(value, where)
    if number <= 0:
        raise ValueError(f"{where} is {number}")
    return number


def _place(value: Any, where: str) -> Place:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{where} is no pair of numbers")
    return _number(value[0], where), _number(value[1], where)
