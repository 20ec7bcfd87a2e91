# SPDX-License-Identifier: Apache-2.0
"""DINOv2-small's tokens of photographs against the sample that transformers made (tests/reference/real_model_tokens.py):
lvr-extract with a model's folder and a folder of pictures, at 224 and 448 px."""

import hashlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

import h5py
import numpy as np

SOURCE, BINARY = Path(os.environ["LVR_SOURCE_DIR"]), Path(os.environ["LVR_BINARY_DIR"])
MODEL, PHOTOGRAPHS = SOURCE / "build/models/dinov2-small", SOURCE / "build/models/photographs"
SAMPLE = SOURCE / "tests/golden/real_dinov2_small.safetensors"
LIMIT = 1e-4


def read_sample() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """@return tokens_SIZE [images, patches, channels] and index_SIZE [images, patches]; the metadata"""
    raw = SAMPLE.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    metadata = header.pop("__metadata__")
    kinds = {"F32": np.float32, "I64": np.int64}
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], kinds[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }, metadata


def extract(out: Path, *options: object) -> None:
    command = [BINARY / "bin/lvr-extract", "--snapshot", MODEL, "--images", PHOTOGRAPHS, "--out", out, "--store", "float32", *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def error(ours: np.ndarray, reference: np.ndarray) -> float:
    """The largest over tokens of |ours - reference| / |reference|."""
    assert ours.shape == reference.shape, (ours.shape, reference.shape)
    reference = reference.astype(np.float64)
    return float((np.linalg.norm(ours - reference, axis=-1) / np.linalg.norm(reference, axis=-1)).max())


def check(out: Path, size: int, sample: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    with h5py.File(out / "dinov2-small/index.h5") as file:
        assert list(file["image_id"].asstr()) == metadata["images"].split("\n")
        assert not file["status"][:].any()
        tokens = file["tokens"][:]
    index = sample[f"index_{size}"]
    assert index.size >= 50 and tokens.shape[1] == (size // 14) ** 2
    off = error(np.stack([one[rows] for one, rows in zip(tokens, index)]), sample[f"tokens_{size}"])
    print(f"{size} px: {index.size} tokens of {len(tokens)} photographs, error {off:.2e} (limit {LIMIT:.0e})")
    assert off <= LIMIT, off


def main() -> None:
    sample, metadata = read_sample()
    digest = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    assert digest == metadata["model_sha256"], "build/models is not what the sample was made with: scripts/setup.sh --models"
    with tempfile.TemporaryDirectory(prefix="lvr-models-") as work:
        for size, options in ((224, ()), (448, ("--size", 448))):
            out = Path(work) / str(size)
            extract(out, *options)
            check(out, size, sample, metadata)


if __name__ == "__main__":
    main()
