# SPDX-License-Identifier: Apache-2.0
"""One pair of images: where keypoints of the source were found in the target.

Left the source with its numbered keypoints, right the target with the predictions; lines join the two. Coordinates are
points (1/72 inch), y downwards, so that markers, labels and pictures share one unit.
"""
from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from PIL import Image

from label_places import Box, LabelPlaces
from pairs_file import Keypoint, Pair, Place, View
from style import BLUE, FAINT, INK, RED, figures, plain

CORRECT, WRONG = BLUE, RED
_MOST_HEIGHT, _MOST_WIDTH = 310.0, 640.0  # of the two pictures side by side
_MARGIN, _GAP, _TITLE, _LEGEND = 8.0, 24.0, 36.0, 22.0
_ROW, _COLUMN, _HEAD = 10.2, 66.0, 14.0  # of the list of errors
_DOT, _DIGIT, _LINE, _REACH = 5.2, 4.5, 7.6, 4.2  # a marker, a label's letter and height, how far it stands off
_VEIL = 0.2  # white over the pictures, so that what is drawn on them stands out
_SHARPNESS = 2.5  # pixels of a picture for each point, at most
_EMPTY = "#e9ecf0"  # where a prediction lies beyond the picture


@dataclass(frozen=True)
class Panel:
    """Where a picture stands in the figure. What lies beyond it has room as well: left, top, right, bottom."""

    view: View
    shown: Box  # in the picture's pixels
    left: float
    top: float
    scale: float

    def at(self, place: Place) -> Place:
        return (
            self.left + (place[0] - self.shown.left) * self.scale,
            self.top + (place[1] - self.shown.top) * self.scale,
        )

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, *self.at((self.shown.right, self.shown.bottom)))

    @property
    def picture(self) -> Box:
        return Box(*self.at((0, 0)), *self.at((self.view.width, self.view.height)))


def short_name(pair: Pair) -> str:
    return pair.name.removesuffix(":" + pair.category)


def title_of(pair: Pair) -> str:
    return f"{pair.category}: {short_name(pair)}"


def draw_pair(pair: Pair, source: Image.Image, target: Image.Image) -> Figure:
    """@param source, target the pictures; any size, they are stretched to what the annotations say"""
    left, right = _panels(pair)
    height = max(left.box.bottom, right.box.bottom)
    list_columns = math.ceil(len(pair.keypoints) * _ROW / max(height - _TITLE - _HEAD, 10 * _ROW))
    width = right.box.right + _MARGIN + list_columns * _COLUMN + _MARGIN
    figure, axes = _canvas(max(width, 430.0), height + _LEGEND + _MARGIN)
    for panel, picture in ((left, source), (right, target)):
        _draw_picture(axes, panel, picture)
    _draw_lines(axes, pair, left, right)
    _draw_source(axes, pair, left)
    _draw_target(axes, pair, right)
    _draw_title(axes, pair)
    _draw_list(axes, pair, right.box.right + 2 * _MARGIN, height)
    _draw_legend(axes, pair, height + _LEGEND * 0.62)
    return figure


def _panels(pair: Pair) -> tuple[Panel, Panel]:
    source = Box(0, 0, pair.source.width, pair.source.height)
    around = [place for keypoint in pair.keypoints for place in (keypoint.prediction, keypoint.target)]
    border = 0.02 * max(pair.target.width, pair.target.height)
    x, y = [place[0] for place in around], [place[1] for place in around]
    beyond = [min(x) < 0, min(y) < 0, max(x) > pair.target.width, max(y) > pair.target.height]
    target = Box(
        min(x) - border if beyond[0] else 0,
        min(y) - border if beyond[1] else 0,
        max(x) + border if beyond[2] else pair.target.width,
        max(y) + border if beyond[3] else pair.target.height,
    )
    # The pictures get one height, as far as the wider of them allows.
    ratios = [pair.source.width / pair.source.height, pair.target.width / pair.target.height]
    height = min(_MOST_HEIGHT, _MOST_WIDTH / sum(ratios))
    scales = [height / pair.source.height, height / pair.target.height]
    room = [(box.right - box.left) * scale for box, scale in zip((source, target), scales)]
    squeeze = min(1.0, _MOST_WIDTH / sum(room), 1.3 * _MOST_HEIGHT / ((target.bottom - target.top) * scales[1]))
    scales = [scale * squeeze for scale in scales]
    shift = max(0.0, -target.top) * scales[1]  # the tops of the pictures stay level
    left = Panel(pair.source, source, _MARGIN, _TITLE + shift, scales[0])
    return left, Panel(pair.target, target, left.box.right + _GAP, _TITLE, scales[1])


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    figure = plt.figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    return figure, axes


