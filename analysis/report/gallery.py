# SPDX-License-Identifier: Apache-2.0
"""Figures as files: each as SVG and PNG, in a folder that holds those of the last run and no others."""
from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable
from urllib.parse import quote

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from publish import write_file
from style import png_of, svg_of

_MANIFEST = "figures.json"
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it."""

    title: str
    file: str  # relative to the report's folder
    svg: bytes
    inches: float  # width of the figure

    @property
    def least_width(self) -> int:
        """Pixels below which it scrolls rather than shrinks."""
        return round(62 * self.inches)

    @property
    def most_width(self) -> int:
        """Pixels beyond which its text would be larger than the page's."""
        return round(112 * self.inches)

    @property
    def base64(self) -> str:
        return base64.b64encode(self.svg).decode("ascii")


def file_stem(name: str) -> str:
    """A file name that any file system takes: percent-encoded, and cut (with a hash) where it is too long."""
    encoded = quote(name, safe=" +@=,()").replace("~", "%7E")
    if len(encoded) <= _LONGEST_NAME:
        return encoded
    return f"{encoded[: _LONGEST_NAME - 17]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


class Gallery:
    """Writes figures as SVG and PNG and remembers which, so that those of an earlier run do not stay behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: list[str] = []

    def add(
        self, name: str, title: str, figure: Figure | None, encode: Callable[[Figure], bytes] = svg_of
    ) -> Picture | None:
        """Writes and closes the figure. @param encode makes the SVG @return what the page needs of it, None for None"""
        if figure is None:
            return None
        svg, png = encode(figure), png_of(figure)
        width = float(figure.get_figwidth())
        plt.close(figure)
        for suffix, content in ((".svg", svg), (".png", png)):
            write_file(self._folder / (name + suffix), content)
            self.files.append(name + suffix)
        return Picture(title, f"{self._folder.name}/{name}.svg", svg, width)

    def tidy(self) -> None:
        """Removes what the last run listed and this one has not drawn, then lists this run's files."""
        manifest = self._folder / _MANIFEST
        try:
            before = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = []
        for name in before if isinstance(before, list) else []:
            is_ours = isinstance(name, str) and name == Path(name).name and name.endswith((".svg", ".png"))
            if is_ours and name not in self.files:
                (self._folder / name).unlink(missing_ok=True)
        write_file(manifest, (json.dumps(self.files, indent=1) + "\n").encode())
