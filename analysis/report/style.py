# SPDX-License-Identifier: Apache-2.0
"""How every figure looks, and how text from the data becomes text in a figure.

Colours are Okabe and Ito's, which people with the common forms of colour blindness can tell apart; where lines meet,
markers and dashes differ as well.
"""
from __future__ import annotations

import io
import logging
import math
import re
import warnings

import matplotlib

matplotlib.use("Agg")
from matplotlib import font_manager, patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, FAINT, GRID = "#1a1a1a", "#5f6670", "#dfe3e8"
BLUE, ORANGE, GREEN, RED, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7"
PREDICTOR_COLOURS = {"A": BLUE, "C": ORANGE, "AC": GREEN}
SURFACE_COLOURS = "viridis"
HALO = [patheffects.withStroke(linewidth=1.8, foreground="white")]  # keeps text legible on any colour
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
UNKNOWN_FAMILY = "family unknown"

# Used only for glyphs that DejaVu, which comes with matplotlib, lacks.
_MORE_GLYPHS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "IPAGothic",
    "Droid Sans Fallback",
    "Unifont",
)

_RC = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "figure.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.titleweight": "bold",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "axes.formatter.useoffset": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "lvr-report",
    "figure.facecolor": "white",
    "hatch.linewidth": 0.5,
}


_PATH = re.compile(rb' d="[^"]*"')
_LONG_DECIMAL = re.compile(rb"(\.\d\d)\d+")  # a hundredth of a point is enough, and halves the file


def use_style() -> None:
    """Sets matplotlib up, whatever the user's own settings are, so that equal data give equal bytes."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="matplotlib")
    warnings.filterwarnings("ignore", message="Glyph .* missing from font")
    known = {font.name for font in font_manager.fontManager.ttflist}
    matplotlib.rcdefaults()
    matplotlib.use("Agg")
    matplotlib.rcParams.update(_RC)
    matplotlib.rcParams["font.family"] = ["DejaVu Sans", *(name for name in _MORE_GLYPHS if name in known)]


def svg_of(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "lvr-report"})
    figure.set_layout_engine("none")  # it is laid out now: the PNG need not do it again
    return _PATH.sub(lambda path: _LONG_DECIMAL.sub(rb"\1", path[0]), buffer.getvalue())


def png_of(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160, metadata={"Software": "lvr-report"})
    return buffer.getvalue()


def shortened(text: str, longest: int) -> str:
    """One printable line; the middle is left out if it is too long."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    tail = (longest - 1) // 3
    return text if len(text) <= longest else f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def plain(text: str, longest: int = 10_000) -> str:
    """Text from the data, for matplotlib: shortened, and a dollar sign is not a formula."""
    return shortened(text, longest).replace("$", r"\$")


def legend_text(text: str, longest: int = 28) -> str:
    """A legend hides what begins with an underscore; a thin space before it does not."""
    text = plain(text, longest)
    return "\u2009" + text if text.startswith("_") else text


def figures(value: float, digits: int = 2) -> str:
    """A number with so many decimals, a true minus, or – if it is undefined; huge ones in short form."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}" if abs(value) < 1e5 else f"{value:.2e}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def families_of(families: list[str]) -> dict[str, str]:
    """A marker per family in the order of the table; from the eighth on they share one."""
    order = list(dict.fromkeys(family or UNKNOWN_FAMILY for family in families))
    return {family: MARKERS[min(i, len(MARKERS) - 1)] for i, family in enumerate(order)}


def tint(colour: str, strength: float = 0.33) -> str:
    """The colour on white, opaque: an SVG cannot show a hatch through a transparent fill."""
    return matplotlib.colors.to_hex([1 - strength * (1 - part) for part in matplotlib.colors.to_rgb(colour)])


def note_figure(title: str, note: str) -> Figure:
    """Stands for a figure that cannot be drawn."""
    figure = Figure(figsize=(7.2, 1.2))
    figure.text(0.012, 0.9, plain(title, 70), fontsize=12, weight="bold", va="top")
    figure.text(0.012, 0.45, note, fontsize=9, color=FAINT, va="top")
    return figure


def hide_unused(axes: list[Axes], used: int) -> None:
    for ax in axes[used:]:
        ax.set_visible(False)


def panel_grid(count: int, most_columns: int = 4) -> tuple[int, int]:
    """@return rows and columns for so many small panels, as even as it goes"""
    columns = min(most_columns, max(count, 1))
    rows = math.ceil(count / columns)
    return rows, math.ceil(count / rows) if rows else 1