def _draw_picture(axes: Axes, panel: Panel, picture: Image.Image) -> None:
    box, there = panel.box, panel.picture
    if box != there:
        axes.add_patch(Rectangle((box.left, box.top), box.right - box.left, box.bottom - box.top, color=_EMPTY, lw=0))
    smaller = picture.convert("RGB")
    smaller.thumbnail([round(_SHARPNESS * edge) for edge in (there.right - there.left, there.bottom - there.top)])
    veiled = 255 - (255 - np.asarray(smaller, dtype=np.float32)) * (1 - _VEIL)
    axes.imshow(veiled.astype(np.uint8), extent=(there.left, there.right, there.bottom, there.top), aspect="auto",
                interpolation="none", zorder=1)


def _halo(width: float, colour: str = "white") -> list[patheffects.AbstractPathEffect]:
    return [patheffects.Stroke(linewidth=width, foreground=colour), patheffects.Normal()]


def _colour(pair: Pair, keypoint: Keypoint) -> str:
    return CORRECT if pair.correct(keypoint) else WRONG


def _draw_lines(axes: Axes, pair: Pair, left: Panel, right: Panel) -> None:
    """Wrong ones over correct ones: they are what one looks for."""
    for keypoint in sorted(pair.keypoints, key=pair.correct, reverse=True):
        x, y = zip(left.at(keypoint.source), right.at(keypoint.prediction))
        axes.plot(x, y, color=_colour(pair, keypoint), lw=0.8, alpha=0.75, zorder=2, path_effects=_halo(1.5, "#ffffff90"))


def _dot(axes: Axes, pair: Pair, keypoint: Keypoint, at: Place) -> None:
    is_correct = pair.correct(keypoint)
    axes.plot(*at, marker="o" if is_correct else "X", color=_colour(pair, keypoint), ms=_DOT if is_correct else _DOT + 1.3,
              mec="white", mew=0.7, zorder=6)


def _label(axes: Axes, pair: Pair, keypoint: Keypoint, at: Place, places: LabelPlaces) -> None:
    text = str(keypoint.id)
    place = places.place(*at, _DIGIT * len(text), _LINE, _REACH)
    if place.is_far:
        axes.plot([at[0], place.x], [at[1], place.y], color=_colour(pair, keypoint), lw=0.5, zorder=5)
    axes.text(place.x, place.y, text, color=_colour(pair, keypoint), fontsize=7.2, weight="bold", ha="center",
              va="center_baseline", zorder=7, path_effects=_halo(2.2))


def _draw_source(axes: Axes, pair: Pair, panel: Panel) -> None:
    points = [panel.at(keypoint.source) for keypoint in pair.keypoints]
    places = LabelPlaces(panel.box, points, _DOT)
    for keypoint, at in zip(pair.keypoints, points):
        _dot(axes, pair, keypoint, at)
        _label(axes, pair, keypoint, at, places)


