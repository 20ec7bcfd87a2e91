# SPDX-License-Identifier: Apache-2.0
"""Principal components of tokens, as colours."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COMPONENTS = 3
_FAINTEST, _BRIGHTEST = 1, 99  # percentiles that become 0 and 1: a few odd tokens do not darken the rest


@dataclass(frozen=True)
class Components:
    mean: np.ndarray  # [D]
    axes: np.ndarray  # [k, D], orthonormal, the strongest first; k is 3, or less for fewer tokens or channels
    share: np.ndarray  # [k] of the variance, each


def principal(tokens: np.ndarray) -> Components:
    """Of [N, D] tokens, about their mean. An axis has no sign of its own: its largest entry is made positive."""
    tokens = tokens.astype(np.float64)
    mean = tokens.mean(0)
    _, strengths, axes = np.linalg.svd(tokens - mean, full_matrices=False)
    largest = np.abs(axes).argmax(1)
    axes *= np.where(axes[np.arange(len(axes)), largest] < 0, -1.0, 1.0)[:, None]
    variance = strengths**2
    return Components(mean, axes[:COMPONENTS], (variance / max(variance.sum(), 1e-300))[:COMPONENTS])


def colours(tokens: np.ndarray, components: Components) -> np.ndarray:
    """@param tokens [N, D] @return [N, 3] from 0 to 1: red, green and blue; grey where there is no such component"""
    values = (tokens.astype(np.float64) - components.mean) @ components.axes.T
    low, high = np.percentile(values, (_FAINTEST, _BRIGHTEST), axis=0)
    width = high - low
    scaled = np.full((len(values), COMPONENTS), 0.5)
    spread = width > 1e-9 * np.abs(values).max(initial=0)
    scaled[:, : len(width)][:, spread] = ((values - low)[:, spread] / width[spread]).clip(0, 1)
    return scaled
