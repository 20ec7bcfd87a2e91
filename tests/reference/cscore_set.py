# SPDX-License-Identifier: Apache-2.0
"""tests/data/cscore_spair as the published evaluation reads it, and the settings of cscore.py, which runs them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

SET = Path("tests/data/cscore_spair")
SIZE = 840  # edge of the padded frame, pixels
POINTS = 30

# Keypoints that look alike, by category of the set: raw ids, in the order of the published lists, which their renumbering
# depends on.
GEO_GROUPS = {
    "bicycle": [[0], [1], [2, 3], [4], [5], [6, 7], [8], [9, 10], [13]],
    "bus": [[0, 1], [2, 3, 5, 6], [4, 7], [10, 13, 20, 23], [11, 14, 21, 24], [12, 15, 22, 25], [16, 17, 26, 27],
            [18, 19, 28, 29]],
    "cat": [[0], [1], [2, 3], [4], [5], [6], [7], [8], [9, 10, 11, 12], [13], [14]],
    "pottedplant": [[0, 1, 2, 3], [4, 5], [6, 8], [7]],
    "tvmonitor": [[0, 2, 4, 6], [1, 3, 5, 7], [8, 10, 12, 14], [9, 11, 13, 15]],
}
# What becomes what in a mirrored image. Bicycle and bus are numbered without the ids that they do not have.
MIRROR = {
    "bicycle": [[0], [1], [2, 3], [4], [5], [6, 7], [8], [9, 10], [11]],
    "bus": [[0, 1], [2, 3], [5, 6], [4], [7], [8, 18], [11, 21], [9, 19], [12, 22], [10, 20], [13, 23], [14, 15], [24, 25],
            [16, 17], [26, 27]],
    "cat": [[0, 1], [2, 3], [4, 5], [6, 7], [8], [9, 10], [11, 12], [13], [14]],
    "pottedplant": [[0, 2], [1], [3], [4, 5], [6, 8], [7]],
    "tvmonitor": [[0, 2], [4, 6], [1], [5], [3, 7], [8, 10], [12, 14], [9], [13], [11, 15]],
}


@dataclass(frozen=True)
class Setting:
    features: tuple[str, ...]  # suffixes of the files
    window: int | None = 5  # patches to each side of the peak; 0: all; None: the peak itself
    average: str = "image"  # or keypoint
    threshold: str = "box"  # or image
    flip: str = ""  # own: the set's mirrored features; next: see tests/reference/README.md
    frame: str = "published"  # or aligned
    version: str = "2.11"  # whose arithmetic in bfloat16; of PyTorch 1.13's what differs is done here
    crop: tuple[int, int] | None = None  # the map's first rows and columns, which stand for the whole image then

    def describe(self) -> dict:
        text = {"features": list(self.features), "match": "hard" if self.window is None else "soft"}
        if self.window is not None:
            text["window"] = self.window
        text |= {"average": self.average, "threshold": self.threshold, "flip": self.flip, "frame": self.frame}
        if any("bf16" in suffix for suffix in self.features):
            text["torch"] = self.version
        return text | ({"crop": {"rows": self.crop[0], "columns": self.crop[1]}} if self.crop else {})


SETTINGS = {
    "m1_np16_soft5": Setting(("m1",)),
    "m1_np16_hard": Setting(("m1",), window=None),
    "m24_np24_soft5": Setting(("m24",)),
    "m1m2_np16_soft5": Setting(("m1", "m2")),
    "m1_np16_soft0": Setting(("m1",), window=0),
    "m1_np16_soft2": Setting(("m1",), window=2),
    "m1_np16_soft5_keypoint": Setting(("m1",), average="keypoint"),
    "m1_np16_soft5_image": Setting(("m1",), threshold="image"),
    "m1_np16_soft5_keypoint_image": Setting(("m1",), average="keypoint", threshold="image"),
    "m1_np16_soft5_flip": Setting(("m1",), flip="own"),
    "m1_np16_soft5_flip_next": Setting(("m1",), flip="next"),
    "m1_np16_hard_flip_next": Setting(("m1",), window=None, flip="next"),
    "m1_np16_soft5_flip_next_aligned": Setting(("m1",), flip="next", frame="aligned"),
    "m24_np24_hard": Setting(("m24",), window=None),
    "m1m2_np16_hard": Setting(("m1", "m2"), window=None),
    "m1bf16_np16_soft5_torch1": Setting(("m1bf16",), version="1.13"),
    "m1bf16_np16_soft0_torch1": Setting(("m1bf16",), window=0, version="1.13"),
    "m1bf16_np16_hard_torch1": Setting(("m1bf16",), window=None, version="1.13"),
    "m1bf16x2_np16_soft5_torch1": Setting(("m1bf16", "m1bf16"), version="1.13"),
    "m1bf16_np16_soft5": Setting(("m1bf16",)),
    "m1bf16_np16_soft0": Setting(("m1bf16",), window=0),
    "m1bf16_np16_hard": Setting(("m1bf16",), window=None),
    "m24_18x24_soft5": Setting(("m24",), crop=(18, 24)),
    "m24_18x24_hard": Setting(("m24",), window=None, crop=(18, 24)),
    "m24_24x17_soft2": Setting(("m24",), window=2, crop=(24, 17)),
    "m1_np16_soft5_aligned": Setting(("m1",), frame="aligned"),
    "m1_np16_hard_aligned": Setting(("m1",), window=None, frame="aligned"),
    "m24_18x24_soft5_aligned": Setting(("m24",), frame="aligned", crop=(18, 24)),
}


def read(file: Path) -> dict:
    return json.loads(file.read_text())


def place(width: int, height: int) -> tuple[float, int, int]:
    """Scale and offsets (x, y) that take an image's pixels into the padded frame."""
    scale = SIZE / max(width, height)
    x = int((SIZE - int(np.around(SIZE * width / height))) / 2) if width < height else 0
    y = int((SIZE - int(np.around(SIZE * height / width))) / 2) if height < width else 0
    return scale, x, y