def _draw_target(axes: Axes, pair: Pair, panel: Panel) -> None:
    predictions = [panel.at(keypoint.prediction) for keypoint in pair.keypoints]
    truths = [panel.at(keypoint.target) for keypoint in pair.keypoints]
    places = LabelPlaces(panel.box, predictions + truths, _DOT)
    for keypoint, at, truth in zip(pair.keypoints, predictions, truths):
        _draw_truth(axes, panel, truth, pair.limit * panel.scale)
        axes.plot(*zip(at, truth), color="#ffffff90", lw=2.0, zorder=4)
        axes.plot(*zip(at, truth), color=_colour(pair, keypoint), lw=1.1, ls=(0, (1.2, 1.2)), zorder=4)
        _dot(axes, pair, keypoint, at)
    for keypoint, at in zip(pair.keypoints, predictions):
        _label(axes, pair, keypoint, at, places)


def _draw_truth(axes: Axes, panel: Panel, at: Place, limit: float) -> None:
    """The truth, and how near to it is near enough."""
    box = panel.box
    inside = Rectangle((box.left, box.top), box.right - box.left, box.bottom - box.top, transform=axes.transData)
    for width, colour, dashes in ((1.3, "#ffffff80", "solid"), (0.6, "#000000a0", (0, (3.5, 3.5)))):
        near = axes.add_patch(Circle(at, limit, fill=False, ec=colour, lw=width, ls=dashes, zorder=3))
        near.set_clip_path(inside)
    axes.add_patch(Circle(at, _DOT * 0.55, fill=False, ec=INK, lw=1.0, zorder=5, path_effects=_halo(2.6)))


def _draw_title(axes: Axes, pair: Pair) -> None:
    errors = [keypoint.error for keypoint in pair.keypoints]
    right = sum(map(pair.correct, pair.keypoints))
    axes.text(_MARGIN, 13, plain(title_of(pair), 90), fontsize=9.5, weight="bold", va="baseline")
    axes.text(_MARGIN, 27, f"{right} of {len(errors)} correct at α = {pair.alpha:g} (nearer than {figures(pair.limit, 1)} px); "
              f"median error {figures(statistics.median(errors), 1)} px, largest {figures(max(errors), 1)} px",
              fontsize=8, color=FAINT, va="baseline")


def _draw_list(axes: Axes, pair: Pair, left: float, bottom: float) -> None:
    rows = max(int((bottom - _TITLE - _HEAD) / _ROW), 10)
    columns = math.ceil(len(pair.keypoints) / rows)
    for column in range(columns):
        x = left + column * _COLUMN
        axes.text(x + _COLUMN - 14, _TITLE + 7, "error, px", fontsize=7, color=FAINT, ha="right", va="baseline")
    for i, keypoint in enumerate(pair.keypoints):
        x, y = left + i // rows * _COLUMN, _TITLE + _HEAD + (i % rows + 0.5) * _ROW
        _dot(axes, pair, keypoint, (x + 3, y))
        axes.text(x + 20, y, str(keypoint.id), fontsize=7.5, weight="bold", ha="right", va="center_baseline")
        axes.text(x + _COLUMN - 14, y, figures(keypoint.error, 1), fontsize=7.5, ha="right", va="center_baseline")


def _draw_legend(axes: Axes, pair: Pair, y: float) -> None:
    x = _MARGIN + 4

    def words(text: str) -> None:
        nonlocal x
        axes.text(x + 7, y, text, fontsize=7.5, color=FAINT, va="center_baseline")
        x += 7 + 4.05 * len(text) + 15

    for marker, colour, text in (("o", CORRECT, "correct"), ("X", WRONG, "wrong")):
        axes.plot(x, y, marker=marker, color=colour, ms=_DOT + (marker == "X"), mec="white", mew=0.7)
        words(text)
    axes.add_patch(Circle((x, y), _DOT * 0.55, fill=False, ec=INK, lw=1.0))
    words("ground truth")
    axes.add_patch(Circle((x, y), 5.5, fill=False, ec="#00000099", lw=0.6, ls=(0, (4, 2.5))))
    x += 3
    words(f"near enough at α = {pair.alpha:g}")
