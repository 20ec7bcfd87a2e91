# SPDX-License-Identifier: Apache-2.0
"""The interactive law surfaces: one Plotly figure per benchmark, as plain JSON for the page."""
from __future__ import annotations

import base64
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from law import BEST, C_LABEL, Benchmark
from names3d import ASPECT, CENTRE, EYE, MOST_NAMES, STEPS, names_of, numbered, plotly_text
from style import INK, RED, figures
from surface import along, colour_range, grid, has_surface, hull, predict, why_not_drawn

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def plotly_script() -> str:
    """Plotly's JavaScript, from its Python package; made safe to stand inside a script element."""
    return get_plotlyjs().replace("</script", "<\\/script").replace("<!--", "<\\!--")


def surface_figure(benchmark: Benchmark, picks: list[str]) -> dict[str, Any]:
    """@param picks names that the planner would train next, in order @return {"data": [...], "layout": {...}}"""
    if note := why_not_drawn(benchmark):
        return _note(benchmark, note)
    figure = go.Figure()
    if has_surface(benchmark):
        _add_surface(figure, benchmark)
        _add_stems(figure, benchmark)
    _add_measured(figure, benchmark)
    if has_surface(benchmark):
        _add_left_out(figure, benchmark)
        _add_unmeasured(figure, benchmark, picks)
    figure.update_layout(_layout(benchmark, names_of(benchmark, picks)))
    return _plain(figure.to_plotly_json())


def _note(benchmark: Benchmark, note: str) -> dict[str, Any]:
    """An empty scene with a line of text before it."""
    layout = _layout(benchmark, [])
    layout["annotations"] = [{"text": plotly_text(note), "showarrow": False, "xref": "paper", "yref": "paper"}]
    return {"data": [{"type": "scatter3d", "name": "measured", "x": [], "y": [], "z": []}], "layout": layout}


def _add_surface(figure: go.Figure, benchmark: Benchmark) -> None:
    a, c, score = grid(benchmark, STEPS)
    low, high = colour_range(benchmark)
    bar = {"title": {"text": "Score", "side": "right"}, "thickness": 14, "len": 0.62, "x": 1.0, "xanchor": "left"}
    figure.add_trace(
        go.Surface(
            x=a,
            y=c,
            z=score,
            cmin=low,
            cmax=high,
            colorscale="Viridis",
            opacity=0.82,
            colorbar=bar,
            name="law",
            hovertemplate="A %{x:.4g}<br>C %{y:.4g} %<br>law %{z:.5g}<extra></extra>",
            lighting={"ambient": 0.75, "diffuse": 0.5, "specular": 0.05},
        )
    )
    ring = along(hull(benchmark))
    figure.add_trace(
        go.Scatter3d(
            x=ring[:, 0],
            y=ring[:, 1],
            z=predict(benchmark, benchmark.fits[BEST], ring[:, 0], ring[:, 1]),
            mode="lines",
            line={"color": INK, "width": 4},
            hoverinfo="skip",
            name="measured range (beyond it: extrapolation)",
        )
    )


def _add_stems(figure: go.Figure, benchmark: Benchmark) -> None:
    """From each measured score to the law, one broken line. [3 n]"""
    gap = np.full(len(benchmark.names), np.nan)
    fitted = benchmark.fits[BEST].fitted
    x, y, z = (
        np.column_stack(columns).ravel()
        for columns in (
            (benchmark.a, benchmark.a, gap),
            (benchmark.c, benchmark.c, gap),
            (benchmark.score, fitted, gap),
        )
    )
    figure.add_trace(
        go.Scatter3d(
            x=x,
            y=y,
            z=z,
            mode="lines",
            line={"color": INK, "width": 3},
            hoverinfo="skip",
            showlegend=False,
            name="residual",
        )
    )


