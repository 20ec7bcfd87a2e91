# SPDX-License-Identifier: Apache-2.0
"""Two halves of c_score.sh.

    c_score.py make FOLDER PATCHES CHANNELS IMAGES   a set of SPair-71k's shape and size: 18 categories with IMAGES
                                                     pictures each (their annotations alone), 12,234 pairs, and
                                                     random features as .npy (float16)
    c_score.py peer FOLDER PATCHES PAIRS             seconds per pair of the published way in PyTorch: all rows of the
                                                     similarity matrix and of the windowed soft arg-max; features
                                                     are in memory already, so that it pays for nothing else
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

CATEGORIES = ("aeroplane bicycle bird boat bottle bus car cat chair cow dog horse motorbike person pottedplant sheep "
              "train tvmonitor").split()
PAIRS = 12234
POINTS = 12  # about as many mutually visible ones as in SPair-71k, and some more
WIDTH, HEIGHT = 500, 375
WINDOW, TEMPERATURE, SIZE = 5, 0.02, 840


def make(folder: Path, patches: int, channels: int, images: int) -> None:
    rng = np.random.default_rng(0)
    for category in CATEGORIES:
        for part in (f"ImageAnnotation/{category}", f"features/{category}", "PairAnnotation/test"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for image in range(images):
            keypoints = {str(i): [int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))] if i < POINTS else None
                         for i in range(30)}
            annotation = {"filename": f"{image:06d}.jpg", "image_width": WIDTH, "image_height": HEIGHT, "image_depth": 3,
                          "category": category, "bndbox": [10, 10, 400, 300], "kps": keypoints, "azimuth_id": 0}
            (folder / f"ImageAnnotation/{category}/{image:06d}.json").write_text(json.dumps(annotation))
            features = rng.standard_normal((channels, patches, patches), dtype=np.float32).astype(np.float16)
            np.save(folder / f"features/{category}/{image:06d}.npy", features)
    for pair in range(PAIRS):
        category = CATEGORIES[pair * len(CATEGORIES) // PAIRS]
        source, target = (int(i) for i in rng.choice(images, 2, replace=False))
        text = {"filename": "", "pair_id": pair, "category": category, "src_imname": f"{source:06d}.jpg",
                "trg_imname": f"{target:06d}.jpg", "src_imsize": [WIDTH, HEIGHT, 3], "trg_imsize": [WIDTH, HEIGHT, 3],
                "src_bndbox": [10, 10, 400, 300], "trg_bndbox": [10, 10, 400, 300]}
        (folder / f"PairAnnotation/test/{pair:06d}-{source:06d}-{target:06d}:{category}.json").write_text(json.dumps(text))


def peer(folder: Path, patches: int, pairs: int) -> None:
    import torch

    torch.set_num_threads(2)
    files = sorted((folder / "features" / CATEGORIES[0]).glob("*.npy"))[:8]
    maps = [torch.from_numpy(np.load(file).astype(np.float32)).flatten(1).T.contiguous()[None] for file in files]
    offsets = torch.arange(-WINDOW, WINDOW + 1)
    across, down = (grid.flatten() for grid in torch.meshgrid(offsets, offsets, indexing="ij"))
    axis = torch.linspace(-1, 1, patches)

    def match(source, target):
        source, target = (x / (torch.linalg.norm(x, dim=-1, keepdim=True) + 1e-10) for x in (source, target))
        similarity = torch.matmul(source, target.transpose(1, 2))[0]
        peak = similarity.argmax(-1)
        columns = ((peak % patches)[:, None] + across).clamp(0, patches - 1)
        rows = ((peak // patches)[:, None] + down).clamp(0, patches - 1)
        mask = torch.zeros(len(similarity), patches, patches)
        mask[torch.arange(len(similarity))[:, None], rows, columns] = 1
        kept = similarity * mask.flatten(1)
        weights = torch.exp((kept - kept.amax(1, keepdim=True)) / TEMPERATURE)
        weights = (weights / weights.sum(1, keepdim=True)).view(-1, patches, patches)
        return (weights.sum(1) * axis).sum(1), (weights.sum(2) * axis).sum(1)

    match(maps[0], maps[1])
    begin = time.perf_counter()
    for pair in range(pairs):
        match(maps[pair % 8], maps[(pair + 3) % 8])
    print((time.perf_counter() - begin) / pairs)


if __name__ == "__main__":
    command, folder, *numbers = sys.argv[1:]
    {"make": make, "peer": peer}[command](Path(folder), *map(int, numbers))
