# SPDX-License-Identifier: Apache-2.0
"""Pillow's decoding and resizing, for tests/unit/data_image_test.cpp.

Writes tests/golden/image_decode.json, and small picture files of every kind into tests/golden/images.
For each file: width, height and the SHA-256 of the bytes of Image.open(file).convert("RGB"), or "error".
For each resize: the SHA-256 of Image.resize of the pattern below.
"""

import hashlib
import io
import json
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, features

WIDTH, HEIGHT = 37, 29


def pattern(width: int, height: int, channels: int = 3) -> np.ndarray:
    """Bytes [height, width, channels] of an integer hash: the C++ test makes the same."""
    index = np.arange(height * width * channels, dtype=np.uint64)
    mixed = (index * np.uint64(2654435761) + np.uint64(12345)) & np.uint64(0xFFFFFFFF)
    return ((mixed >> np.uint64(24)) ^ (mixed >> np.uint64(7))).astype(np.uint8).reshape(height, width, channels)


def smooth(width: int, height: int) -> np.ndarray:
    """A picture as photographs are, so that JPEG files are small: [height, width, 3] bytes."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([(x * 255 / width), (y * 255 / height), 128 + 100 * np.sin(x / 5) * np.cos(y / 7)], -1).astype(np.uint8)


def pictures() -> dict[str, bytes]:
    rgb = Image.fromarray(smooth(WIDTH, HEIGHT))
    noise = Image.fromarray(pattern(WIDTH, HEIGHT))
    alpha = Image.fromarray(np.concatenate([smooth(WIDTH, HEIGHT), pattern(WIDTH, HEIGHT, 1)], -1))
    files: dict[str, bytes] = {}

    def save(name: str, image: Image.Image, **options: object) -> None:
        buffer = io.BytesIO()
        image.save(buffer, Path(name).suffix[1:].replace("jpg", "jpeg"), **options)
        files[name] = buffer.getvalue()

    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        save(f"jpeg_{sampling.replace(':', '')}.jpg", rgb, subsampling=sampling, quality=85)
    save("jpeg_progressive.jpg", rgb, progressive=True, quality=80)
    save("jpeg_noise.jpg", noise, quality=60)
    save("jpeg_grey.jpg", rgb.convert("L"))
    save("jpeg_cmyk.jpg", rgb.convert("CMYK"), quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("jpeg_exif_rotated.jpg", rgb, exif=exif)
    save("png_rgb.png", rgb)
    save("png_rgba.png", alpha)
    save("png_grey.png", rgb.convert("L"))
    save("png_grey_alpha.png", alpha.convert("LA"))
    save("png_1bit.png", rgb.convert("1"))
    save("png_palette.png", rgb.quantize(17))
    save("png_palette_transparent.png", rgb.quantize(17), transparency=3)
    save("png_grey_transparent.png", rgb.convert("L"), transparency=40)
    save("png_rgb_transparent.png", rgb, transparency=(0, 0, 128))
    grey16 = (pattern(WIDTH, HEIGHT, 1)[..., 0].astype(np.uint16) * 3)
    save("png_grey16.png", Image.fromarray(grey16))
    save("png_1x1.png", rgb.crop((0, 0, 1, 1)))
    files["png_rgb16.png"] = png16(pattern(WIDTH, HEIGHT, 6), 2)
    files["png_rgba16.png"] = png16(pattern(WIDTH, HEIGHT, 8), 6)
    files["png_grey_alpha16.png"] = png16(pattern(WIDTH, HEIGHT, 4), 4)
    save("webp_lossy.webp", rgb, quality=80)
    save("webp_lossless.webp", noise, lossless=True)
    save("webp_alpha.webp", alpha, lossless=True, exact=True)
    save("webp_lossy_alpha.webp", alpha, quality=70)
    save("webp_animated.webp", rgb, save_all=True, append_images=[noise], duration=100, lossless=True)
    files["jpeg_named_png.png"] = files["jpeg_420.jpg"]
    files["bad_empty.jpg"] = b""
    files["bad_text.jpg"] = b"this is no picture\n"
    for name in ("jpeg_420.jpg", "png_rgb.png", "webp_lossy.webp"):
        files["bad_truncated_" + name] = files[name][: len(files[name]) * 2 // 3]
    files["bad_header_only.jpg"] = files["jpeg_420.jpg"][:20]
    save("jpeg_restarts.jpg", rgb, quality=85, restart_marker_blocks=1)
    whole = files["jpeg_restarts.jpg"]
    second, third = whole.index(b"\xff\xd1"), whole.index(b"\xff\xd2")
    files["jpeg_extraneous.jpg"] = whole[:-2] + b"\x11" * 12 + whole[-2:]
    files["jpeg_wrong_restart.jpg"] = whole[:second] + b"\xff\xd2" + whole[second + 2:]
    files["jpeg_scratched.jpg"] = whole[: third + 9] + b"\xfe" * 4 + whole[third + 13:]
    files["jpeg_bad_huffman.jpg"] = scratched(files["jpeg_444.jpg"])
    files["bad_truncated_scratched.jpg"] = files["jpeg_wrong_restart.jpg"][: len(whole) * 9 // 10]
    return files


def scratched(whole: bytes) -> bytes:
    """The last eighth of a JPEG file has a few bytes that are no Huffman code."""
    at = len(whole) * 7 // 8
    return whole[:at] + b"\xfe" * 4 + whole[at + 4:]


def png16(samples: np.ndarray, color: int) -> bytes:
    """A 16-bit PNG, which Pillow cannot write: [height, width, 2 * channels] big-endian bytes."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def decoded(data: bytes) -> dict[str, object]:
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except Exception as problem:  # noqa: BLE001: whatever Pillow refuses is refused
        return {"error": type(problem).__name__}
    return {"width": image.width, "height": image.height, "sha256": digest(image)}


def resized() -> list[dict[str, object]]:
    filters = {"nearest": 0, "box": 4, "bilinear": 2, "hamming": 5, "bicubic": 3, "lanczos": 1}
    sizes = [((37, 29), (224, 224)), ((640, 427), (336, 224)), ((97, 131), (13, 17)), ((1, 1), (5, 3)), ((5, 3), (1, 1)),
             ((64, 64), (64, 20)), ((64, 64), (20, 64)), ((64, 48), (64, 48)), ((7, 500), (14, 31)), ((500, 7), (31, 14)),
             ((100, 200), (50, 99)), ((100, 200), (50, 100)), ((60, 300), (20, 21))]
    rows = []
    for (width, height), (out_width, out_height) in sizes:
        source = Image.fromarray(pattern(width, height))
        for name, code in filters.items():
            if name in ("nearest", "hamming"):
                continue
            by_rows = source.resize((out_width, height), Image.Resampling(code))
            by_rows = by_rows.resize((out_width, out_height), Image.Resampling(code))
            rows.append({"from": [width, height], "to": [out_width, out_height], "filter": name,
                         "sha256": digest(source.resize((out_width, out_height), Image.Resampling(code))),
                         "rows_first": digest(by_rows)})
    return rows


def main() -> None:
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    output = Path(__file__).parents[1] / "golden" / "image_decode.json"
    folder = output.parent / "images"
    folder.mkdir(exist_ok=True)
    files = {}
    for name, data in sorted(pictures().items()):
        (folder / name).write_bytes(data)
        files[name] = decoded(data)
    json.dump({"pillow": PIL.__version__, "libjpeg_turbo": features.version("libjpeg_turbo"),
               "webp": features.version("webp"), "files": files, "resize": resized()}, output.open("w"), indent=1)


if __name__ == "__main__":
    main()
