# SPDX-License-Identifier: Apache-2.0
"""C and A with pretrained weights on photographs whose true correspondences are known (photograph_set.py): nothing in it comes
from lvr or from the paper's code, so a slip in any coordinate between JPEG and score would show. Every hard match is also
computed anew in numpy, from how a picture is resized and cropped."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import h5py
import numpy as np

from photograph_set import VARIANTS, WHOLE, write_set

SOURCE, BINARY = Path(os.environ["LVR_SOURCE_DIR"]), Path(os.environ["LVR_BINARY_DIR"])
MODEL, PHOTOGRAPHS = SOURCE / "build/models/dinov2-small", SOURCE / "build/models/photographs"
CATEGORIES = {name: PHOTOGRAPHS / file for name, file in (
    ("bottle", "coffee.png"), ("cat", "chelsea.png"), ("motorbike", "motorcycle_left.png"), ("person", "astronaut.png"))}
SIZE, EDGE, GRID, FRAME = 448, 512, 32, 840  # the model resizes the short edge to 8/7 of its input, then crops


def run(program: str, *arguments: object) -> str:
    command = [BINARY / "bin" / program, *arguments, "--log-level", "warning"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shuffled_model(folder: Path) -> Path:
    """The model with each tensor's values in another order: all scales are right, nothing is learned."""
    folder.mkdir()
    for file in MODEL.glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    raw = bytearray((MODEL / "model.safetensors").read_bytes())
    start, rng = 8 + int.from_bytes(raw[:8], "little"), np.random.default_rng(0)
    tensors = [entry for name, entry in json.loads(raw[8:start]).items() if name != "__metadata__"]
    assert len(tensors) > 100 and all(entry["dtype"] == "F32" for entry in tensors)
    for entry in tensors:
        begin, end = (start + offset for offset in entry["data_offsets"])
        raw[begin:end] = rng.permutation(np.frombuffer(raw[begin:end], np.float32)).tobytes()
    (folder / "model.safetensors").write_bytes(raw)
    return folder


def extract(work: Path) -> None:
    for name, snapshot in (("squashed", MODEL), ("shuffled", shuffled_model(work / "shuffled-model"))):
        (work / f"{name}.toml").write_text(
            f'id = "{name}"\nsnapshot = "{snapshot}"\nsize = {SIZE}\nresize = "squash"\nstore = "float32"\n')
    images = ("--images", work / "varied")
    run("lvr-extract", "--encoder", f"{work}/squashed.toml,{work}/shuffled.toml", *images, "--out", work)
    for size in (SIZE, 224):
        run("lvr-extract", "--snapshot", MODEL, "--size", size, "--store", "float32", *images, "--out", work / f"cropped{size}")
    (work / f"cropped{SIZE}/dinov2-small").rename(work / "cropped")
    (work / "cropped224/dinov2-small").rename(work / "small")


