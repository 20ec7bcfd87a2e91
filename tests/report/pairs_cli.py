# SPDX-License-Identifier: Apache-2.0
"""lvr-pairs as a user types it: what the pictures and the page show, equal bytes, errors; and pairs in a report."""
from __future__ import annotations

import base64
import copy
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tables import BINARY, SOURCE, fit, report

PAIRS = BINARY / "bin/lvr-pairs"
sys.path[:0] = [str(SOURCE / "analysis" / room) for room in ("pairs", "report")]

from figure_pair import CORRECT, WRONG, _panels
from label_places import Box, LabelPlaces, box_at
from pairs_file import read_pairs

SIZES = {"cat/a": (120, 90), "cat/b": (80, 110), "<b>$x$/c": (60, 60)}
GRAMMAR = ("why:", "remedy:")


def pairs(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PAIRS, *map(str, arguments)], capture_output=True, text=True, env=os.environ | environment)


def view(name: str) -> dict[str, Any]:
    return {"file": f"JPEGImages/{name}.jpg", "width": SIZES[name][0], "height": SIZES[name][1]}


def keypoint(number: int, source: list[float], target: list[float], prediction: list[float]) -> dict[str, Any]:
    return {"id": number, "source": source, "target": target, "prediction": prediction, "error": math.dist(target, prediction)}


def tree(root: Path) -> dict[str, Any]:
    """Two pairs: one with near, far and outlying predictions, one whose names are markup."""
    first = [keypoint(3, [10, 20], [30, 40], [31, 41]), keypoint(0, [60, 20.5], [50, 60], [70, 20]),
             keypoint(29, [0, 90], [80, 110], [70.25, -12.5])]
    second = [keypoint(7, [5, 5], [10, 10], [10, 10])]
    pair = {"threshold": 50.0, "alpha": [0.1, 0.05, 0.01]}
    return {
        "schema": "lvr.pairs", "version": 1, "representation": "dino <i>v2</i> $x$", "root": str(root),
        "settings": {"frame": "published", "match": "soft", "window": 5, "temperature": 0.02, "flip": False},
        "pairs": [
            pair | {"category": "cat", "name": "000000-a-b:cat", "source": view("cat/a"), "target": view("cat/b"),
                    "keypoints": first},
            pair | {"category": "<b>$x$", "name": "000001-c-c:<b>$x$", "source": view("<b>$x$/c"),
                    "target": view("<b>$x$/c"), "keypoints": second},
        ],
    }


