# SPDX-License-Identifier: Apache-2.0
"""lvr-features as a user types it: what the picture shows, equal bytes, errors. On folders made here, and on one that
lvr-extract made, where this build has it."""
from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

SOURCE, BINARY = Path(os.environ["LVR_SOURCE_DIR"]), Path(os.environ["LVR_BINARY_DIR"])
FEATURES, EXTRACT = BINARY / "bin/lvr-features", BINARY / "bin/lvr-extract"
sys.path[:0] = [str(SOURCE / "analysis" / room) for room in ("features", "report")]

from components import colours, principal
from feature_folder import read_features
from photograph import seen

GRID, CHANNELS, SHARD = (3, 4), 6, 3
IDS = ["a.png", "deep/b.png", "broken.png", "é.png", "e.png"]
BROKEN = 2


def features(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [FEATURES, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


def values() -> np.ndarray:
    """[n, T, D], exact in all three dtypes; NaN where an image is in quarantine."""
    tokens = np.random.default_rng(7).integers(-64, 64, (len(IDS), GRID[0] * GRID[1], CHANNELS)).astype(np.float32)
    tokens[BROKEN] = np.nan
    return tokens


def write_folder(folder: Path, store: str, tokens: np.ndarray, encoder: dict) -> None:
    """As lvr-extract writes it."""
    folder.mkdir(parents=True)
    config = {"representation": folder.name, "encoder": encoder, "store": store}
    manifest = {"schema": "lvr.shards", "version": 1, "items": len(IDS), "shard_size": SHARD, "identity": config}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for shard, first in enumerate(range(0, len(IDS), SHARD)):
        rows = slice(first, first + SHARD)
        stored = tokens[rows]
        stored = (stored.view(np.uint32) >> 16).astype(np.uint16) if store == "bfloat16" else stored.astype(store)
        with h5py.File(folder / f"part-{shard:06}.h5", "w") as file:
            file.attrs.update(schema="lvr.features", version=1, config=json.dumps(config))
            file["tokens"] = stored
            file["tokens"].attrs["dtype"] = store
            text = h5py.string_dtype("utf-8", 16)
            file.create_dataset("image_id", data=[image.encode() for image in IDS[rows]], dtype=text)
            file["status"] = [3 * (image == IDS[BROKEN]) for image in IDS[rows]]


def encoder(**pixels: object) -> dict:
    return {"model": {"grid": GRID}, "pixels": pixels}


def write_photographs(folder: Path) -> None:
    (folder / "deep").mkdir(parents=True)
    random = np.random.default_rng(1)
    for image in IDS:
        Image.fromarray(random.integers(0, 256, (50, 90, 3), np.uint8)).save(folder / image)
    (folder / IDS[BROKEN]).write_bytes(b"")


def check_reading(work: Path) -> None:
    expected = np.delete(values(), BROKEN, 0).reshape(-1, *GRID, CHANNELS)
    for store in ("float32", "float16", "bfloat16"):
        write_folder(work / store, store, values(), encoder(shortest_edge=8))
        read = read_features(work / store, 12, [])
        assert read.ids == [image for image in IDS if image != IDS[BROKEN]] and read.name == store
        assert read.pixels == {"shortest_edge": 8}
        np.testing.assert_array_equal(read.tokens, expected)
    picked = read_features(work / "float32", 1, ["e.png", "a.png"])
    np.testing.assert_array_equal(picked.tokens, expected[[3, 0]])
    assert read_features(work / "float32", 2, []).ids == IDS[:2]
    half = [GRID[0], GRID[1] // 2]  # tokens of two encoders in turn
    mixed = {"fusion": "interleave", "parts": [{"model": {"grid": half}, "pixels": {}}] * 2}
    write_folder(work / "mixed", "float32", values(), mixed)
    read = read_features(work / "mixed", 12, [])
    np.testing.assert_array_equal(read.tokens, expected.reshape(-1, *half, 2 * CHANNELS))


def check_components() -> None:
    """Against the eigenvectors of the covariance; signs and colours as promised."""
    random = np.random.default_rng(3)
    tokens = random.normal(size=(200, 7)) @ np.diag([9, 5, 3, 1, 1, 1, 1]) @ random.normal(size=(7, 7)) + 4
    found = principal(tokens)
    strengths, axes = np.linalg.eigh(np.cov(tokens.T))
    for k in range(3):
        axis = axes[:, -1 - k]
        assert abs(abs(found.axes[k] @ axis) - 1) < 1e-9, k
        assert found.axes[k][np.abs(found.axes[k]).argmax()] > 0
        assert abs(found.share[k] - strengths[-1 - k] / strengths.sum()) < 1e-9
    np.testing.assert_allclose(principal(-tokens).axes, found.axes, atol=1e-9)  # whatever sign the SVD gives
    painted = colours(tokens, found)
    projected = (tokens - tokens.mean(0)) @ found.axes.T
    assert painted.min() == 0 and painted.max() == 1
    inner = (painted > 0) & (painted < 1)
    assert inner.sum() > 500
    for k in range(3):
        rows = inner[:, k]
        assert np.corrcoef(painted[rows, k], projected[rows, k])[0, 1] > 1 - 1e-9, k
    for few in (np.ones((5, 4)), np.ones((1, 2)), np.arange(6.0).reshape(6, 1)):
        painted = colours(few, principal(few))
        assert painted.shape == (len(few), 3) and (painted[:, 1:] == 0.5).all(), painted


def check_geometry() -> None:
    """The pixels that transformers' processors make."""
    picture = Image.fromarray(np.random.default_rng(2).integers(0, 256, (50, 91, 3), np.uint8))
    shown = np.asarray(seen(picture, {"shortest_edge": 20, "filter": "bicubic", "crop": [16, 16]}))
    expected = np.asarray(picture.resize((36, 20), Image.Resampling.BICUBIC))[2:18, 10:26]
    np.testing.assert_array_equal(shown, expected)
    squashed = seen(picture, {"resize": [8, 12], "filter": "bilinear"})
    np.testing.assert_array_equal(np.asarray(squashed), np.asarray(picture.resize((12, 8), Image.Resampling.BILINEAR)))
    padded = np.asarray(seen(picture, {"crop": [60, 91]}))
    assert padded.shape == (60, 91, 3) and not padded[:5].any() and not padded[55:].any()
    np.testing.assert_array_equal(padded[5:55], np.asarray(picture))


def check_sheet(work: Path, photographs: Path) -> None:
    folder = work / "float32"
    for name in ("one.png", "two.png", "one.svg", "two.svg", "one.jpg"):
        done = features(folder, "--images", photographs, "--out", work / name)
        assert done.returncode == 0 and done.stdout == f"{work / name}\n", done.stderr
    for ending in ("png", "svg"):
        assert (work / f"one.{ending}").read_bytes() == (work / f"two.{ending}").read_bytes(), ending
    assert ElementTree.parse(work / "one.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    # Each token's colour is there, and each photograph's.
    shown = np.asarray(Image.open(work / "one.png").convert("RGB")).reshape(-1, 3).astype(int)
    read = read_features(folder, 12, [])
    flat = read.tokens.reshape(-1, CHANNELS)
    there = {tuple(colour) for colour in shown}
    wanted = {tuple(colour) for colour in (colours(flat, principal(flat)) * 255).astype(np.uint8).astype(int)}
    assert len(wanted) > 20 and wanted <= there, len(wanted - there)
    jpeg = np.asarray(Image.open(work / "one.jpg"))
    assert jpeg.size == shown.size
    alone = work / "alone.png"
    assert features(folder, "--out", alone, "--pick", "é.png").returncode == 0
    assert 0 < Image.open(alone).size[0] <= Image.open(work / "one.png").size[0]


def check_failure(status: int, done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == status, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr and done.stdout == "", done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)


def check_errors(work: Path, photographs: Path) -> None:
    good, out = work / "float32", work / "never.png"
    grammar = ("why:", "remedy:")
    check_failure(3, features(work / "nowhere", "--out", out), "no such folder", *grammar)
    check_failure(3, features(good / "manifest.json", "--out", out), "is not a folder", *grammar)
    check_failure(3, features(work, "--out", out), "no manifest.json", "bfloat16, float16, float32", *grammar)
    check_failure(3, features(good, "--out", out, "--pick", IDS[BROKEN]), "no features of an image", *grammar)
    check_failure(3, features(good, "--out", out, "--images", work / "none"), "no such folder", *grammar)
    check_failure(3, features(good, "--out", out, "--images", photographs / "deep"), "has no file 'a.png'", *grammar)
    check_failure(4, features(good, "--out", work / "no/where.png"), "cannot be written", *grammar)
    check_failure(2, features(good, "--out", "x.pdf"), "must end in")
    check_failure(2, features(good), "usage")
    check_failure(2, features(good, "--out", out, "--count", 0), "at least 1")
    check_failure(3, features(good, "--out", out, LVR_PYTHON="/nonexistent/python"), "/nonexistent/python", *grammar)
    bad = work / "bad"
    shutil.copytree(good, bad)
    part = bad / "part-000001.h5"
    content = part.read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"no HDF5"):
        part.write_bytes(damaged)
        check_failure(3, features(bad, "--out", out), "part-000001.h5: cannot be read", *grammar)
    part.unlink()
    check_failure(3, features(bad, "--out", out), "1 of 2 parts are missing", "part-000001.h5", *grammar)
    (bad / "manifest.json").write_text("{}")
    check_failure(3, features(bad, "--out", out), "manifest.json: cannot be read", *grammar)
    broken = shutil.copytree(photographs, work / "broken_photographs")
    (broken / "a.png").write_bytes(b"no picture")
    check_failure(3, features(good, "--out", out, "--images", broken), "a.png: cannot be read", *grammar)
    assert not out.exists() and not list(work.glob(".*"))


def check_extracted(work: Path) -> None:
    """What lvr-extract writes is what is read here."""
    if not EXTRACT.is_file():
        print("lvr-extract is not in this build: its own folder is not tried")
        return
    model, images = SOURCE / "tests/golden/vit/siglip", work / "photographs_of_golden"
    images.mkdir()
    Image.fromarray(np.random.default_rng(5).integers(0, 256, (60, 80, 3), np.uint8)).save(images / "x.png")
    (images / "y.png").write_bytes(b"")
    done = subprocess.run([EXTRACT, "--snapshot", model, "--images", images, "--out", work / "out"], capture_output=True)
    assert done.returncode == 7, done.stderr  # y.png is in quarantine
    out = work / "extracted.png"
    done = features(work / "out/siglip", "--images", images, "--out", out)
    assert done.returncode == 0, done.stderr
    read = read_features(work / "out/siglip", 12, [])
    assert read.ids == ["x.png"] and len(read.tokens.shape) == 4
    assert Image.open(io.BytesIO(out.read_bytes())).size[0] > 100


def main() -> None:
    check_components()
    check_geometry()
    with tempfile.TemporaryDirectory(prefix="lvr-features-") as name:
        work = Path(name)
        photographs = work / "photographs"
        write_photographs(photographs)
        check_reading(work)
        check_sheet(work, photographs)
        check_errors(work, photographs)
        check_extracted(work)
    print(f"all well with {FEATURES}")


if __name__ == "__main__":
    main()
