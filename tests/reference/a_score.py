# SPDX-License-Identifier: Apache-2.0
"""A scores by the published formula in PyTorch, in double, single and bfloat16, on a CPU: tests/golden/a_score.json.

    a_score_golden   the data of tests/golden/a_score_golden.json (its generator is described there): the score of each image in
                     bfloat16, and the mean over images; the double and single figures of that file are computed again and compared
    cases            small ones, with their tokens: the largest cosine of each token in double and in single, the mean in bfloat16
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

GOLDEN = Path(__file__).parents[1] / "golden"
IMAGES, CHANNELS, SHARED = 100, 64, 16
TOKENS = {"clip336": (1, 36), "clip224": (2, 16), "dino": (3, 16), "sd2_1": (4, 25)}
REFERENCES = ("clip336", "clip224")


def splitmix64(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = x + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def hashed(r: int, image: int, tokens: np.ndarray, channels: np.ndarray) -> np.ndarray:
    place = ((r * 1000 + image) * 1000 + tokens[:, None]) * 1000 + channels[None, :]
    return (splitmix64(place.astype(np.uint64)) >> np.uint64(41)).astype(np.float64) / 2**22 - 1


def tokens_of(r: int, count: int, image: int, channels: int = CHANNELS) -> torch.Tensor:
    t, c = np.arange(count), np.arange(channels)
    return torch.from_numpy((hashed(r, image, t, c) + hashed(99, image, t % SHARED, c)).astype(np.float32))


def maxima(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The largest cosine of each row of x: rows divided by their norm + 1e-10, then the library's cosine of all pairs."""
    x, y = (rows / (torch.linalg.norm(rows, dim=-1, keepdim=True) + 1e-10) for rows in (x, y))
    return F.cosine_similarity(x.unsqueeze(1), y.unsqueeze(0), dim=-1).max(dim=1).values


def score(x: torch.Tensor, y: torch.Tensor, dtype: torch.dtype) -> float:
    return maxima(x.to(dtype), y.to(dtype)).mean().item()


def golden() -> dict[str, object]:
    committed = json.loads((GOLDEN / "a_score_golden.json").read_text())["a_score_golden"]
    result: dict[str, object] = {"bf16_images": {}, "bf16": {}}
    for name, (r, count) in TOKENS.items():
        means = {}
        for dtype in (torch.float64, torch.float32, torch.bfloat16):
            scores = [[score(tokens_of(r, count, i), tokens_of(*TOKENS[reference], i), dtype) for i in range(1, IMAGES + 1)]
                      for reference in REFERENCES]
            means[dtype] = [sum(one) / IMAGES for one in scores]
            means[dtype].append(sum(means[dtype]) / len(REFERENCES))
        assert np.allclose(means[torch.float64], committed["f64"][name], rtol=0, atol=1e-12), name
        assert np.allclose(means[torch.float32], committed["f32"][name], rtol=0, atol=1e-6), name
        assert np.allclose(means[torch.bfloat16], committed["bf16_cpu"][name], rtol=0, atol=3e-3), name
        result["bf16"][name] = means[torch.bfloat16]
        result["bf16_images"][name] = dict(zip(REFERENCES, scores))
    return result


def pair(seed: int, n: int, m: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Multiples of 1/256, so that they are short in JSON and exact in single."""
    x, y = tokens_of(seed, n, 1, channels), tokens_of(seed + 1, m, 1, channels)
    return (x * 256).round() / 256, (y * 256).round() / 256


def cases() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    result = {
        "more_tokens_than_the_reference": pair(11, 7, 3, 16),
        "fewer_tokens_than_the_reference": pair(13, 2, 19, 16),
        "one_token_each": pair(15, 1, 1, 8),
        "one_channel": pair(17, 3, 2, 1),
        "channels_13": pair(19, 5, 6, 13),
        "channels_37": pair(21, 6, 5, 37),
    }
    x, y = pair(23, 4, 5, 16)
    x[1], y[2] = 0, 0
    result["zero_tokens"] = (x, y)
    result["only_zero_tokens"] = (torch.zeros(2, 16), y)
    x, y = pair(25, 4, 5, 16)
    result["equal_tokens"] = (x[:1].expand(4, -1), y[:1].expand(5, -1))
    result["itself"] = (y, y)
    x, y = pair(27, 3, 4, 16)
    x[0] *= 2.0**-34  # a norm near the first epsilon, and two below what the library's clamp lets through
    x[1] *= 2.0**-66
    y *= 2.0**-70
    result["tiny_tokens"] = (x, y)
    x, y = pair(29, 3, 4, 16)
    result["huge_tokens"] = (x * 2.0**60, y * 2.0**62)
    return result


def describe(x: torch.Tensor, y: torch.Tensor) -> dict[str, object]:
    double = maxima(x.double(), y.double())
    single = maxima(x, y)
    return {"x": x.tolist(), "y": y.tolist(), "f64": double.tolist(), "f32": single.tolist() if single.isfinite().all() else None,
            "bf16": score(x, y, torch.bfloat16)}


def main() -> None:
    torch.set_num_threads(1)
    content = {"torch": torch.__version__.split("+")[0], "golden": golden(), "cases": {name: describe(*xy) for name, xy in cases().items()}}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    (GOLDEN / "a_score.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
