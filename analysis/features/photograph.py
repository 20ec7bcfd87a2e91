# SPDX-License-Identifier: Apache-2.0
"""Photographs as a model saw them: the part of the picture that its preprocessing left (encoders::ImageGeometry)."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from PIL import Image

from failure import input_error
from feature_folder import Features

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}  # else bicubic


def read_photographs(folder: Path, features: Features) -> list[Image.Image]:
    """One for each image; raises ReportError (input)"""
    if not folder.is_dir():
        raise input_error(f"{folder}: no such folder", "the photographs are shown beside their features", "check --images")
    return [_read(_file_of(folder, image), features.pixels) for image in features.ids]


def seen(picture: Image.Image, pixels: dict[str, Any]) -> Image.Image:
    """@param pixels resize [h, w] or shortest_edge, filter, crop [h, w]; what is missing is not done"""
    width, height = picture.size
    if "shortest_edge" in pixels:
        edge, short = pixels["shortest_edge"], min(width, height)
        width, height = (edge if side == short else int(edge * side / short) for side in (width, height))
    elif "resize" in pixels:
        height, width = pixels["resize"]
    if (width, height) != picture.size:
        picture = picture.resize((width, height), _FILTERS.get(pixels.get("filter", ""), Image.Resampling.BICUBIC))
    if "crop" not in pixels:
        return picture
    crop_height, crop_width = pixels["crop"]
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return picture.crop((left, top, left + crop_width, top + crop_height))  # black beyond the picture


def _file_of(folder: Path, image: str) -> Path:
    # SPair-71k's pictures lie one folder deeper; names that are no UTF-8 have percent-encoded ids.
    as_bytes = Path(os.fsdecode(unquote_to_bytes(image)))
    for file in (folder / image, folder / "JPEGImages" / image, folder / as_bytes):
        if file.is_file():
            return file
    raise input_error(
        f"{folder}: has no file '{image}'",
        "each photograph is shown beside its features, whose id is its path",
        "name the folder that lvr-extract got as --images (with a list: as --image-root); "
        "without --images only the features are drawn, as for parquet datasets",
    )


def _read(file: Path, pixels: dict[str, Any]) -> Image.Image:
    try:
        with Image.open(file) as picture:
            return seen(picture.convert("RGB"), pixels)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise input_error(
            f"{file}: cannot be read ({error})", "it is not the picture that its features are of", "restore the file"
        ) from error
