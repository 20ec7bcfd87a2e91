# SPDX-License-Identifier: Apache-2.0
"""Tiny pictures of every kind that the benchmarks have, for benchmark_rows.py; makes no file by itself."""

import io
import random

from PIL import Image

KINDS = ["png", "jpeg", "grey", "palette", "rgba", "cmyk", "grey jpeg", "rotated jpeg", "two colours", "grey alpha", "webp"]


def drawing(seed: int, width: int = 16, height: int = 12) -> Image.Image:
    """Four boxes of any colours on a ground of another."""
    draw = random.Random(seed)
    picture = Image.new("RGB", (width, height), tuple(draw.randrange(256) for _ in range(3)))
    for _ in range(4):
        left, top = draw.randrange(width), draw.randrange(height)
        colour = tuple(draw.randrange(256) for _ in range(3))
        picture.paste(colour, (left, top, min(width, left + draw.randrange(2, 9)), min(height, top + draw.randrange(2, 7))))
    return picture


def encoded(picture: Image.Image, file_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def picture(kind: str, seed: int) -> bytes:
    base = drawing(seed, 12 + seed % 7, 9 + seed % 5)
    if kind == "png":
        return encoded(base, "PNG", optimize=True)
    if kind == "jpeg":
        return encoded(base, "JPEG", quality=50, optimize=True)
    if kind == "grey":
        return encoded(base.convert("L"), "PNG", optimize=True)
    if kind == "palette":  # with a transparent colour, which Pillow's RGB shows
        return encoded(base.quantize(5), "PNG", optimize=True, transparency=1)
    if kind == "rgba":  # half transparent: dropped, not blended
        base.putalpha(drawing(seed + 1, *base.size).convert("L"))
        return encoded(base, "PNG", optimize=True)
    if kind == "cmyk":
        return encoded(base.convert("CMYK"), "JPEG", quality=50, optimize=True)
    if kind == "grey jpeg":
        return encoded(base.convert("L"), "JPEG", quality=50, optimize=True)
    if kind == "rotated jpeg":  # a phone's photograph: EXIF says "turn me", nobody did
        exif = Image.Exif()
        exif[0x0112] = 6
        return encoded(base, "JPEG", quality=50, optimize=True, exif=exif)
    if kind == "two colours":
        return encoded(base.convert("1"), "PNG", optimize=True)
    if kind == "grey alpha":
        grey = base.convert("LA")
        grey.putalpha(drawing(seed + 1, *base.size).convert("L"))
        return encoded(grey, "PNG", optimize=True)
    assert kind == "webp", kind
    return encoded(base, "WEBP", lossless=True)