class Camera:
    """From pixels of a picture to patches of its map and back, per axis."""

    def __init__(self, size: list[int], cropped: bool) -> None:
        picture = np.array(size, float)
        resized = np.trunc(EDGE * picture / picture.min()) if cropped else np.full(2, float(SIZE))
        self.scale, self.crop = resized / picture, (resized - SIZE) // 2
        self.frame, self.pad = FRAME / picture.max(), np.trunc((FRAME - np.rint(FRAME * picture / picture.max())) / 2)

    def patch(self, pixel: list[float]) -> int:
        column, row = np.clip(np.trunc((np.array(pixel) * self.scale - self.crop) * GRID / SIZE), 0, GRID - 1).astype(int)
        return int(row * GRID + column)

    def place(self, patch: int) -> np.ndarray:
        """@return pixels of the padded frame"""
        middle = np.array([patch % GRID, patch // GRID]) + 0.5
        return (middle * SIZE / GRID + self.crop) / self.scale * self.frame + self.pad


def check_matches(got: dict, spair: Path, features: Path, cropped: bool) -> None:
    """Each prediction of a hard match against numpy's; a near tie may fall to the other side."""
    with h5py.File(features / "index.h5") as file:
        tokens = dict(zip(file["image_id"].asstr(), file["tokens"][:].astype(np.float64)))
    tokens = {id: one / np.linalg.norm(one, axis=-1, keepdims=True) for id, one in tokens.items()}
    seen, off = 0, []
    for category in got["categories"]:
        for pair in category["pairs"]:
            ids = [f"{category['category']}/{pair[side]}" for side in ("src", "trg")]
            source, target = (json.loads((spair / "ImageAnnotation" / id).with_suffix(".json").read_text()) for id in ids)
            from_, to = (Camera([one["image_width"], one["image_height"]], cropped) for one in (source, target))
            for number in category["used_points"]:
                if not source["kps"][str(number)] or not target["kps"][str(number)]:
                    continue
                best = (tokens[ids[1]] @ tokens[ids[0]][from_.patch(source["kps"][str(number)])]).argmax()
                off.append(np.abs(to.place(int(best)) - pair["pred"][number]).max() > 1e-2)
                seen += 1
    print(f"  {seen} matches, {sum(off)} other than numpy's")
    assert seen > 1000 and sum(off) <= seen / 500


def check_c(work: Path) -> None:
    def c(features: str, frame: str, match: str, spair: str = "varied") -> float:
        got = json.loads(run("lvr-score", "correspond", "--spair", work / spair, "--features", work / features, "--frame", frame,
                             "--match", match, "--bootstrap", 0, "--format", "json"))
        share = got["final"]["weighted"][0]
        print(f"{spair}, {features}, {frame}, {match}: C = {100 * share:.2f}")
        if (match, frame, spair) == ("hard", "auto", "varied"):
            check_matches(got, work / spair, work / features, features == "cropped")
        return share

    for match in ("hard", "soft"):
        squashed, cropped, shuffled = (c(one, "auto", match) for one in ("squashed", "cropped", "shuffled"))
        assert squashed > 0.7, squashed
        assert squashed - 0.3 < cropped < squashed, (cropped, squashed)  # some keypoints are cut off
        for features, right in (("squashed", squashed), ("cropped", cropped)):
            assert c(features, "published", match) < right - 0.15
        assert shuffled < squashed - 0.3, shuffled  # not chance: colours and positions get through untrained layers
    assert c("squashed", "aligned", "soft") == squashed and c("cropped", "aligned", "soft") == cropped
    for features in ("squashed", "cropped", "shuffled"):
        for frame in ("auto", "published"):  # no keypoint of a whole photograph is cut off
            assert c(features, frame, "hard", "same") == 1


def check_chance(work: Path) -> None:
    """Features that know nothing find a keypoint as often as a patch drawn blindly lies near enough."""
    rng, shares, spair = np.random.default_rng(1), [], work / "varied"
    annotations = {file.relative_to(spair / "ImageAnnotation").with_suffix(""): json.loads(file.read_text())
                   for file in sorted(spair.glob("ImageAnnotation/*/*.json"))}
    for id, target in annotations.items():
        (work / "noise" / id.parent).mkdir(parents=True, exist_ok=True)
        np.save(work / "noise" / f"{id}.npy", rng.standard_normal((16, GRID, GRID)).astype(np.float32))
        camera = Camera([target["image_width"], target["image_height"]], cropped=False)
        places = np.stack([camera.place(patch) for patch in range(GRID * GRID)])
        x0, y0, x1, y1 = target["bndbox"]
        for source in (one for other, one in annotations.items() if other.parent == id.parent and other != id):
            mutual = [k for k, at in target["kps"].items() if at and source["kps"][k]]
            wanted = np.array([target["kps"][k] for k in mutual]) * camera.frame + camera.pad
            near = np.linalg.norm(places[:, None] - wanted, axis=-1) < 0.1 * max(x1 - x0, y1 - y0) * camera.frame
            shares.append(near.mean())
    run("lvr-score", "--import-features", work / "noise", "--out", work / "chance")
    got = json.loads(run("lvr-score", "correspond", "--spair", spair, "--features", work / "chance", "--frame", "aligned",
                         "--match", "hard", "--bootstrap", 0, "--format", "json"))["final"]["weighted"][0]
    print(f"noise: C = {100 * got:.2f}, by chance {100 * np.mean(shares):.2f}")
    assert len(shares) == 120 and abs(got - np.mean(shares)) < 0.015


def check_a(work: Path) -> None:
    def a(features: str) -> float:
        got = json.loads(run("lvr-score", "align", "--features", work / features, "--reference", work / "small", "--format", "json"))
        print(f"{features} against 224 px: A = {got['a']:.15f}")
        assert got["n"] == len(CATEGORIES) * len(VARIANTS)
        return got["a"]

    assert abs(a("small") - 1) <= 1e-12
    cropped, shuffled = a("cropped"), a("shuffled")
    assert shuffled + 0.1 < cropped < 0.99, (shuffled, cropped)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lvr-known-places-") as folder:
        work = Path(folder)
        assert write_set(work / "varied", CATEGORIES, VARIANTS) == 120
        assert write_set(work / "same", CATEGORIES, {"2000_000000": (WHOLE, 1.0)}, with_itself=True) == 4
        extract(work)
        check_c(work)
        check_chance(work)
        check_a(work)


if __name__ == "__main__":
    main()
