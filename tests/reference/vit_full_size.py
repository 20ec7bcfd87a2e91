# SPDX-License-Identifier: Apache-2.0
"""lvr-extract against transformers at full size, from picture files to features, with random weights in the Hub's layout.

    vit_full_size.py --model clip-vit-large-patch14-336 [--tap -2] [--extract build/bin/lvr-extract] IMAGE...

Writes no golden file. Fails if the largest over tokens of |ours - reference| / |reference| is above 2e-5 (fp32). Without
arguments it names the models. One that is neither in the list nor a folder is refused; a folder (config.json and so on) is
taken as it is, weights included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import torch
import transformers
from PIL import Image

import vit_features
from vit_features import BIT, CLIP, HALF, SIGLIP, dinov2, shortest, squash, taps, vision

LIMIT = 2e-5


def clip_large(image: int, **more: object) -> dict[str, object]:
    return vision(1024, 24, 16, 14, image, projection_dim=768, **more) | {"intermediate_size": 4096}


def mlp(fields: dict[str, object], intermediate: int) -> dict[str, object]:
    return fields | {"intermediate_size": intermediate}


MODELS: dict[str, tuple[str, dict, dict]] = {
    "clip-vit-large-patch14": ("CLIPVisionModel", clip_large(224), CLIP | shortest(224, 224)),
    "clip-vit-large-patch14-336": ("CLIPVisionModel", clip_large(336), CLIP | shortest(336, 336)),
    "CLIP-ViT-L-14-laion2B": ("CLIPVisionModel", clip_large(224, hidden_act="gelu"), CLIP | HALF | shortest(224, 224)),
    "siglip-base-patch16-224": ("SiglipVisionModel", mlp(vision(768, 12, 12, 16, 224), 3072), SIGLIP | squash(224, 224)),
    "siglip-large-patch16-256": ("SiglipVisionModel", mlp(vision(1024, 24, 16, 16, 256), 4096), SIGLIP | squash(256, 256)),
    "siglip2-large-patch16-256": ("SiglipVisionModel", mlp(vision(1024, 24, 16, 16, 256), 4096),
                                  SIGLIP | squash(256, 256, resample=2)),
    "siglip-so400m-patch14-384": ("SiglipVisionModel", mlp(vision(1152, 27, 16, 14, 384), 4304), SIGLIP | squash(384, 384)),
    "dinov2-small": ("Dinov2Model", dinov2(384, 12, 6, 14, 518, mlp_ratio=4), BIT | shortest(256, 224)),
    "dinov2-large": ("Dinov2Model", dinov2(1024, 24, 16, 14, 518, mlp_ratio=4), BIT | shortest(256, 224)),
    "dinov2-large-336": ("Dinov2Model", dinov2(1024, 24, 16, 14, 518, mlp_ratio=4), BIT | shortest(384, 336)),
    "dinov2-giant": ("Dinov2Model", dinov2(1536, 40, 24, 14, 518, mlp_ratio=4, use_swiglu_ffn=True), BIT | shortest(256, 224)),
    "dinov2-with-registers-large": ("Dinov2WithRegistersModel", dinov2(1024, 24, 16, 14, 518, mlp_ratio=4, num_register_tokens=4),
                                    BIT | shortest(256, 224)),
}


def make_folder(name: str, folder: Path) -> str:
    kind, fields, preparation = MODELS[name]
    model = vit_features.build(kind, fields).eval()
    with torch.no_grad():
        vit_features.randomise(model, seed=1)
    vit_features.store(model, folder, set())
    (folder / "preprocessor_config.json").write_text(json.dumps(preparation, indent=1) + "\n")
    return kind


def kind_of(folder: Path) -> str:
    kinds = {"clip": "CLIPModel", "clip_vision_model": "CLIPVisionModel", "siglip": "SiglipModel",
             "siglip_vision_model": "SiglipVisionModel", "dinov2": "Dinov2Model",
             "dinov2_with_registers": "Dinov2WithRegistersModel"}
    return kinds[json.loads((folder / "config.json").read_text())["model_type"]]


def reference(kind: str, folder: Path, image: Path, tap: int) -> np.ndarray:
    """[T, D]"""
    if not hasattr(reference, "model"):
        reference.model = getattr(transformers, kind).from_pretrained(folder, attn_implementation="eager").eval()
        preparation = json.loads((folder / "preprocessor_config.json").read_text())
        reference.processor = vit_features.processor_of(preparation, kind, folder)
    picture = Image.open(image).convert("RGB")
    pixels = reference.processor(picture, return_tensors="pt")["pixel_values"]
    return taps(reference.model, pixels, tap)[0].numpy()


def extracted(output: Path) -> dict[str, np.ndarray]:
    """Tokens [T, D] by image id, of every part below `output`."""
    tokens = {}
    for part in sorted(output.glob("**/part-*.h5")):
        with h5py.File(part) as file:
            for identity, rows in zip(file["image_id"].asstr()[...], file["tokens"][...]):
                tokens[identity] = rows
    return tokens


def compare(kind: str, folder: Path, arguments: argparse.Namespace, work: Path) -> float:
    images = work / "images"
    images.mkdir()
    for at, image in enumerate(arguments.images):
        (images / f"{at:03d}-{image.name}").symlink_to(image.resolve())
    output = work / "features"
    subprocess.run([arguments.extract, "--snapshot", folder, "--images", images, "--out", output, "--tap", str(arguments.tap),
                    "--dtype", "float32", "--store", "float32"], check=True)
    ours = extracted(output)
    assert len(ours) == len(arguments.images) > 0, f"{len(ours)} of {len(arguments.images)} images in {output}"
    worst = 0.0
    for identity, tokens in sorted(ours.items()):
        expected = reference(kind, folder, images / identity, arguments.tap)
        assert tokens.shape == expected.shape and tokens.dtype == np.float32, (tokens.shape, tokens.dtype, expected.shape)
        error = np.linalg.norm(tokens - expected, axis=-1) / np.linalg.norm(expected, axis=-1)
        print(f"{identity}: {tokens.shape[0]} x {tokens.shape[1]}, largest error of a token {error.max():.2e}")
        worst = max(worst, float(error.max())) if np.isfinite(error).all() else np.inf
    return worst


def main() -> int:
    if len(sys.argv) == 1:
        print("models:", *MODELS)
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a name of the list, or a snapshot folder")
    parser.add_argument("--tap", type=int, default=-2)
    parser.add_argument("--extract", default="build/bin/lvr-extract")
    parser.add_argument("images", type=Path, nargs="+")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.model)
        if arguments.model in MODELS:
            folder = Path(temporary) / arguments.model
            folder.mkdir()
            kind = make_folder(arguments.model, folder)
        elif (folder / "config.json").is_file():
            kind = kind_of(folder)
        else:
            parser.error(f"{arguments.model} is neither a snapshot folder nor one of: {' '.join(MODELS)}")
        worst = compare(kind, folder, arguments, Path(temporary))
    print(f"{arguments.model}: {worst:.2e} (limit {LIMIT:.0e})")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