def write_pictures(root: Path) -> None:
    random = np.random.default_rng(4)
    for name, (width, height) in SIZES.items():
        file = root / view(name)["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(90, 160, (height, width, 3), np.uint8)).save(file)


def write_folder(folder: Path, content: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pairs.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def check_places() -> None:
    """Labels of points with room cover nothing; of a crowd they cover each other little and stay inside."""
    within = Box(0, 0, 200, 200)
    points = [(40.0 * i + 20, 40.0 * k + 20) for i in range(5) for k in range(5)]
    places = LabelPlaces(within, points, 5)
    boxes = [box_at(place.x, place.y, 9, 7) for place in (places.place(*point, 9, 7, 4) for point in points)]
    markers = [box_at(*point, 5, 5) for point in points]
    assert len(boxes) == 25
    for i, box in enumerate(boxes):
        assert not any(box.shared(other) for other in boxes[:i] + markers), i
    crowd = [(3.0 + 1.5 * i, 3.0) for i in range(8)]
    places = LabelPlaces(within, crowd, 5)
    boxes = [box_at(place.x, place.y, 9, 7) for place in (places.place(*point, 9, 7, 4) for point in crowd)]
    shared = sum(box.shared(other) for i, box in enumerate(boxes) for other in boxes[:i])
    assert shared < 0.1 * sum(box.area for box in boxes), shared
    assert all(abs(box.shared(within) - box.area) < 1e-9 for box in boxes)


def check_geometry(folder: Path) -> None:
    """Every prediction has room, also beyond its picture; the tops are level; nothing is stretched."""
    read = read_pairs(folder)
    assert [point.id for point in read.pairs[0].keypoints] == [0, 3, 29] and read.pairs[0].limit == 5
    checked = 0
    for pair in read.pairs:
        left, right = _panels(pair)
        for panel, places in ((left, [p.source for p in pair.keypoints]),
                              (right, [q for p in pair.keypoints for q in (p.target, p.prediction)])):
            for place in places:
                x, y = panel.at(place)
                assert panel.box.left <= x <= panel.box.right and panel.box.top <= y <= panel.box.bottom, place
                checked += 1
            shown = panel.picture
            assert abs((shown.right - shown.left) / (shown.bottom - shown.top) - panel.view.width / panel.view.height) < 1e-9
        assert abs(left.picture.top - right.picture.top) < 1e-9
    assert checked == 12


def check_pictures(folder: Path) -> list[str]:
    listed = json.loads((folder / "pairs/figures.json").read_text())
    assert {file.name for file in (folder / "pairs").iterdir()} == {*listed, "figures.json"} and len(listed) == 4
    assert listed[:2] == ["pair_001_cat.svg", "pair_001_cat.png"] and listed[2].startswith("pair_002_%3Cb%3E"), listed
    for name in listed[::2]:
        svg = (folder / "pairs" / name).read_text()
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        embedded = re.findall(r"data:image/(\w+);base64,([^\"]*)", svg)
        assert [kind for kind, _ in embedded] == ["jpeg", "jpeg"]
        sizes = [Image.open(io.BytesIO(base64.b64decode(content))).size for _, content in embedded]
        assert all(size in SIZES.values() for size in sizes), sizes
    return listed


def colours_of(file: Path) -> set[str]:
    shown = np.asarray(Image.open(file).convert("RGB")).reshape(-1, 3)
    return {"#%02X%02X%02X" % tuple(colour) for colour in np.unique(shown, axis=0)}


def check_drawing(work: Path, root: Path) -> Path:
    one, two = (write_folder(work / name, tree(root)) for name in ("one", "two"))
    for folder in (one, two):
        done = pairs(folder)
        assert done.returncode == 0 and done.stdout == f"{folder}/pairs.html\n", done.stderr
    listed = check_pictures(one)
    for name in [*(f"pairs/{name}" for name in listed), "pairs.html"]:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    both = colours_of(one / "pairs" / listed[1])
    assert CORRECT.upper() in both and WRONG.upper() in both
    right = colours_of(one / "pairs" / listed[3])
    assert CORRECT.upper() in right
    page = (one / "pairs.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 2 and "default-src 'none'" in page and "<script" not in page
    assert "<i>" not in page and "<b>" not in page and "dino &lt;i&gt;v2&lt;/i&gt; $x$" in page
    for words in ("frame published, match soft, window 5, temperature 0.02, flip no", "44.7", "70.2, −12.5", "wrong", "correct"):
        assert words in page, words
    fewer = tree(root)
    fewer["pairs"].pop(0)
    assert pairs(write_folder(two, fewer)).returncode == 0
    assert {file.suffix for file in (two / "pairs").glob("pair_001*")} == {".svg", ".png"}
    assert len(list((two / "pairs").iterdir())) == 3
    return one


def check_moved(work: Path, root: Path) -> None:
    """The set is no longer where it was."""
    folder = write_folder(work / "moved", tree(root / "gone"))
    check_failure(3, pairs(folder), "gone: no such folder", "--spair", *GRAMMAR)
    assert pairs(folder, "--spair", root).returncode == 0


def check_failure(status: int, done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == status, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr and done.stdout == "", done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)


def refused(folder: Path, content: Any, *words: str) -> None:
    """In this process, which is quicker; check_errors has the command."""
    write_folder(folder, content)
    try:
        read_pairs(folder)
    except Exception as error:
        assert type(error).__name__ == "ReportError", repr(error)
        for word in ("is not what lvr-score writes", "--draw", *words):
            assert word in str(error), (word, str(error))
    else:
        raise AssertionError(content)


def check_wrong_content(work: Path, root: Path) -> None:
    folder, good = work / "wrong", tree(root)
    text = json.dumps(good)
    for length in range(0, len(text), 97):
        refused(folder, text[:length])
    for whole in ("[]", "null", "3", "[" * 100_000, "\x00"):
        refused(folder, whole)
    wrong: list[tuple[list[Any], Any, str]] = [
        (["schema"], "lvr.other", "lvr.other"), (["version"], 2, "version 2"), (["pairs"], [], "pairs is no list"),
        (["settings"], [], "settings"), (["representation"], "", "representation"), (["root"], 5, "root is no text"),
        (["pairs", 0, "threshold"], 0, "pairs[0].threshold is 0"), (["pairs", 1, "alpha"], [], "pairs[1].alpha"),
        (["pairs", 1, "alpha"], ["x"], "pairs[1].alpha[0]"), (["pairs", 0, "target", "width"], 0, "pairs[0].target has no size"),
        (["pairs", 0, "source", "file"], "a\0b", "pairs[0].source.file"), (["pairs", 0, "keypoints"], {}, "pairs[0].keypoints"),
        (["pairs", 0, "keypoints", 1, "id"], 30, "keypoints[1].id is 30"), (["pairs", 0, "keypoints", 1, "id"], 3, "twice"),
        (["pairs", 0, "keypoints", 2, "error"], -1, "keypoints[2].error"),
        (["pairs", 0, "keypoints", 2, "error"], float("nan"), "keypoints[2].error"),
        (["pairs", 0, "keypoints", 0, "prediction"], [1], "keypoints[0].prediction"),
        (["pairs", 0, "keypoints", 0, "target"], [1, True], "keypoints[0].target"),
        (["pairs", 0, "keypoints", 0, "source"], [1, 1e300], "keypoints[0].source"),
    ]
    for path, value, words in wrong:
        changed = copy.deepcopy(good)
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        refused(folder, changed, words)
        del inner[path[-1]]
        refused(folder, changed) if isinstance(path[-1], str) else None


def check_errors(work: Path, root: Path) -> None:
    check_failure(3, pairs(work / "nowhere"), "no such folder", "lvr-score", *GRAMMAR)
    (work / "empty").mkdir()
    check_failure(3, pairs(work / "empty"), "has no pairs.json", "lvr-score", *GRAMMAR)
    check_failure(3, pairs(write_folder(work / "cut", json.dumps(tree(root))[:300])), "is not what lvr-score writes", *GRAMMAR)
    check_failure(2, pairs(), "usage")
    good = write_folder(work / "errors", tree(root))
    check_failure(3, pairs(good, LVR_PYTHON="/nonexistent/python"), "/nonexistent/python", *GRAMMAR)
    broken = shutil.copytree(root, work / "broken")
    (broken / view("cat/b")["file"]).write_bytes(b"no picture")
    check_failure(3, pairs(good, "--spair", broken), "b.jpg: cannot be read", *GRAMMAR)
    assert not (good / "pairs.html").exists()
    blocked = write_folder(work / "blocked", tree(root))
    (blocked / "pairs").write_text("")
    check_failure(4, pairs(blocked), "cannot be written", *GRAMMAR)
    assert not list(work.glob("**/.*"))


def check_report(work: Path, drawn: Path) -> None:
    law = work / "law"
    fit(SOURCE / "data/paper/v1.csv", "--benchmark=seed_image", "--out", law)
    check_failure(3, report(law, "--pairs", work / "nowhere"), "no such folder", *GRAMMAR)
    check_failure(2, report(law, "--spair", work), "--pairs")
    assert not (law / "report.html").exists()
    assert report(law, "--pairs", drawn).returncode == 0
    page = (law / "report.html").read_text(encoding="utf-8")
    assert 'href="#pairs"' in page and 'id="pairs"' in page and "000000-a-b:cat" in page and "<b>" not in page.split("<script")[0]
    listed = json.loads((law / "figures/figures.json").read_text())
    for name in listed:
        same = drawn / "pairs" / name
        assert not name.startswith("pair_") or (law / "figures" / name).read_bytes() == same.read_bytes(), name
    assert sum(name.startswith("pair_") for name in listed) == 4


def main() -> None:
    check_places()
    with tempfile.TemporaryDirectory(prefix="lvr-pairs-") as name:
        work = Path(name)
        root = work / "SPair-71k"
        write_pictures(root)
        drawn = check_drawing(work, root)
        check_geometry(drawn)
        check_moved(work, root)
        check_wrong_content(work, root)
        check_errors(work, root)
        check_report(work, drawn)
    print(f"all well with {PAIRS}")


if __name__ == "__main__":
    main()
