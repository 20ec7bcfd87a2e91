# SPDX-License-Identifier: Apache-2.0
"""From JPEG files to HDF5: lvr-extract against transformers + Pillow + h5py with a decoding thread, in turn in one run.

    end_to_end.py [--model build/models/dinov2-small | --large 336] [--images 256] [--batch 8] [--rounds 3]

Both take 2-megapixel JPEGs, compute the same blocks up to the same tap in fp32 and store fp16. Of lvr-extract the whole process is
timed, start and model included; of the script only its loop, once Python and the model are there.
"""

import argparse
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, CLIPVisionModel, Dinov2Model
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from pictures import photographs
from vit_forward import ROOT, snapshot


class Script:
    """What a careful user of transformers writes."""

    def __init__(self, folder: str, files: list[Path], batch: int):
        kind = AutoConfig.from_pretrained(folder).model_type
        model_class, processor_class = ((Dinov2Model, BitImageProcessorPil) if kind == "dinov2" else
                                        (CLIPVisionModel, CLIPImageProcessorPil))
        self.model = model_class.from_pretrained(folder, attn_implementation="sdpa").eval()
        tower = getattr(self.model, "vision_model", self.model)
        layers = tower.encoder.layer if kind == "dinov2" else tower.encoder.layers
        del layers[-1]
        self.tower, self.processor, self.files, self.batch = tower, processor_class.from_pretrained(folder), files, batch
        if kind == "dinov2":
            tower.layernorm = torch.nn.Identity()

    def decode(self, batches: queue.Queue) -> None:
        for start in range(0, len(self.files), self.batch):
            images = [Image.open(file).convert("RGB") for file in self.files[start:start + self.batch]]
            batches.put(self.processor(images, return_tensors="pt")["pixel_values"])
        batches.put(None)

    def seconds(self, out: Path) -> float:
        batches: queue.Queue = queue.Queue(maxsize=2)
        start = time.perf_counter()
        threading.Thread(target=self.decode, args=(batches,), daemon=True).start()
        with h5py.File(out, "w") as file, torch.inference_mode():
            tokens, row = None, 0
            while (pixels := batches.get()) is not None:
                features = self.tower(pixel_values=pixels).last_hidden_state[:, 1:].half().numpy()
                if tokens is None:
                    tokens = file.create_dataset("tokens", (len(self.files), *features.shape[1:]), np.float16)
                tokens[row:row + len(features)] = features
                row += len(features)
        return time.perf_counter() - start


def our_seconds(model: str, images: Path, out: Path) -> float:
    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    subprocess.run([ROOT / "build/bin/lvr-extract", "--snapshot", model, "--images", images, "--out", out, "--store", "float16"],
                   check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=str(ROOT / "build/models/dinov2-small"))
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--large", type=int, help="instead of --model: a ViT-L/14 with random weights, of this input size")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name) / "pictures"
        pictures.mkdir()
        photographs(pictures, options.images)
        if options.large:
            options.model = str(Path(name) / f"vit-large-{options.large}")
            snapshot(Path(options.model), options.large)
        script = Script(options.model, sorted(pictures.iterdir()), options.batch)
        best = [float("inf"), float("inf")]
        for _ in range(options.rounds):
            best[0] = min(best[0], our_seconds(options.model, pictures, Path(name) / "out"))
            best[1] = min(best[1], script.seconds(Path(name) / "script.h5"))
        part = next((Path(name) / "out").glob("*/index.h5"))
        with h5py.File(part) as ours, h5py.File(Path(name) / "script.h5") as theirs:
            a, b = (np.asarray(file["tokens"][:8], np.float64) for file in (ours, theirs))
            off = (np.linalg.norm(a - b, axis=-1) / np.linalg.norm(b, axis=-1)).max()
        print(f"{Path(options.model).name}: lvr-extract {options.images / best[0]:.2f} images/s, the script {options.images / best[1]:.2f}, "
              f"ratio {best[1] / best[0]:.3f}; features differ by {off:.1e}")


if __name__ == "__main__":
    main()
