# SPDX-License-Identifier: Apache-2.0
"""A sample of DINOv2-small's tokens of real photographs, by transformers, for the test `models`.

Needs build/models (scripts/setup.sh --models). Writes tests/golden/real_dinov2_small.safetensors; for size 224 (the folder's
own preprocessing) and 448 (the same scaled: shortest edge 512, then the middle 448 x 448 pixels):
  tokens_SIZE [9, 6, 384]  hidden_states[-2] of six patches of each photograph, fp32; photographs in the order of their names
  index_SIZE [9, 6]        which patches, counted by rows from 0 at the top left, class token not counted
and as metadata the photographs' names and the SHA-256 of model.safetensors.
"""

import hashlib
import sys
from pathlib import Path

import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

from vit_features import BitImageProcessorPil, taps

ROOT = Path(__file__).parents[2]
MODEL, PHOTOGRAPHS = ROOT / "build/models/dinov2-small", ROOT / "build/models/photographs"
EACH = 6


def main() -> None:
    if not MODEL.is_dir():
        sys.exit("error: build/models is not there. Remedy: run scripts/setup.sh --models first.")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    model = transformers.Dinov2Model.from_pretrained(MODEL, attn_implementation="eager").eval()
    images = sorted(path.name for path in PHOTOGRAPHS.iterdir())
    assert len(images) == 9, images
    result = {}
    for size in (224, 448):
        processor = BitImageProcessorPil.from_pretrained(
            MODEL, size={"shortest_edge": round(size * 256 / 224)}, crop_size={"height": size, "width": size})
        tokens, index = [], []
        for at, name in enumerate(images):
            picture = Image.open(PHOTOGRAPHS / name).convert("RGB")
            features = taps(model, processor(picture, return_tensors="pt")["pixel_values"], -2)[0]
            assert features.shape == ((size // 14) ** 2, 384)
            chosen = torch.tensor([(at * 37 + k * 41) * 7 % len(features) for k in range(EACH)])
            tokens.append(features[chosen])
            index.append(chosen)
        result[f"tokens_{size}"], result[f"index_{size}"] = torch.stack(tokens), torch.stack(index)
    digest = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    save_file(result, ROOT / "tests/golden/real_dinov2_small.safetensors",
              metadata={"images": "\n".join(images), "model_sha256": digest})


if __name__ == "__main__":
    main()
