# SPDX-License-Identifier: Apache-2.0
"""Reading features back in h5py: through lvr-extract's index.h5 against one contiguous file with the same values, in turn in one run.

    read_back.py [FOLDER] [--rounds 5]      FOLDER holds an index.h5; without it 64 parts of ViT-L/14's size are made

The page cache is warm in both: what is compared is HDF5's own work.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from vit_forward import ROOT, snapshot


def seconds(file: Path, rows: list[slice]) -> float:
    with h5py.File(file) as opened:
        tokens = opened["tokens"]
        start = time.perf_counter()
        for row in rows:
            tokens[row]
        return time.perf_counter() - start


def extracted(folder: Path, images: int) -> Path:
    """Features of copies of one photograph with the size of ViT-L/14's at 224 px (the embeddings: quick to make), in 64 parts."""
    pictures = folder / "pictures"
    pictures.mkdir()
    source = ROOT / "tests/golden/images/jpeg_420.jpg"
    for i in range(images):
        shutil.copyfile(source, pictures / f"{i:05d}.jpg")
    snapshot(folder / "vit-large", 224)
    subprocess.run([ROOT / "build/bin/lvr-extract", "--snapshot", folder / "vit-large", "--images", pictures, "--out", folder / "out", "--tap",
                    "0", "--shard-size", str(images // 64)], check=True, stderr=subprocess.DEVNULL)
    return folder / "out/vit-large"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--images", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(options.folder) if options.folder else extracted(Path(name), options.images)
        contiguous = Path(name) / "contiguous.h5"
        with h5py.File(folder / "index.h5") as index, h5py.File(contiguous, "w") as file:
            count = len(index["tokens"])
            file["tokens"] = index["tokens"][:]
        random = np.random.default_rng(0)
        ways = {"all at once": [slice(0, count)],
                "32 images at a time, in order": [slice(i, min(i + 32, count)) for i in range(0, count, 32)],
                "one image at a time, in order": [slice(i, i + 1) for i in range(count)],
                "one image at a time, at random": [slice(i, i + 1) for i in random.permutation(count)]}
        for way, rows in ways.items():
            best = [float("inf"), float("inf")]
            for _ in range(options.rounds):
                best[0] = min(best[0], seconds(folder / "index.h5", rows))
                best[1] = min(best[1], seconds(contiguous, rows))
            print(f"{way}: index.h5 {count / best[0]:.0f} images/s, one file {count / best[1]:.0f}, ratio {best[1] / best[0]:.2f}")


if __name__ == "__main__":
    main()
