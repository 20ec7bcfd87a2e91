# SPDX-License-Identifier: Apache-2.0
"""Forward passes of a full-size ViT: lvr's encoder against transformers, in turn in one run.

    vit_forward.py [--size 224 336] [--batch 8] [--rounds 5] [--threads 2] [--dtype float32] [--device cpu]

Both compute the same blocks (transformers' last block is taken out: the tap lies before it), with the same batch and number of
threads; transformers with its SDPA attention. Of each the best round counts.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import torch
from transformers import CLIPVisionConfig, CLIPVisionModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

ROOT = Path(__file__).parents[2]


def snapshot(folder: Path, size: int) -> CLIPVisionModel:
    torch.manual_seed(0)
    config = CLIPVisionConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14,
                              image_size=size)
    model = CLIPVisionModel(config).eval()
    model.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size}).save_pretrained(folder)
    return CLIPVisionModel.from_pretrained(folder, attn_implementation="sdpa").eval()


class Ours:
    def __init__(self, folder: Path, size: int, options: argparse.Namespace):
        command = [ROOT / "build/tests/vit_forward", folder, size, options.batch, options.threads, options.dtype, options.device]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline().startswith("ready")

    def seconds(self) -> float:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])


def their_seconds(model: CLIPVisionModel, pixels: torch.Tensor) -> float:
    start = time.perf_counter()
    with torch.inference_mode():
        model(pixels).last_hidden_state[0, 0, 0].item()
    return time.perf_counter() - start


def matrix_rate(threads: int, device: str, dtype: torch.dtype) -> float:
    """Of a square product, in 1e9 operations per second."""
    side = 2048 if device == "cpu" else 8192
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        (a @ b)[0, 0].item()
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best / 1e9


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, nargs="+", default=[224, 336])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    dtype = getattr(torch, options.dtype)
    for size in options.size:
        with tempfile.TemporaryDirectory() as name:
            model = snapshot(Path(name), size).to(options.device, dtype)
            tower = getattr(model, "vision_model", model)
            del tower.encoder.layers[-1]
            ours = Ours(Path(name), size, options)
            pixels = torch.randn(options.batch, 3, size, size, device=options.device, dtype=dtype)
            best = [float("inf"), float("inf")]
            for _ in range(options.rounds):
                best[0] = min(best[0], ours.seconds())
                best[1] = min(best[1], their_seconds(model, pixels))
            ours.process.stdin.close()
            tokens = (size // 14) ** 2 + 1
            work = options.batch * 23 * (24 * tokens * 1024**2 + 4 * tokens**2 * 1024) / 1e9
            rate = matrix_rate(options.threads, options.device, dtype)
            print(f"ViT-L/14@{size} {options.dtype} batch {options.batch}, {options.threads} threads: lvr {options.batch / best[0]:.3f} images/s "
                  f"({work / best[0] / rate:.0%} of the matrix rate), transformers {options.batch / best[1]:.3f} "
                  f"({work / best[1] / rate:.0%}), ratio {best[1] / best[0]:.3f}; matrix rate {rate:.0f} GF/s", flush=True)


if __name__ == "__main__":
    main()
