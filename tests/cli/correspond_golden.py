# SPDX-License-Identifier: Apache-2.0
"""`lvr-score correspond` on the synthetic set, in all settings of tests/golden/cscore (made by tests/reference/cscore.py).

Tolerances: 1e-6 in PCK, 1e-3 pixels in predictions.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SOURCE = Path(os.environ["LVR_SOURCE_DIR"])
SCORE = Path(os.environ["LVR_BINARY_DIR"]) / "bin" / "lvr-score"
SPAIR = SOURCE / "tests" / "data" / "cscore_spair"
GOLDEN = SOURCE / "tests" / "golden" / "cscore"
PCK, PIXELS = 1e-6, 1e-3


def run(*words: object) -> str:
    result = subprocess.run([str(SCORE), *map(str, words)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"FAIL: {' '.join(map(str, words))}: status {result.returncode}\n{result.stderr}")
    return result.stdout


def prepared(model: str, setting: dict, work: Path) -> Path:
    """A feature folder for a setting; the flips and crops that the set does not have are made first."""
    crop = setting.get("crop")
    name = model + ("_next" if setting["flip"] == "next" else "") + (f"_{crop['rows']}x{crop['columns']}" if crop else "")
    folder = work / name
    if folder.exists():
        return folder
    source = SPAIR / "features"
    if crop or setting["flip"] == "next":
        source = work / (name + "_npy")
        for category in sorted((SPAIR / "features").iterdir()):
            files = sorted(category.glob(f"*_{model}.npy"))
            (source / category.name).mkdir(parents=True)
            for index, file in enumerate(files):
                values = np.load(file)
                if crop:
                    values = np.ascontiguousarray(values[..., : crop["rows"], : crop["columns"]])
                np.save(source / category.name / file.name, values)
                if setting["flip"] == "next":
                    shutil.copy(files[(index + 1) % len(files)],
                                source / category.name / file.name.replace(".npy", "_flip.npy"))
    run("--import-features", source, "--out", folder, "--suffix", f"_{model}.npy")
    return folder


def command(setting: dict, work: Path) -> list:
    folders = [prepared(model, setting, work) for model in setting["features"]]
    words = ["correspond", "--spair", SPAIR, "--features", folders[0], "--frame", setting["frame"], "--match",
             setting["match"], "--average", setting["average"], "--threshold", setting["threshold"], "--format", "json",
             "--bootstrap", 20]
    words += ["--features2", folders[1]] if len(folders) > 1 else []
    words += ["--window", setting["window"]] if "window" in setting else []
    if any("bf16" in model for model in setting["features"]):
        words += ["--arithmetic", "published" if setting["torch"].startswith("1") else "bfloat16"]
    words += ["--flip"] if setting["flip"] else []
    return words


class Comparison:
    def __init__(self, name: str) -> None:
        self.name, self.numbers, self.worst_pck, self.worst_pixels, self.wrong = name, 0, 0.0, 0.0, []

    def shares(self, what: str, got: list, wanted: list) -> None:
        if len(got) != len(wanted):
            self.wrong.append(f"{what}: {got} instead of {wanted}")
        for ours, theirs in zip(got, wanted):
            self.numbers += 1
            if ours is None or theirs is None or math.isnan(theirs):
                if (ours is None) != (theirs is None or math.isnan(theirs)):
                    self.wrong.append(f"{what}: {ours} instead of {theirs}")
                continue
            self.worst_pck = max(self.worst_pck, abs(ours - theirs))
            if abs(ours - theirs) > PCK:
                self.wrong.append(f"{what}: {ours} instead of {theirs}")

    def places(self, what: str, got: list, wanted: list) -> None:
        assert len(got) == len(wanted) == 30
        for ours, theirs in zip(got, wanted):
            distance = max(abs(ours[0] - theirs[0]), abs(ours[1] - theirs[1]))
            self.numbers += 1
            self.worst_pixels = max(self.worst_pixels, distance)
            if distance > PIXELS:
                self.wrong.append(f"{what}: {ours} instead of {theirs}")


def compare(name: str, got: dict, wanted: dict, geo: str) -> Comparison:
    comparison = Comparison(f"{name} ({geo} geo groups)")
    for key in ("weighted", "geo_weighted_per_image"):
        comparison.shares(key, got["final"][key], wanted["final"][key])
    comparison.shares("geo_images", [got["final"]["geo_images"]], [wanted["final"]["geo_images"]])
    assert len(got["categories"]) == len(wanted["categories"]) == 5
    for ours, theirs in zip(got["categories"], wanted["categories"]):
        assert ours["category"] == theirs["category"] and ours["n_pairs"] == theirs["n_pairs"] == len(ours["pairs"])
        for key in ("used_points", "thresholds", "per_kpt", "per_img"):
            if theirs.get(key) is not None:
                comparison.shares(f"{ours['category']}: {key}", ours[key], theirs[key])
        comparison.shares(f"{ours['category']}: geo", ours["geo"], theirs["geo_raw" if geo == "raw" else "geo"])
        for a, b in zip(ours["pairs"], theirs["pairs"]):
            assert (a["src"], a["trg"]) == (b["src"], b["trg"])
            comparison.places(f"{ours['category']} {a['src']} -> {a['trg']}", a["pred"], b["pred"])
    return comparison


def main() -> None:
    goldens = sorted(GOLDEN.glob("*.json"))
    assert len(goldens) >= 20, "the golden settings are not there"
    failed = mirrored = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, golden in enumerate(goldens):
            wanted = json.loads(golden.read_text())
            geo = "published" if number % 3 else "raw"
            got = json.loads(run(*command(wanted["settings"], Path(folder)), "--geo-groups", geo))
            result = compare(golden.stem, got, wanted, geo)
            mirrored += sum("mirrored" in pair for category in got["categories"] for pair in category["pairs"])
            print(f"{result.name}: {result.numbers} numbers, worst {result.worst_pck:.1e} in PCK (of {PCK}), "
                  f"{result.worst_pixels:.1e} px (of {PIXELS})")
            for line in result.wrong[:5]:
                print("  FAIL", line)
            failed += len(result.wrong) > 0
    assert mirrored > 0, "no pair took its mirrored source: that path was not tested"
    print(f"{len(goldens)} settings, {failed} failed; {mirrored} pairs took their mirrored source")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
