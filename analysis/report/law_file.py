# SPDX-License-Identifier: Apache-2.0
"""Reads law.h5, the JSON tree that `lvr-fit --out` writes through src/lvr/files/json_tree.cpp, back into Python.

A group is a dict (members in the order written), a group with the attribute `list` a list, a list of numbers a list
of float, an empty dataset or a NaN is None. In keys '/', '%' and control characters are percent-encoded, an empty key
is "%". The root's attributes are the provenance.
"""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import h5py
import numpy as np

from failure import input_error
from law import Law, law_of
from shape import check_shape

DEEPEST = 64  # a damaged file may hold itself
MOST_MEMBERS = 2_000_000


def read_law(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """@return the tree and the provenance of folder/law.h5; raises ReportError (input)"""
    file = folder / "law.h5"
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "no such folder"
        raise input_error(
            f"{folder}: {what}",
            "the report draws from the files that lvr-fit writes into a folder",
            f"run `lvr-fit TABLE --out {folder}` first",
        )
    if not file.is_file():
        raise input_error(
            f"{folder}: has no law.h5", "the report draws from that file", f"run `lvr-fit TABLE --out {folder}` first"
        )
    try:
        with h5py.File(file, "r") as root:
            return _Reader().group(root, 0), _provenance(root)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise input_error(
            f"{file}: cannot be read ({reason})",
            "the file is damaged or not an HDF5 file",
            f"make it again with `lvr-fit TABLE --out {folder}`",
        ) from error


def load_law(folder: Path) -> Law:
    """The law in folder/law.h5; raises ReportError (input)"""
    tree, provenance = read_law(folder)
    try:
        check_shape(tree)
        return law_of(tree, provenance)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise input_error(
            f"{folder / 'law.h5'}: is not what lvr-fit writes ({what})",
            "the report cannot know what the numbers mean",
            f"make it again with `lvr-fit TABLE --out {folder}`",
        ) from error


def _provenance(root: h5py.File) -> dict[str, Any]:
    """Root attributes; what is JSON text becomes what it says."""
    return {name: _from_json(_text(value)) for name, value in root.attrs.items()}


def _from_json(text: Any) -> Any:
    if not isinstance(text, str) or not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return value.item() if isinstance(value, np.generic) else value


def _key(name: str) -> str:
    return "" if name == "%" else unquote(name)


class _Reader:
    """Depth and number of members are bounded, so a file that holds itself is an error and not an endless walk."""

    def __init__(self) -> None:
        self._left = MOST_MEMBERS

    def group(self, group: h5py.Group, depth: int) -> Any:
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        values = []
        for name in group:
            self._left -= 1
            if self._left < 0:
                raise ValueError("it holds the same members again and again")
            values.append((_key(name), self._member(group[name], depth + 1)))
        return [value for _, value in values] if "list" in group.attrs else dict(values)

    def _member(self, member: Any, depth: int) -> Any:
        if isinstance(member, h5py.Group):
            return self.group(member, depth)
        value = member[()]
        if isinstance(value, h5py.Empty):
            return None
        if isinstance(value, np.ndarray):
            return [_plain(item) for item in value]
        return _plain(value)


def _plain(value: Any) -> Any:
    """One number (None for NaN), bool or text; a row of a matrix as a list."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value]
    value = _text(value)
    return None if isinstance(value, float) and not np.isfinite(value) else value
