# SPDX-License-Identifier: Apache-2.0
"""The C score as published, in PyTorch: makes tests/golden/cscore/<setting>.json from tests/data/cscore_spair.

Does what the paper's evaluation does, in its order, shapes and dtypes: all source rows are matched, bfloat16
features stay bfloat16 through the softmax. Where the published code cannot go (grids that are not square,
features of squashed images against their own keypoints) the definitions are ours: see Frame and Setting.
In bfloat16 PyTorch 1.13, which the authors name, and later versions differ in two places: see `version`.
Usage, from the repository root: python tests/reference/cscore.py [--check FILE]
FILE: results of the authors' own code, of the same form; deviations are printed, nothing is written.
"""

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from cscore_set import GEO_GROUPS, MIRROR, POINTS, SET, SETTINGS, SIZE, Pair, Setting, load_map, place, read, read_pairs

OUT = Path("tests/golden/cscore")
ALPHAS = torch.tensor([0.1, 0.05, 0.01])
TEMPERATURE = 0.02
EPSILON = 1e-10


# ---- matching


def norm_of(rows: torch.Tensor, version: str) -> torch.Tensor:
    """PyTorch 1.13 adds squares of bfloat16 one by one in bfloat16, where they do not lie side by side in memory."""
    if version != "1.13" or rows.dtype != torch.bfloat16 or rows.stride(-1) == 1:
        return torch.linalg.norm(rows, dim=-1)
    total = torch.zeros(rows.shape[:-1], dtype=rows.dtype)
    for k in range(rows.shape[-1]):
        total += rows[..., k] * rows[..., k]
    return total.sqrt()


def unit(rows: torch.Tensor, version: str) -> torch.Tensor:
    return rows / (norm_of(rows, version)[:, :, None] + EPSILON)


def next_image(category: str, name: str) -> str:
    names = sorted(file.stem for file in (SET / "ImageAnnotation" / category).glob("*.json"))
    return names[(names.index(Path(name).stem) + 1) % len(names)] + ".jpg"


def descriptors(category: str, name: str, setting: Setting, mirrored: bool = False) -> tuple[torch.Tensor, int, int]:
    """@return [1, rows * columns, C] unit rows, and the grid"""
    ending = "_flip" if mirrored and setting.flip == "own" else ""
    if mirrored and setting.flip == "next":
        name = next_image(category, name)
    maps = [load_map(category, name, suffix + ending, setting.crop) for suffix in setting.features]
    rows, columns = maps[0].shape[-2:]
    parts = [unit(one.reshape(1, -1, rows * columns).permute(0, 2, 1), setting.version) for one in maps]
    return (parts[0] if len(parts) == 1 else unit(torch.cat(parts, dim=-1), setting.version)), rows, columns


