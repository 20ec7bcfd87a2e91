# SPDX-License-Identifier: Apache-2.0
"""The law of one benchmark: the surface in perspective, and the same as a map with every representation named."""
from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.ticker import MaxNLocator
from matplotlib.path import Path as Outline

from labels import place_labels
from law import BEST, C_LABEL, Benchmark, Vector
from style import FAINT, GRID, HALO, INK, SURFACE_COLOURS, UNKNOWN_FAMILY
from style import families_of, figures, legend_text, note_figure, plain
from surface import colour_range, grid, has_surface, hull, why_not_drawn

_MOST_NAMES = 24  # more names than that cannot be read on a map; then the best and the worst are named
_MANY = 60  # from here on markers are small


def law_surface(benchmark: Benchmark) -> Figure:
    """Two panels, the map alone where there is no surface, or a note where no axis can hold the values."""
    if note := why_not_drawn(benchmark):
        return note_figure(f"Law surface: {benchmark.name}", note)
    is_surface = has_surface(benchmark)
    figure = plt.figure(figsize=(11.5, 5.3) if is_surface else (7.2, 5.3))
    colours = Normalize(*colour_range(benchmark))
    if is_surface:
        _draw_perspective(figure.add_axes((0.0, 0.07, 0.43, 0.78), projection="3d"), benchmark, colours)
    ax = figure.add_axes((0.485, 0.2, 0.405, 0.64) if is_surface else (0.1, 0.2, 0.75, 0.62))
    _draw_map(ax, benchmark, colours, is_surface)
    if benchmark.score.size:
        bar = figure.add_axes((0.902, 0.2, 0.013, 0.64) if is_surface else (0.87, 0.2, 0.02, 0.62))
        scale = figure.colorbar(plt.cm.ScalarMappable(colours, SURFACE_COLOURS), cax=bar, ticks=MaxNLocator(6))
        scale.set_label(plain(benchmark.score_label, 44))
        bar.grid(False)
    figure.text(0.012, 0.975, plain(f"Law surface: {benchmark.name}", 70), fontsize=12, weight="bold", va="top")
    figure.text(0.012, 0.925, _caption(benchmark, is_surface), fontsize=8.5, color=FAINT, va="top")
    _place_names(ax, benchmark)
    return figure


def _caption(benchmark: Benchmark, is_surface: bool) -> str:
    if not is_surface:
        return f"{len(benchmark.names)} measured; no surface: nothing was fitted, or A or C does not vary"
    fit = benchmark.fits[BEST]
    text = (
        f"Quadratic in A and C, n = {len(benchmark.names)}: R² {figures(fit.value('r2'))} in sample, "
        f"{figures(fit.value('loo_r2'))} leave-one-out"
    )
    return text + ("  (underdetermined: fewer independent points than coefficients)" if fit.underdetermined else "")


def _draw_perspective(ax: Axes, benchmark: Benchmark, colours: Normalize) -> None:
    ax.computed_zorder = False  # else the surface paints over points that are above it
    a, c, score = grid(benchmark, 25)
    mesh = np.meshgrid(a, c)
    ax.plot_surface(
        *mesh,
        score,
        cmap=SURFACE_COLOURS,
        norm=colours,
        alpha=0.78,
        linewidth=0.15,
        edgecolor="#ffffff60",
        rcount=25,
        ccount=25,
        zorder=1,
    )
    fitted = benchmark.fits[BEST].fitted
    for x, y, low, high in zip(benchmark.a, benchmark.c, fitted, benchmark.score):
        ax.plot([x, x], [y, y], [low, high], color=INK, linewidth=0.9, zorder=2)
    ax.scatter(
        benchmark.a,
        benchmark.c,
        benchmark.score,
        c=benchmark.score,
        cmap=SURFACE_COLOURS,
        norm=colours,
        s=26 if len(benchmark.names) <= _MANY else 9,
        edgecolors=INK,
        linewidths=0.8,
        depthshade=False,
        zorder=3,
    )
    ax.set_xlabel(plain(benchmark.a_label, 36), labelpad=4)
    ax.set_ylabel(C_LABEL, labelpad=4)
    ax.set_zlabel(plain(benchmark.score_label, 36), labelpad=6)
    ax.tick_params(labelsize=7, pad=1)
    ax.view_init(elev=24, azim=-128)
    ax.set_box_aspect((1, 1, 0.78), zoom=0.9)


