# SPDX-License-Identifier: Apache-2.0
"""What lvr-extract writes, read by h5py and held against transformers' features and against itself."""

import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from safetensors_file import read_safetensors, write_safetensors

SOURCE = Path(os.environ["LVR_SOURCE_DIR"])
EXTRACT = Path(os.environ["LVR_BINARY_DIR"]) / "bin/lvr-extract"
GOLDEN = SOURCE / "tests/golden"
VIT = GOLDEN / "vit"
IMAGES = (VIT / "images.txt").read_text().split()
checks = 0


def check(condition: bool, what: str) -> None:
    global checks
    checks += 1
    assert condition, what


def extract(*arguments: object, status: int = 0) -> str:
    """Runs it; returns stdout and stderr."""
    done = subprocess.run([str(EXTRACT), *map(str, arguments)], capture_output=True, text=True)
    check(done.returncode == status, f"{arguments}: status {done.returncode}\n{done.stderr}")
    return done.stdout + done.stderr


def text(attribute: object) -> str:
    return attribute.decode() if isinstance(attribute, bytes) else str(attribute)


def error(ours: np.ndarray, reference: np.ndarray) -> float:
    """The largest over tokens of |ours - reference| / |reference|."""
    check(ours.shape == reference.shape, f"shapes {ours.shape} and {reference.shape}")
    reference = reference.astype(np.float64)
    return float((np.linalg.norm(ours - reference, axis=-1) / np.linalg.norm(reference, axis=-1)).max())


def tokens(folder: Path, name: str = "tokens") -> np.ndarray:
    """Through the index, in the order of the list."""
    with h5py.File(folder / "index.h5") as file:
        return file[name][:]


def as_float(values: np.ndarray) -> np.ndarray:
    return (values.astype(np.uint32) << 16).view(np.float32) if values.dtype == np.uint16 else values.astype(np.float32)


def check_reference(images: Path) -> None:
    for name in ("clip_legacy", "siglip_defaults", "dinov2_resize", "dinov2_registers_resize", "dinov2_swiglu"):
        extract("--snapshot", VIT / name, "--images", images, "--out", "ref", "--store", "float32", "--shard-size", 4)
        with h5py.File(f"ref/{name}/part-000000.h5") as part:
            check(text(part.attrs["schema"]) == "lvr.features" and part["tokens"].dtype == np.float32, name)
            check([text.decode() for text in part["image_id"][:]] == IMAGES[:4], "ids")
            check(not part["status"][:].any(), "status")
            check(json.loads(text(part.attrs["config"]))["encoder"]["dtype"] == "float32", "provenance")
        off = error(tokens(Path("ref") / name), read_safetensors(VIT / name / "expected.safetensors")["features"])
        check(off <= 2e-5, f"{name}: {off} > 2e-5")


def check_storage(images: Path) -> None:
    exact = tokens(Path("ref/clip_legacy"))
    for store, dtype, most in (("float16", np.float16, 2 ** -11), ("bfloat16", np.uint16, 2 ** -8)):
        out = Path(store)
        extract("--snapshot", VIT / "clip_legacy", "--images", images, "--out", out, "--store", store)
        stored = tokens(out / "clip_legacy")
        check(stored.dtype == dtype, f"{store}: {stored.dtype}")
        with h5py.File(out / "clip_legacy/index.h5") as file:
            check(text(file["tokens"].attrs["dtype"]) == store, store)
        off = np.abs(as_float(stored) - exact).max() / np.abs(exact).max()
        check(0 < off <= most, f"{store}: {off}")
    extract("--snapshot", VIT / "clip_legacy", "--images", images, "--out", "small", "--store", "float32", "--deflate", 4)
    check(np.array_equal(tokens(Path("small/clip_legacy")), exact), "compressed")
    with h5py.File("small/clip_legacy/part-000000.h5") as part:
        check(part["tokens"].compression == "gzip" and part["tokens"].compression_opts == 4, "compression")


def check_flip(images: Path) -> None:
    """The mirrored image's features, against those of a picture that Pillow mirrored."""
    Path("mirrored").mkdir()
    for name in IMAGES:
        Image.open(GOLDEN / name).convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(
            Path("mirrored") / (name.replace("/", "_") + ".png"))
    extract("--snapshot", VIT / "clip_projection", "--images", images, "--out", "flip", "--store", "float32", "--flip")
    listing = "".join(name.replace("/", "_") + ".png\n" for name in IMAGES)
    Path("mirrored/list.txt").write_text(listing)
    extract("--snapshot", VIT / "clip_projection", "--images", "mirrored/list.txt", "--out", "mirror", "--store", "float32")
    flipped, plain = tokens(Path("flip/clip_projection"), "tokens_flipped"), tokens(Path("flip/clip_projection"))
    check(np.array_equal(flipped, tokens(Path("mirror/clip_projection"))), "flip")
    check(not np.array_equal(flipped, plain), "flip does something")