def keep_window(similarity: torch.Tensor, window: int, rows: int, columns: int) -> torch.Tensor:
    """Zero, not minus infinity, beyond the window around each row's peak. @param similarity [n, rows * columns]"""
    peak = similarity.argmax(dim=-1)
    near_row = (torch.arange(rows) - (peak // columns)[:, None]).abs() <= window
    near_column = (torch.arange(columns) - (peak % columns)[:, None]).abs() <= window
    near = near_row[:, :, None] & near_column[:, None, :]
    return similarity * near.reshape(similarity.shape).to(similarity.dtype)


def expected_place(similarity: torch.Tensor, rows: int, columns: int, version: str) -> torch.Tensor:
    """Softmax over the target patches of all source patches. @return [n, 2] float32 column and row, in patches"""
    target = similarity.view(1, rows, columns, -1).permute(0, 3, 1, 2)
    temperature = torch.tensor(TEMPERATURE)
    if version == "1.13":
        temperature = temperature.to(similarity.dtype)  # later versions divide by it in float32
    weight = torch.exp((target - target.max(dim=1, keepdim=True)[0]) / temperature)
    weight = (weight / weight.sum(dim=1, keepdim=True)).view(-1, rows, columns, rows, columns)

    def expectation(marginal: torch.Tensor, count: int) -> torch.Tensor:
        line = torch.tensor(np.linspace(-1, 1, count)).float().view(1, count, 1, 1)
        return ((marginal * line).sum(dim=1) + 1) * (count - 1) / 2.0

    column = expectation(weight.sum(dim=1), columns)
    row = expectation(weight.sum(dim=2), rows)
    return torch.stack([column.reshape(-1), row.reshape(-1)], dim=1)


def match(source: torch.Tensor, target: torch.Tensor, at: np.ndarray, grid: tuple[int, int], setting: Setting):
    """@param at [n] source patches @return [n, 2] column and row of each, in patches"""
    (rows, columns), window = grid, setting.window
    similarity = torch.matmul(source, target.permute(0, 2, 1))[0]
    if window is None:
        best = torch.max(similarity[at], dim=-1)[1]
        return torch.stack([best % columns, best // columns], dim=1)
    if window > 0:
        similarity = keep_window(similarity, window, rows, columns)
    place_there = expected_place(similarity, rows, columns, setting.version)[at]
    return torch.stack([place_there[:, 0].clamp(0, columns - 1), place_there[:, 1].clamp(0, rows - 1)], dim=1)


class Frame:
    """Published: the grid covers the padded frame; a patch's point is half a stride, rounded down, from its corner.
    Aligned: the grid covers the image itself, squashed; a patch's point is its centre."""

    def __init__(self, setting: Setting, grid: tuple[int, int]):
        self.aligned = setting.frame == "aligned"
        self.rows, self.columns = grid

    def patches(self, points: torch.Tensor, size: tuple[int, int]) -> np.ndarray:
        """@param points [n, 3] padded; aligned: pixels of the image"""
        x, y = points[:, 0].numpy(), points[:, 1].numpy()
        width, height = size if self.aligned else (SIZE, SIZE)
        column = (self.columns / width * x).astype(np.int32)
        row = (self.rows / height * y).astype(np.int32)
        if self.aligned:
            column, row = column.clip(0, self.columns - 1), row.clip(0, self.rows - 1)
        return self.columns * row + column

    def pixels(self, patches: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        """@param patches [n, 2] column and row @return [n, 2] x, y in the padded frame"""
        if self.aligned:
            (width, height), (scale, x, y) = size, place(*size)
            centre = patches.double() + 0.5
            return torch.stack([centre[:, 0] * width / self.columns * scale + x,
                                centre[:, 1] * height / self.rows * scale + y], dim=1).float()
        wide, high = SIZE / self.columns, SIZE / self.rows
        return torch.stack([patches[:, 0] * wide + wide // 2, patches[:, 1] * high + high // 2], dim=1)


# ---- mirrored sources


def renumber(groups: list[list[int]], used: list[int]) -> list[list[int]]:
    """As published: unused ids are dropped, the rest become 0, 1, 2... in the order of the list."""
    left = [[i for i in group if i in used] for group in groups]
    count = iter(range(sum(map(len, left))))
    return [[next(count) for _ in group] for group in left if group]


def mirror_groups(category: str, used: list[int]) -> list[list[int]]:
    groups = MIRROR[category]
    return groups if sum(map(len, groups)) == len(used) else renumber(groups, used)


def mirror_order(groups: list[list[int]], visible: torch.Tensor | None) -> list[int]:
    """Which point stands where in the mirrored image; with `visible` only pairs of which both are."""
    order = list(range(max(map(max, groups)) + 1))
    for group in groups:
        if visible is None or all(visible[i] for i in group):
            for i, member in enumerate(group):
                order[member] = group[(i + 1) % len(group)]
    return order


def mirrored(points: torch.Tensor, order: list[int], edge: int) -> torch.Tensor:
    moved = points.clone()
    moved[:, 0] = edge - moved[:, 0]
    return moved[order]


def distance(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean distance of the source patches that are the nearest of their nearest."""
    between = torch.cdist(source, target)[0]
    there, back = between.argmin(dim=1), between.argmin(dim=0)
    mutual = back[there] == torch.arange(len(there))
    return between.min(dim=1)[0][mutual].mean()


# ---- scores


@dataclass
class Matched:
    """What became of the pairs of a category, over its used points."""

    used: list[int]
    predictions: list[torch.Tensor] = field(default_factory=list)  # [n, 2] padded frame
    flipped: int = 0


def predict(category: str, pair: Pair, used: list[int], setting: Setting) -> tuple[torch.Tensor, bool]:
    source, rows, columns = descriptors(category, pair.source.name, setting)
    target, *_ = descriptors(category, pair.target.name, setting)
    frame, grid = Frame(setting, (rows, columns)), (rows, columns)
    start = (pair.source.raw if frame.aligned else pair.source.points)[used]

    def go(descriptor: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        at = frame.patches(points, pair.source.size)
        return frame.pixels(match(descriptor, target, at, grid, setting), pair.target.size)

    found = go(source, start)
    if not setting.flip:
        return found, False
    groups = mirror_groups(category, used)
    points, there = pair.source.points[used], pair.target.points[used]
    both = points[:, 2] * there[:, 2] > 0
    mirrored_source, *_ = descriptors(category, pair.source.name, setting, mirrored=True)
    edge = pair.source.size[0] if frame.aligned else SIZE
    otherwise = go(mirrored_source, mirrored(start, mirror_order(groups, both), edge))
    nearer = bool(distance(mirrored_source, target) < distance(source, target))
    if nearer:
        swapped = mirrored(points * both.unsqueeze(-1).float(), mirror_order(groups, None), edge)
        still = swapped[:, 2] * there[:, 2] * points[:, 2] > 0
        found[still] = otherwise[still]
    return found, nearer


def match_category(category: str, pairs: list[Pair], setting: Setting) -> Matched:
    seen = torch.stack([view.points[:, 2] for pair in pairs for view in (pair.source, pair.target)])
    matched = Matched(torch.where(seen.any(dim=0))[0].tolist())
    for pair in pairs:
        found, nearer = predict(category, pair, matched.used, setting)
        matched.predictions.append(found)
        matched.flipped += nearer
    return matched


def geo_mask(groups: list[list[int]], both: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """@param groups over the same numbers as the masks"""
    mask = torch.zeros(len(both), dtype=torch.bool)
    for group in groups:
        members = [i for i in group if both[i]]
        if len(members) >= 1 and sum(bool(there[i]) for i in group) >= 2:
            mask[members] = True
    return mask


def errors_of(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (target[:, [1, 0]] - prediction[:, [1, 0]]).norm(dim=-1)


def correct_of(errors: torch.Tensor, edge: torch.Tensor | None) -> torch.Tensor:
    """@param edge [n] double threshold of each point; none: the frame's @return [3, n]"""
    limit = ALPHAS.unsqueeze(-1) * SIZE if edge is None else ALPHAS.unsqueeze(-1) * edge.unsqueeze(0)
    return errors.unsqueeze(0).repeat(len(ALPHAS), 1) < limit


def geo_of(masks: list[torch.Tensor], correct: torch.Tensor) -> list:
    """Share of pairs, share of points, the PCK at each alpha, points."""
    chosen = torch.cat(masks)
    points = int(chosen.sum())
    pck = (correct[:, chosen].sum(dim=-1) / points).tolist() if points else [None] * len(ALPHAS)
    return [sum(bool(mask.any()) for mask in masks) / len(masks), points / len(chosen), *pck, points]


def score_category(category: str, pairs: list[Pair], matched: Matched, setting: Setting) -> dict:
    used, per_pair, correct, masks = matched.used, [], [], {"published": [], "raw": []}
    by_place = {raw: at for at, raw in enumerate(used)}
    groups = {"published": renumber(GEO_GROUPS[category], used),
              "raw": [[by_place[i] for i in group if i in by_place] for group in GEO_GROUPS[category]]}
    for pair, prediction in zip(pairs, matched.predictions):
        points, there = pair.source.points[used], pair.target.points[used]
        both = points[:, 2] * there[:, 2] > 0
        errors = errors_of(prediction[both], there[both])
        edge = torch.tensor(pair.target.box_edge, dtype=torch.float64).repeat(int(both.sum()))
        correct.append(correct_of(errors, edge if setting.threshold == "box" else None))
        per_pair.append(correct[-1].float().mean(dim=-1).tolist())
        for kind in masks:
            masks[kind].append(geo_mask(groups[kind], both, there[:, 2])[both])
    everything = torch.cat(correct, dim=1)
    points = everything.shape[1]
    result = {
        "category": category,
        "n_pairs": len(pairs),
        "used_points": used,
        "thresholds": [pair.target.box_edge for pair in pairs],
        "per_kpt": [*(everything.sum(dim=-1) / points).tolist(), points],
        "geo": geo_of(masks["published"], everything),
        "geo_raw": geo_of(masks["raw"], everything),
        "per_img": [*torch.tensor(per_pair).T.contiguous().mean(dim=-1).tolist(), len(pairs)],
        "pairs": [],
    }
    if setting.flip:
        result["flipped_pairs"] = matched.flipped
    for pair, prediction in zip(pairs, matched.predictions):
        all_points = torch.zeros(POINTS, 2)
        all_points[used] = prediction
        result["pairs"].append({"src": pair.source.name, "trg": pair.target.name, "pred": all_points.tolist()})
    return result


def geo_per_image(category: str, pairs: list[Pair], matched: Matched) -> list[torch.Tensor]:
    """The PCKs of the pairs that have look-alikes: raw ids, the image's own box, compared in float32."""
    found = []
    for pair, prediction in zip(pairs, matched.predictions):
        points = torch.zeros(POINTS, 2)
        points[matched.used] = prediction
        there = pair.target.points
        mask = geo_mask(GEO_GROUPS[category], pair.source.points[:, 2] * there[:, 2] > 0, there[:, 2])
        if mask.any():
            edge = torch.tensor(pair.target.own_edge).float().repeat(int(mask.sum()))
            correct = correct_of(errors_of(points[mask], there[mask]), edge)
            found.append(correct.sum(dim=-1).float() / int(mask.sum()))
    return found


def average(rows: list[list], first: int, weight: int) -> list[float]:
    table = np.array(rows, dtype=np.float64)
    return [float(np.average(table[:, first + i], weights=table[:, weight])) for i in range(len(ALPHAS))]


def run(setting: Setting) -> dict:
    categories, geo = [], []
    for category in sorted(folder.name for folder in (SET / "ImageAnnotation").iterdir()):
        pairs = read_pairs(category)
        matched = match_category(category, pairs, setting)
        categories.append(score_category(category, pairs, matched, setting))
        geo += geo_per_image(category, pairs, matched)
    per = "per_kpt" if setting.average == "keypoint" else "per_img"
    final = {"weighted": average([one[per] for one in categories], 0, 3),
             "geo_weighted_per_image": torch.stack(geo).mean(dim=0).tolist(), "geo_images": len(geo)}
    if setting.average == "keypoint":
        final["geo_weighted_per_kpt"] = average([one["geo"] for one in categories], 2, 5)
    return {"settings": setting.describe(), "final": final, "categories": categories}


# ---- what is done with them


def worst(ours: object, theirs: object) -> float:
    """The largest difference of two trees; infinite if they differ in form."""
    if isinstance(theirs, dict):
        return max((worst(ours.get(key), theirs[key]) for key in theirs if key != "settings"), default=0.0)
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return float("inf")
        return max(map(worst, ours, theirs), default=0.0)
    if isinstance(theirs, (int, float)):
        return abs(ours - theirs) if isinstance(ours, (int, float)) else float("inf")
    return 0.0 if ours == theirs else float("inf")


def check(file: Path) -> int:
    failed = 0
    for name, theirs in read(file).items():
        ours = run(SETTINGS[name])
        pixels = worst([[pair["pred"] for pair in one["pairs"]] for one in ours["categories"]],
                       [[pair["pred"] for pair in one["pairs"]] for one in theirs["categories"]])
        parts = {key: worst([one[key] for one in ours["categories"]], [one[key] for one in theirs["categories"]])
                 for key in ("category", "n_pairs", "used_points", "thresholds", "per_kpt", "per_img", "geo")}
        parts["final"] = worst(ours["final"], theirs["final"])
        good = pixels <= 1e-3 and parts["geo"] == 0 and max(parts.values()) <= 1e-6
        failed += not good
        print(f"{'ok' if good else 'FAILED'} {name}: predictions {pixels:.2g} px,",
              ", ".join(f"{key} {value:.2g}" for key, value in parts.items()))
    return failed


def write(name: str, result: dict) -> None:
    for category in result["categories"]:
        for pair in category["pairs"]:
            pair["pred"] = [[round(value, 4) for value in point] for point in pair["pred"]]
    text = json.dumps(result, separators=(",", ":")).replace('{"src"', '\n{"src"').replace('{"category"', '\n{"category"')
    assert len(text) < 200_000, name
    (OUT / f"{name}.json").write_text(text + "\n")
    print(name, [round(value, 6) for value in result["final"]["weighted"]],
          *(f"{one['category']}: {one['flipped_pairs']} flipped" for one in result["categories"] if "flipped_pairs" in one))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", type=Path, metavar="FILE", help="results of the authors' code to compare with")
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    if options.check:
        return check(options.check)
    OUT.mkdir(exist_ok=True)
    for name, setting in SETTINGS.items():
        write(name, run(setting))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