def _draw_map(ax: Axes, benchmark: Benchmark, colours: Normalize, is_surface: bool) -> None:
    if is_surface:
        _draw_contours(ax, benchmark, colours)
    else:
        ax.margins(0.12)
    ax.grid(visible=not is_surface)
    markers = families_of(benchmark.families)
    look = {"cmap": SURFACE_COLOURS, "norm": colours, "edgecolors": INK, "linewidths": 1.0, "zorder": 4}
    size = 42 if len(benchmark.names) <= _MANY else 16
    for family, marker in markers.items():
        rows = [(name or UNKNOWN_FAMILY) == family for name in benchmark.families]
        ax.scatter(benchmark.a[rows], benchmark.c[rows], c=benchmark.score[rows], marker=marker, s=size, **look)
    ax.scatter(benchmark.open_a, benchmark.open_c, s=34, facecolors="none", edgecolors=INK, linewidths=1.1, zorder=4)
    ax.set_xlabel(plain(benchmark.a_label, 60))
    ax.set_ylabel(C_LABEL)
    _draw_legend(ax, markers, len(benchmark.open_names) > 0, is_surface)


def _draw_contours(ax: Axes, benchmark: Benchmark, colours: Normalize) -> None:
    a, c, score = grid(benchmark, 81)
    levels = np.linspace(colours.vmin, colours.vmax, 15)
    shades = ax.contourf(a, c, score, levels=levels, cmap=SURFACE_COLOURS, norm=colours, extend="both", alpha=0.85)
    shades.set_edgecolor("face")
    lines = ax.contour(a, c, score, levels=7, colors="#00000070", linewidths=0.6)
    ax.clabel(lines, fontsize=6.5, colors=FAINT, fmt=lambda value: f"{value:.5g}")
    for text in lines.labelTexts:
        text.set_path_effects(HALO)
    ax.set_xlim(a[0], a[-1])
    ax.set_ylim(c[0], c[-1])
    _veil_extrapolation(ax, hull(benchmark))


def _veil_extrapolation(ax: Axes, outline: Vector) -> None:
    """Everything outside the hull of the measured points is paler: there the law extrapolates."""
    if len(outline) < 4:
        return
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    frame = np.array([[left, bottom], [left, top], [right, top], [right, bottom], [left, bottom]])
    codes = sum(([Outline.MOVETO] + [Outline.LINETO] * (len(ring) - 1) for ring in (frame, outline)), [])
    ax.add_patch(
        PathPatch(
            Outline(np.concatenate([frame, outline]), codes), facecolor="white", alpha=0.62, linewidth=0, zorder=2.5
        )
    )
    ax.plot(*outline.T, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=3)


def _draw_legend(ax: Axes, markers: dict[str, str], has_open: bool, is_surface: bool) -> None:
    shown = list(markers.items())[:7]
    if len(markers) > 7:
        shown.append(("other families", list(markers.values())[-1]))
    handles = [
        Line2D(
            [],
            [],
            linestyle="None",
            marker=marker,
            color=GRID,
            markeredgecolor=INK,
            markersize=6,
            label=legend_text(family),
        )
        for family, marker in shown
    ]
    if has_open:
        handles.append(
            Line2D(
                [],
                [],
                linestyle="None",
                marker="o",
                markerfacecolor="none",
                markeredgecolor=INK,
                markersize=6,
                label="score not measured",
            )
        )
    if is_surface:
        handles.append(
            Line2D(
                [], [], color=INK, linewidth=0.8, linestyle=(0, (3, 2)), label="measured range (pale: extrapolation)"
            )
        )
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(-0.02, -0.12), ncols=3, handletextpad=0.4, columnspacing=1.2
    )


def _place_names(ax: Axes, benchmark: Benchmark) -> None:
    names = benchmark.names + benchmark.open_names
    points = np.column_stack(
        [np.concatenate([benchmark.a, benchmark.open_a]), np.concatenate([benchmark.c, benchmark.open_c])]
    )
    chosen = np.arange(len(names))
    if len(names) > _MOST_NAMES:
        order = np.argsort(-benchmark.score, kind="stable")
        chosen = np.concatenate([order[:5], order[-3:]])
    place_labels(ax, points[chosen], [plain(names[i], 26) for i in chosen], others=points)