def check_projection(images: Path) -> None:
    features = tokens(Path("ref/clip_legacy")).astype(np.float64)
    random = np.random.default_rng(0)
    w0, b0, w2, b2 = (random.normal(size=shape) for shape in ((40, 24), (40,), (32, 40), (32,)))
    prefix = "model.mm_projector."
    write_safetensors(Path("projector.safetensors"), {prefix + "0.weight": w0, prefix + "0.bias": b0,
                                                      prefix + "2.weight": w2, prefix + "2.bias": b2})
    extract("--snapshot", VIT / "clip_legacy", "--images", images, "--out", "ref", "--store", "float32", "--project",
            "projector.safetensors")
    hidden = features @ w0.T + b0
    hidden = hidden * 0.5 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
    off = error(tokens(Path("ref/clip_legacy-projected")), hidden @ w2.T + b2)
    check(off <= 2e-5, f"projected: {off}")
    # The published protocol projects in the dtype that the tower hands its features on in: LLaVA's bfloat16.
    Path("handed.toml").write_text(f'snapshot = "{VIT / "clip_legacy"}"\nfeatures_through = "bfloat16"\nstore = "float32"\n')
    extract("--encoder", "handed.toml", "--images", images, "--out", "handed", "--project", "projector.safetensors")
    projected = tokens(Path("handed/handed-projected"))
    check(np.array_equal(projected.view(np.uint32) & 0xffff, np.zeros_like(projected, np.uint32)), "bfloat16 values")
    check(1e-4 < error(projected, hidden @ w2.T + b2) < 3e-2, "projected in bfloat16")
    write_safetensors(Path("wrong.safetensors"), {"mm_projector.weight": random.normal(size=(8, 25)), "mm_projector.bias": b0[:8]})
    said = extract("--snapshot", VIT / "clip_legacy", "--images", images, "--out", "x", "--project", "wrong.safetensors", status=3)
    check("takes 25 channels, clip_legacy gives 24" in said, said)
    write_safetensors(Path("huge.safetensors"), {"mm_projector.weight": 1e6 * w0, "mm_projector.bias": b0})
    said = extract("--snapshot", VIT / "clip_legacy", "--images", images, "--out", "x", "--project", "huge.safetensors", status=4)
    check("which float16 cannot hold" in said and "--store bfloat16" in said, said)


def check_fusion(images: Path) -> None:
    """Two towers with nine tokens of 24 channels each."""
    def card(name: str, text: str) -> None:
        Path(f"{name}.toml").write_text(text)

    card("one", f'snapshot = "{VIT / "clip_gelu"}"\nstore = "float32"\n')
    card("two", f'snapshot = "{VIT / "dinov2"}"\nstore = "float32"\n')
    card("both", 'parts = ["one.toml", "two.toml"]\nstore = "float32"\n')
    card("mof", 'parts = ["one.toml", "two.toml"]\nfusion = "interleave"\nstore = "float32"\n')
    extract("--encoder", "one.toml,two.toml,both.toml,mof.toml", "--images", images, "--out", "fused")
    one, two, both, mof = (tokens(Path("fused") / name) for name in ("one", "two", "both", "mof"))
    check(np.array_equal(both, np.concatenate([one, two], -1)), "channels")
    check(np.array_equal(mof, np.stack([one, two], 2).reshape(len(IMAGES), 18, 24)), "interleave")
    card("uneven", f'parts = ["one.toml", "{VIT}/card.toml"]\n')
    Path("unequal.toml").write_text(f'snapshot = "{VIT / "clip_vision_only"}"\n')
    card("uneven", 'parts = ["one.toml", "unequal.toml"]\n')
    check("its parts give 9 and 16 tokens" in extract("--encoder", "uneven.toml", "--check", status=2), "uneven")


def check_protocols(images: Path) -> None:
    """Tables of a card change what they name, and nothing else."""
    Path("paper.toml").write_text(f'snapshot = "{VIT / "dinov2_resize"}"\nstore = "float32"\n[published]\nposition_resize = "scale_0.1"\n'
                                  '[published_cscore]\nresize = "squash"\nsize = 56\nnormalise = "plain"\n')
    expected = read_safetensors(VIT / "dinov2_resize/expected.safetensors")
    for protocol, name in (("native", "features"), ("published", "features_scale_0.1")):
        extract("--encoder", "paper.toml", "--images", images, "--out", protocol, "--protocol", protocol)
        off = error(tokens(Path(protocol) / "paper"), expected[name])
        check(off <= 2e-5, f"{protocol}: {off}")
    extract("--encoder", "paper.toml", "--images", images, "--out", "c", "--protocol", "published_cscore")
    check(error(tokens(Path("c/paper")), expected["features"]) > 0.01, "another protocol gives other features")
    said = extract("--encoder", "paper.toml", "--images", images, "--out", "native", "--protocol", "published", status=2)
    check("position_resize" in said and "protocol" in said, said)


def check_taps(images: Path) -> None:
    extract("--snapshot", VIT / "siglip", "--images", images, "--out", "last", "--store", "float32", "--tap", -1)
    expected = read_safetensors(VIT / "siglip/expected.safetensors")["features_last"]
    check(error(tokens(Path("last/siglip")), expected) <= 2e-5, "tap -1")
    check("there is no hidden state 4" in extract("--snapshot", VIT / "siglip", "--check", "--tap", 4, status=2), "tap 4")
    extract("--snapshot", VIT / "siglip", "--images", images, "--out", "half", "--store", "float32", "--dtype", "bfloat16", "--tap", -1)
    off = error(tokens(Path("half/siglip")), expected)
    check(1e-4 < off < 5e-2, f"bfloat16: {off}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        images = Path("images.json")
        images.write_text(json.dumps([{"id": i, "image": image} for i, image in enumerate(IMAGES)]))
        for image in IMAGES:
            Path(image).parent.mkdir(parents=True, exist_ok=True)
            Path(image).write_bytes((GOLDEN / image).read_bytes())
        check_reference(images)
        check_storage(images)
        check_flip(images)
        check_projection(images)
        check_fusion(images)
        check_protocols(images)
        check_taps(images)
        os.chdir("/")
    print(f"{checks} checks")


if __name__ == "__main__":
    main()
