# SPDX-License-Identifier: Apache-2.0
"""The picture: photographs and their tokens' colours, pair by pair."""
from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from components import Components, colours, principal
from feature_folder import Features
from publish import write_file
from style import FAINT, panel_grid, plain, png_of, svg_of, use_style

_SIDE, _LABEL, _TITLE, _GAP = 1.5, 0.24, 0.42, 0.06  # inches: a square, what is below and above, between
_MOST_COLUMNS = 3  # of pairs


def draw_sheet(features: Features, photographs: list[Image.Image], file: Path) -> None:
    """Writes it as its name's ending says. @param photographs one for each image, or none; raises ReportError (output)"""
    use_style()
    tokens = features.tokens
    flat = tokens.reshape(-1, tokens.shape[-1])
    components = principal(flat)
    painted = colours(flat, components).reshape(*tokens.shape[:3], 3)
    figure = _figure(features, photographs, painted)
    figure.text(_GAP / figure.get_figwidth(), 1 - 0.12 / figure.get_figheight(), _title(features, components), va="top")
    write_file(file, _encoded(figure, file.suffix.lower()))


def _title(features: Features, components: Components) -> str:
    images, height, width, channels = features.tokens.shape
    shares = ", ".join(f"{100 * share:.0f}" for share in components.share)
    return plain(
        f"{features.name}: first principal components ({shares} % of the variance) of "
        f"{images} × {height} × {width} tokens of {channels} channels as red, green, blue"
    )


def _figure(features: Features, photographs: list[Image.Image], painted: np.ndarray) -> Figure:
    each = 2 if photographs else 1
    images, rows, columns = painted.shape[:3]
    pair_rows, pair_columns = panel_grid(images, _MOST_COLUMNS * 2 // each)
    side_x, side_y = _SIDE, _SIDE * rows / columns
    pair_x, pair_y = each * (side_x + _GAP) + 2 * _GAP, side_y + _LABEL
    size = max(pair_columns * pair_x, 7.0), pair_rows * pair_y + _TITLE
    figure = Figure(figsize=size)
    for i in range(images):
        left, top = i % pair_columns * pair_x + _GAP, size[1] - _TITLE - i // pair_columns * pair_y
        pictures = [np.asarray(photographs[i]), painted[i]] if photographs else [painted[i]]
        for k, picture in enumerate(pictures):
            place = (left + k * (side_x + _GAP), top - side_y, side_x, side_y)
            axes = figure.add_axes([part / whole for part, whole in zip(place, size * 2)])
            axes.imshow(picture, interpolation="nearest" if picture is painted[i] else "antialiased", aspect="auto")
            axes.set_axis_off()
        figure.text(left / size[0], (top - side_y - 0.03) / size[1], plain(features.ids[i], 21 * each), va="top",
                    fontsize=7, color=FAINT)
    return figure


def _encoded(figure: Figure, ending: str) -> bytes:
    if ending == ".svg":
        return svg_of(figure)
    png = png_of(figure)
    if ending == ".png":
        return png
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
