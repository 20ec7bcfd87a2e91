# SPDX-License-Identifier: Apache-2.0
"""Decoding and resizing of 2-megapixel JPEGs on one core: lvr against Pillow, in turn in one run.

    pictures.py [FOLDER] [--rounds 5]      without a folder, photographs are made from build/models/photographs
"""

import argparse
import io
import subprocess
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
EDGE, CROP = 256, 224


def photographs(folder: Path, count: int = 32) -> None:
    """2-megapixel JPEGs of quality 90, half of them upright."""
    sources = sorted((ROOT / "build/models/photographs").iterdir())
    assert sources, "run scripts/setup.sh --models first"
    for i in range(count):
        image = Image.open(sources[i % len(sources)]).convert("RGB")
        image.resize((1732, 1155) if i % 2 == 0 else (1155, 1732), Image.Resampling.BICUBIC).save(folder / f"{i:03d}.jpg", quality=90)


def pillow_seconds(files: list[bytes]) -> tuple[float, float]:
    decode = resize = 0.0
    for raw in files:
        start = time.process_time()
        image = Image.open(io.BytesIO(raw)).convert("RGB")
        decoded = time.process_time()
        short, long = sorted(image.size)
        size = (EDGE, int(EDGE * long / short)) if image.width <= image.height else (int(EDGE * long / short), EDGE)
        image = image.resize(size, Image.Resampling.BICUBIC)
        left, top = (image.width - CROP) // 2, (image.height - CROP) // 2
        image.crop((left, top, left + CROP, top + CROP)).load()
        resize += time.process_time() - decoded
        decode += decoded - start
    return decode, resize


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(options.folder or name)
        if not options.folder:
            photographs(folder)
        files = [file.read_bytes() for file in sorted(folder.iterdir())]
        ours = subprocess.Popen([str(ROOT / "build/tests/pictures"), str(folder), str(EDGE), str(CROP)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        assert ours.stdout.readline() == "ready\n"
        best: dict[str, tuple[float, ...]] = {}
        for _ in range(options.rounds):
            ours.stdin.write("go\n")
            ours.stdin.flush()
            found = {"lvr": tuple(map(float, ours.stdout.readline().split()[:2])), "Pillow": pillow_seconds(files)}
            best = {who: min(best.get(who, times), times, key=sum) for who, times in found.items()}
        ours.stdin.close()
        for who, (decode, resize) in best.items():
            print(f"{who:7} decode {1e3 * decode / len(files):6.2f} ms, resize and crop {1e3 * resize / len(files):6.2f} ms per image")
        print(f"ratio: {sum(best['Pillow']) / sum(best['lvr']):.2f} (decode {best['Pillow'][0] / best['lvr'][0]:.2f}, "
              f"resize {best['Pillow'][1] / best['lvr'][1]:.2f})")


if __name__ == "__main__":
    main()
