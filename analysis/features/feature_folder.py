# SPDX-License-Identifier: Apache-2.0
"""Reads a feature folder of lvr-extract (src/lvr/files/features.hpp): manifest.json and the parts that it counts."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from failure import ReportError, input_error

_AGAIN = "type the command of lvr-extract again: it makes what is missing"
_WRONG = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True)
class Features:
    """Some images of a feature folder. n images, h x w patches, D channels."""

    name: str  # of the representation
    ids: list[str]
    tokens: np.ndarray  # [n, h, w, D] float32
    pixels: dict[str, Any]  # how the model saw a picture: resize, shortest_edge, filter, crop


@dataclass(frozen=True)
class _Row:
    image_id: str
    part: Path
    row: int


def read_features(folder: Path, count: int, pick: list[str]) -> Features:
    """The images named in `pick`, or else the first `count`, without those in quarantine; raises ReportError (input)"""
    rows = _usable_rows(folder)
    if pick:
        by_id = {row.image_id: row for row in rows}
        for image in pick:
            if image not in by_id:
                raise input_error(
                    f"{folder}: has no features of an image '{image}'",
                    "it was not in the input, or it is in quarantine (see quarantine.tsv)",
                    f"pick others, such as {rows[0].image_id}" if rows else "look at quarantine.tsv",
                )
        rows = [by_id[image] for image in dict.fromkeys(pick)]
    else:
        rows = rows[:count]
    if not rows:
        raise input_error(f"{folder}: has no image with features", "there is nothing to draw", "see its quarantine.tsv")
    try:
        tokens = np.stack([_tokens(row) for row in rows])
        provenance = _provenance(rows[0].part)
        tokens, pixels = _on_grid(tokens, provenance["encoder"])
        name = str(provenance["representation"])
    except _WRONG as error:
        raise _damaged(rows[0].part.parent, error) from error
    if not np.isfinite(tokens).all():
        raise input_error(f"{folder}: has tokens that are no numbers", "they cannot be drawn", "extract the features anew")
    return Features(name, [row.image_id for row in rows], tokens, pixels)


def _usable_rows(folder: Path) -> list[_Row]:
    rows: list[_Row] = []
    for part in _parts(folder):
        try:
            with h5py.File(part, "r") as file:
                if _text(file.attrs["schema"]) != "lvr.features":
                    raise ValueError("it is of another schema")
                ids, status = file["image_id"].asstr()[:], file["status"][:]
        except _WRONG as error:
            raise _damaged(part, error) from error
        rows += [_Row(str(image), part, i) for i, (image, bad) in enumerate(zip(ids, status)) if bad == 0]
    return rows


def _parts(folder: Path) -> list[Path]:
    """All of them, or an error that says what is missing."""
    manifest = folder / "manifest.json"
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "no such folder"
        raise input_error(f"{folder}: {what}", "features are read from a folder that lvr-extract wrote", "check the path")
    if not manifest.is_file():
        inside = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
        raise input_error(
            f"{folder}: is no feature folder (it has no manifest.json)",
            "a feature folder holds one representation: OUT/<representation> of lvr-extract --out OUT",
            f"name one of its folders: {', '.join(inside)}" if inside else "name such a folder",
        )
    try:
        counts = json.loads(manifest.read_text(encoding="utf-8"))
        number = -(-int(counts["items"]) // int(counts["shard_size"]))
    except (*_WRONG, ZeroDivisionError) as error:
        raise _damaged(manifest, error) from error
    parts = [folder / f"part-{shard:06}.h5" for shard in range(number)]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise input_error(
            f"{folder}: is not complete: {len(missing)} of {number} parts are missing, the first is {missing[0]}",
            "the extraction was stopped, or is still running",
            _AGAIN,
        )
    return parts


def _tokens(row: _Row) -> np.ndarray:
    """@return [T, D] float32"""
    with h5py.File(row.part, "r") as file:
        tokens = file["tokens"]
        raw = tokens[row.row]
        if _text(tokens.attrs["dtype"]) == "bfloat16":  # stored as its 16 bits
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        if raw.ndim != 2 or not raw.size:
            raise ValueError(f"tokens of shape {tokens.shape}")
        return raw.astype(np.float32)


def _on_grid(tokens: np.ndarray, encoder: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """@param tokens [n, T, D] @return [n, h, w, D], and how the first encoder saw a picture. Tokens of several encoders
    in turn become channels side by side."""
    parts = encoder.get("parts", [encoder])
    if encoder.get("fusion") == "interleave":
        images, count, channels = tokens.shape
        tokens = tokens.reshape(images, count // len(parts), len(parts) * channels)
    rows, columns = parts[0]["model"]["grid"]
    return tokens.reshape(len(tokens), rows, columns, -1), parts[0]["pixels"]


def _provenance(part: Path) -> dict[str, Any]:
    with h5py.File(part, "r") as file:
        return json.loads(_text(file.attrs["config"]))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _damaged(path: Path, error: BaseException) -> ReportError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return input_error(
        f"{path}: cannot be read ({reason})",
        "it is damaged, or not what lvr-extract writes",
        f"remove it, and {_AGAIN}",
    )