def padded(points: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """@param points [n, 3] float32 x, y, visible in pixels of the image @return the same in the padded frame"""
    scale, x, y = place(width, height)
    moved = points.clone()
    moved[:, :2] *= scale
    moved[:, 0] += x
    moved[:, 1] += y
    return moved * moved[:, 2:3].clone()


@dataclass
class View:
    """One image of a pair."""

    name: str
    raw: torch.Tensor  # [30, 3] in pixels of the image
    points: torch.Tensor  # [30, 3] in the padded frame
    size: tuple[int, int]  # width, height, as the pair says
    box_edge: float  # longer edge of the pair's box, in the padded frame
    own_edge: float  # the same of the image's own box


@dataclass
class Pair:
    source: View
    target: View


def read_view(pair: dict, side: str) -> View:
    name = pair[f"{side}_imname"]
    image = read(SET / "ImageAnnotation" / pair["category"] / name.replace(".jpg", ".json"))
    raw = torch.zeros(POINTS, 3)
    for key, point in image["kps"].items():
        if point is not None:
            raw[int(key)] = torch.tensor([*point, 1.0])
    width, height = pair[f"{side}_imsize"][:2]

    def edge(box: list, scale: float) -> float:
        return max(box[3] - box[1], box[2] - box[0]) * scale

    own = edge(image["bndbox"], place(image["image_width"], image["image_height"])[0])
    return View(name, raw, padded(raw, width, height), (width, height),
                edge(pair[f"{side}_bndbox"], place(width, height)[0]), own)


def read_pairs(category: str) -> list[Pair]:
    files = sorted((SET / "PairAnnotation" / "test").glob(f"*:{category}.json"))
    return [Pair(read_view(pair, "src"), read_view(pair, "trg")) for pair in map(read, files)]


def load_map(category: str, name: str, suffix: str, crop: tuple[int, int] | None) -> torch.Tensor:
    """@return [C, rows, columns]"""
    array = np.load(SET / "features" / category / name.replace(".jpg", f"_{suffix}.npy"))
    tensor = torch.from_numpy(array.copy())
    if array.dtype == np.uint16:
        tensor = tensor.view(torch.bfloat16)
    tensor = tensor.reshape(tensor.shape[-3:])
    return tensor if crop is None else tensor[:, : crop[0], : crop[1]].contiguous()
