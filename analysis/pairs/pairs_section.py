# SPDX-License-Identifier: Apache-2.0
"""What a page says of pairs: their pictures, and lists of the errors."""
from __future__ import annotations

import base64
import io
import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from failure import input_error
from figure_pair import draw_pair, short_name, title_of
from gallery import Gallery, Picture, file_stem
from pairs_file import Keypoint, Pair, Pairs, View
from style import figures, svg_of
from tables import Cell, Table, name_cell

_EMBEDDED = re.compile(rb"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")
_QUALITY = 85


@dataclass(frozen=True)
class PairItem:
    picture: Picture
    words: str
    errors: Table


@dataclass(frozen=True)
class PairsSection:
    words: str
    summary: Table
    items: list[PairItem]


def draw_pairs(pairs: Pairs, gallery: Gallery) -> PairsSection:
    """Raises ReportError (input: a picture; output)"""
    return PairsSection(_words(pairs), _summary(pairs), [_item(pairs, i, gallery) for i in range(len(pairs.pairs))])


def _item(pairs: Pairs, index: int, gallery: Gallery) -> PairItem:
    pair = pairs.pairs[index]
    figure = draw_pair(pair, _picture(pairs.root, pair.source), _picture(pairs.root, pair.target))
    name = f"pair_{index + 1:03}_{file_stem(pair.category)}"
    picture = gallery.add(name, title_of(pair), figure, _photographic_svg)
    assert picture is not None
    words = (f"{pair.name}: source left, target right. Lines lead from each keypoint to where it was found, "
             "dots from there to where it is.")
    return PairItem(picture, words, _errors(pair))


def _picture(root: Path, view: View) -> Image.Image:
    file = root / view.file
    try:
        with Image.open(file) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise input_error(
            f"{file}: cannot be read ({error})", "it is to be drawn with its keypoints",
            "restore the file, or say with --spair where SPair-71k is now"
        ) from error


def _photographic_svg(figure: Figure) -> bytes:
    """Photographs as JPEG, a fifth of the size of the PNG that they are embedded as."""

    def smaller(found: re.Match[bytes]) -> bytes:
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(base64.b64decode(found[1]))) as picture:
            picture.convert("RGB").save(buffer, "JPEG", quality=_QUALITY)
        return b"data:image/jpeg;base64," + base64.b64encode(buffer.getvalue())

    return _EMBEDDED.sub(smaller, svg_of(figure))


def _words(pairs: Pairs) -> str:
    chosen = ", ".join(f"{name} {_setting(value)}" for name, value in pairs.settings.items())
    count = len(pairs.pairs)
    return (f"{count} pair{'s' if count != 1 else ''} of SPair-71k, matched with {pairs.representation}"
            f"{f' ({chosen})' if chosen else ''}. Errors are in pixels of the original target image.")


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_setting, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _alphas(pairs: list[Pair]) -> list[float]:
    """Those of all pairs, as the first has them."""
    return [alpha for alpha in pairs[0].alphas if all(alpha in pair.alphas for pair in pairs)]


def _correct(pair: Pair, alpha: float) -> int:
    return sum(keypoint.error < alpha * pair.threshold for keypoint in pair.keypoints)


def _summary(pairs: Pairs) -> Table:
    alphas = _alphas(pairs.pairs)
    table = Table(
        "The pairs shown. Correct: keypoints found nearer to where they are than α times the threshold.",
        ["Category", "Pair", "keypoints", *(f"{alpha:g}" for alpha in alphas), "threshold", "median error", "largest"],
        spans=[("", 3), ("correct at α =", len(alphas)), ("pixels", 3)],
    )
    for pair in pairs.pairs:
        errors = [keypoint.error for keypoint in pair.keypoints]
        table.rows.append(
            [name_cell(pair.category), name_cell(short_name(pair)), Cell(str(len(errors)))]
            + [Cell(str(_correct(pair, alpha))) for alpha in alphas]
            + [Cell(figures(value, 1)) for value in (pair.threshold, statistics.median(errors), max(errors))]
        )
    return table


def _errors(pair: Pair) -> Table:
    table = Table(
        f"Errors of {title_of(pair)}",
        ["Keypoint", "error, px", "of threshold", *(f"α = {alpha:g}" for alpha in pair.alphas), "found at", "is at", "in the source"],
    )
    for keypoint in pair.keypoints:
        table.rows.append(
            [Cell(str(keypoint.id)), Cell(figures(keypoint.error, 1)), Cell(figures(keypoint.error / pair.threshold, 3))]
            + [_verdict(pair, keypoint, alpha) for alpha in pair.alphas]
            + [Cell(f"{figures(x, 1)}, {figures(y, 1)}") for x, y in (keypoint.prediction, keypoint.target, keypoint.source)]
        )
    return table


def _verdict(pair: Pair, keypoint: Keypoint, alpha: float) -> Cell:
    return Cell("correct" if keypoint.error < alpha * pair.threshold else "wrong")
