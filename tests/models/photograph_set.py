# SPDX-License-Identifier: Apache-2.0
"""A set of the shape of SPair-71k whose answers are known: a category is a photograph, its images are the photograph cut,
squeezed, turned and lit in known ways, and a keypoint is a textured spot followed through all of them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

KEYPOINTS, ALL_KEYPOINTS = 12, 30
Affine = np.ndarray  # [2, 3]: pixels of the photograph to pixels of the image, corners of the picture being whole numbers


def textured_spots(photograph: Image.Image, count: int) -> list[tuple[float, float]]:
    """Corners (the smaller eigenvalue of the structure tensor), well apart, in the middle two thirds of the picture."""
    grey = np.asarray(photograph.convert("L"), float)
    dy, dx = np.gradient(grey)
    height, width = grey.shape

    def smooth(values: np.ndarray, radius: int = 6) -> np.ndarray:
        for axis in (0, 1):
            total = np.cumsum(np.pad(values, [(radius + 1, radius) if a == axis else (0, 0) for a in (0, 1)]), axis)
            span = 2 * radius + 1
            last = total.shape[axis]
            values = np.take(total, range(span, last), axis) - np.take(total, range(last - span), axis)
        return values

    xx, yy, xy = smooth(dx * dx), smooth(dy * dy), smooth(dx * dy)
    strength = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)
    rows, columns = np.mgrid[:height, :width]
    inside = (abs(rows / height - 0.5) < 1 / 3) & (abs(columns / width - 0.5) < 1 / 3)
    strength = np.where(inside, strength, -1)
    spots: list[tuple[float, float]] = []
    while len(spots) < count:
        y, x = np.unravel_index(strength.argmax(), strength.shape)
        assert strength[y, x] > 0, "the photograph has too few textured spots"
        spots.append((float(x) + 0.5, float(y) + 0.5))
        strength[np.hypot(rows - y, columns - x) < 0.09 * max(width, height)] = -1
    return spots


def cut(x0: float, y0: float, x1: float, y1: float, stretch: tuple[float, float] = (1, 1)):
    """The part between these shares of width and height, each axis then scaled by `stretch`."""

    def of(width: int, height: int) -> tuple[Affine, tuple[int, int]]:
        size = (round((x1 - x0) * width * stretch[0]), round((y1 - y0) * height * stretch[1]))
        scale = (size[0] / ((x1 - x0) * width), size[1] / ((y1 - y0) * height))
        return np.array([[scale[0], 0, -scale[0] * x0 * width], [0, scale[1], -scale[1] * y0 * height]]), size

    return of


def turned(degrees: float):
    """About the middle, on a canvas of the same size."""

    def of(width: int, height: int) -> tuple[Affine, tuple[int, int]]:
        c, s, x, y = np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), width / 2, height / 2
        return np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y]]), (width, height)

    return of


WHOLE = cut(0, 0, 1, 1)
VARIANTS = {  # how an image is made of the photograph: the transformation, and the brightness
    "2000_000000": (WHOLE, 1.0),
    "2000_000001": (cut(0.12, 0, 0.7, 1), 1.0),  # a portrait
    "2000_000002": (cut(0, 0.15, 1, 0.8), 1.2),  # wider than it was
    "2000_000003": (cut(0, 0, 1, 1, (0.55, 1)), 1.0),  # squeezed
    "2000_000004": (turned(8), 0.8),
    "2000_000005": (cut(0, 0, 1, 1, (0.6, 0.6)), 1.3),  # smaller and brighter
}


def write_image(root: Path, category: str, name: str, photograph: Image.Image, how: tuple, spots: list) -> dict:
    """@return the annotation, as SPair-71k has it"""
    transformation, brightness = how
    matrix, size = transformation(*photograph.size)
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    image = photograph.transform(size, Image.Transform.AFFINE, inverse.ravel(), Image.Resampling.BICUBIC)
    ImageEnhance.Brightness(image).enhance(brightness).save(root / "JPEGImages" / category / f"{name}.jpg", quality=95)
    places = [[round(float(v), 2) for v in matrix @ (x, y, 1)] for x, y in spots]
    seen = [place if all(4 < p < side - 4 for p, side in zip(place, size)) else None for place in places]
    shown = np.array([place for place in seen if place])
    box = [*np.floor(shown.min(0)).tolist(), *np.ceil(shown.max(0)).tolist()]
    annotation = {"filename": f"{name}.jpg", "image_width": size[0], "image_height": size[1], "image_depth": 3,
                  "category": category, "bndbox": box, "azimuth_id": 0,
                  "kps": {str(i): seen[i] if i < len(seen) else None for i in range(ALL_KEYPOINTS)}}
    (root / "ImageAnnotation" / category / f"{name}.json").write_text(json.dumps(annotation))
    return annotation


def write_set(root: Path, photographs: dict[str, Path], variants: dict, with_itself: bool = False) -> int:
    """All ordered pairs of each photograph's variants, as the split `test`. @return how many"""
    (root / "PairAnnotation/test").mkdir(parents=True)
    pairs = 0
    for category, file in photographs.items():
        photograph = Image.open(file).convert("RGB")
        spots = textured_spots(photograph, KEYPOINTS)
        for folder in ("JPEGImages", "ImageAnnotation"):
            (root / folder / category).mkdir(parents=True)
        made = [write_image(root, category, name, photograph, how, spots) for name, how in variants.items()]
        for source in made:
            for target in made:
                if source is target and not with_itself:
                    continue
                names = [source["filename"][:-4], target["filename"][:-4]]
                pair = {"pair_id": pairs, "category": category}
                for key, image in (("src", source), ("trg", target)):
                    pair |= {f"{key}_imname": image["filename"], f"{key}_bndbox": image["bndbox"],
                             f"{key}_imsize": [image["image_width"], image["image_height"], 3]}
                (root / f"PairAnnotation/test/{pairs:06}-{names[0]}-{names[1]}:{category}.json").write_text(json.dumps(pair))
                pairs += 1
    return pairs