def _add_measured(figure: go.Figure, benchmark: Benchmark) -> None:
    low, high = colour_range(benchmark)
    is_few = len(benchmark.names) <= MOST_NAMES
    marker = {
        "size": 6 if is_few else 3.5,
        "color": benchmark.score,
        "cmin": low,
        "cmax": high,
        "colorscale": "Viridis",
        "line": {"color": INK, "width": 1.5 if is_few else 0.5},
    }
    figure.add_trace(
        go.Scatter3d(
            x=benchmark.a,
            y=benchmark.c,
            z=benchmark.score,
            name="measured",
            mode="markers",
            marker=marker,
            hovertext=_hover_texts(benchmark),
            hoverinfo="text",
        )
    )


def _hover_texts(benchmark: Benchmark) -> list[str]:
    blank = np.full(len(benchmark.names), np.nan)
    fit = benchmark.best
    columns = (
        benchmark.names,
        benchmark.a,
        benchmark.c,
        benchmark.score,
        fit.fitted if fit else blank,
        fit.loo if fit else blank,
    )
    return [
        f"<b>{plotly_text(name)}</b><br>A {figures(a, 4)}<br>C {figures(c)} %<br>measured {figures(score)}"
        f"<br>law {figures(fitted)}<br>law without it {figures(loo)}"
        for name, a, c, score, fitted, loo in zip(*columns)
    ]


def _add_left_out(figure: go.Figure, benchmark: Benchmark) -> None:
    loo = benchmark.fits[BEST].loo
    figure.add_trace(
        go.Scatter3d(
            x=benchmark.a,
            y=benchmark.c,
            z=loo,
            mode="markers",
            visible="legendonly",
            marker={"symbol": "diamond-open", "size": 6, "color": RED, "line": {"width": 2}},
            name="leave-one-out prediction",
            hovertext=_hover_texts(benchmark),
            hoverinfo="text",
        )
    )


def _add_unmeasured(figure: go.Figure, benchmark: Benchmark, picks: list[str]) -> None:
    if not benchmark.open_names:
        return
    score = predict(benchmark, benchmark.fits[BEST], benchmark.open_a, benchmark.open_c)
    texts = [
        f"<b>{plotly_text(name)}</b><br>law {figures(value)}"
        for name, value in zip(numbered(benchmark.open_names, picks), score)
    ]
    figure.add_trace(
        go.Scatter3d(
            x=benchmark.open_a,
            y=benchmark.open_c,
            z=score,
            mode="markers",
            hovertext=texts,
            marker={"symbol": "circle-open", "size": 6, "color": INK, "line": {"width": 2}},
            name="not measured: the law's prediction",
            hoverinfo="text",
        )
    )


def _layout(benchmark: Benchmark, names: list[dict[str, Any]]) -> dict[str, Any]:
    def axis(title: str) -> dict[str, Any]:
        return {
            "title": {"text": plotly_text(title), "font": {"size": 12}},
            "backgroundcolor": "#f6f7f9",
            "gridcolor": "#cfd5dc",
            "showbackground": True,
            "zerolinecolor": "#cfd5dc",
            "tickfont": {"size": 10},
        }

    return {
        "template": None,
        "font": {"family": _FONT, "color": INK},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "white",
        "uirevision": "camera",
        "autosize": True,
        "legend": {"orientation": "h", "x": 0, "y": 0, "yanchor": "top", "font": {"size": 11}},
        "hoverlabel": {"bgcolor": "white", "font": {"color": INK}},
        "scene": {
            "annotations": names,
            "xaxis": axis(benchmark.a_label),
            "yaxis": axis(C_LABEL),
            "zaxis": axis(f"Score ({benchmark.score_unit})"),
            "aspectmode": "manual",
            "aspectratio": ASPECT,
            "camera": {"eye": EYE, "center": CENTRE},
        },
    }


def _plain(value: Any) -> Any:
    """Lists and numbers that JSON knows: six significant digits, NaN as null."""
    if isinstance(value, dict) and "bdata" in value:  # Plotly's base64 of an array
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        shape = [int(side) for side in str(value.get("shape", array.size)).split(",")]
        return _plain(array.reshape(shape))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value
