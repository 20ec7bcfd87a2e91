# SPDX-License-Identifier: Apache-2.0
"""lvr-report as a user types it: the files it writes, that they stand alone, equal bytes, errors. Needs no browser."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import h5py

from tables import EXTREME, FIT, NASTY, NASTY_BENCHMARK, REPORT, SOURCE, extreme_table, fit, nasty_table, report
from training import check_training

BENCHMARKS = ["seed_image"]
LOADS = {"src", "href", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href", "cite"}


class Page(HTMLParser):
    """What a page is made of: tags, what it would load, its words, and the JSON of its surfaces."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.words: list[str] = []
        self.surfaces = ""
        self._within = ("", {})
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attributes if name in LOADS]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self._within = (tag, dict(attributes))

    def handle_data(self, data: str) -> None:
        tag, attributes = self._within
        if tag == "script" and attributes.get("id") == "surfaces":
            self.surfaces += data
        elif tag not in ("script", "style"):
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = ("", {})


def files_of(folder: Path) -> dict[str, bytes]:
    made = [folder / "report.html", *(folder / "figures").iterdir()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in made}


def check_figures(folder: Path, expected: set[str]) -> None:
    listed = json.loads((folder / "figures" / "figures.json").read_text())
    there = {file.name for file in (folder / "figures").iterdir()}
    assert there == {*listed, "figures.json"}, there ^ {*listed, "figures.json"}
    stems = {Path(name).stem for name in listed}
    assert stems == expected, stems ^ expected
    for stem in stems:
        root = ElementTree.parse(folder / "figures" / f"{stem}.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg" and len(list(root.iter())) > 50, stem
        png = (folder / "figures" / f"{stem}.png").read_bytes()
        assert png.startswith(b"\x89PNG\r\n\x1a\n") and png.endswith(b"IEND\xaeB`\x82"), stem
    assert not list(folder.rglob(".*")), "temporary files are left"


def check_stands_alone(page: Page, text: str) -> None:
    assert len(page.loads) > 5
    for target in page.loads:
        assert target.startswith(("#", "data:")), target
    assert not {"iframe", "object", "embed", "base"} & set(page.tags), page.tags
    assert page.tags.count("script") == 3 and not page.handlers, (page.tags.count("script"), page.handlers)
    assert "default-src 'none'" in text
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style and "url(" not in style[1] and "@import" not in style[1]
    assert len(re.findall(r"\* plotly\.js v", text)) == 1, "Plotly is to be there once"


def check_paper(folder: Path) -> None:
    fit(SOURCE / "data/paper/v1.csv", *(f"--benchmark={name}" for name in BENCHMARKS), "--policy", "--out", folder)
    done = report(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}/report.html\n", done.stdout
    check_figures(
        folder,
        {
            "r2_by_group",
            "r2_by_benchmark",
            "recall_mean",
            "recall_by_benchmark",
            *(f"{kind}_{name}" for kind in ("surface", "predicted") for name in BENCHMARKS),
        },
    )
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(folder / "report.html")
    check_stands_alone(page, text)
    law, words = json.loads((folder / "law.json").read_text()), "\n".join(page.words)
    surfaces = json.loads(page.surfaces)
    assert len(surfaces) == len(BENCHMARKS)
    for name, surface in zip(BENCHMARKS, surfaces):
        entry = law["benchmarks"][name]
        assert entry["finding"] in words, name
        best = entry["fits"]["AC_quadratic"]
        for value in (f"{best['r2']:.4f}", f"{best['loo_r2']:.3f}"):
            assert value.replace("-", "−") in words, (name, value)
        check_surface(surface, entry)


def check_surface(surface: dict, entry: dict) -> None:
    """At the grid's points the surface is what the coefficients say; the points are the measured ones."""
    traces = {trace["name"]: trace for trace in surface["data"]}
    law, measured = traces["law"], traces["measured"]
    assert len(measured["z"]) == entry["n"] > 0
    assert all(abs(one - two) <= 1e-5 * abs(two) for one, two in zip(measured["z"], entry["points"]["score"]))
    scales, terms = entry["scales"], entry["fits"]["AC_quadratic"]["coefficients"]
    checked = 0
    for i in range(0, len(law["y"]), 8):
        for j in range(0, len(law["x"]), 8):
            a = (law["x"][j] - scales["a"]["offset"]) / scales["a"]["width"]
            c = (law["y"][i] - scales["c"]["offset"]) / scales["c"]["width"]
            y = (
                terms["1"]
                + terms["a"] * a
                + terms["c"] * c
                + terms["a2"] * a * a
                + terms["ac"] * a * c
                + terms["c2"] * c * c
            )
            expected = scales["score"]["offset"] + scales["score"]["width"] * y
            assert abs(law["z"][i][j] - expected) < 1e-3 * scales["score"]["width"], (i, j)
            checked += 1
    assert checked >= 16


def check_equal_bytes(folder: Path, other: Path) -> None:
    """Also where nobody can read where the page is, which is an error once the page is there."""
    other.mkdir()
    shutil.copy(folder / "law.h5", other)
    done = subprocess.run(["bash", "-c", f"'{REPORT}' '{other}' >/dev/full"], capture_output=True, text=True)
    check_failure(4, None, done, "standard output", "No space left", "why:", "remedy:")
    one, two = files_of(folder), files_of(other)
    assert one.keys() == two.keys() and len(one) > 10
    for name in one:
        assert one[name] == two[name], f"{name} differs between two runs"


def check_nasty(folder: Path) -> None:
    """Into the same folder: names stay text, and the figures of the run before are gone."""
    nasty_table(folder / "nasty.csv")
    fit(folder / "nasty.csv", "--plan", "--budget", 2, "--out", folder)
    done = report(folder)
    assert done.returncode == 0, done.stderr
    stem = "a%2Fb%20%3Cb%3E%26%24m%24%20%22q%22".replace("%20", " ")
    check_figures(folder, {"r2_by_group", "r2_by_benchmark", "plan_intervals", f"surface_{stem}", f"predicted_{stem}"})
    page = Page(folder / "report.html")
    check_stands_alone(page, (folder / "report.html").read_text(encoding="utf-8"))
    assert "b" not in page.tags and "i" not in page.tags
    words = "".join(page.words)
    for name in [*NASTY, NASTY_BENCHMARK]:
        assert name in words, name
    for note in json.loads(page.surfaces)[0]["layout"]["scene"]["annotations"]:
        assert not re.search(r"[<$]", note["text"]), note["text"]


def check_extreme(work: Path) -> None:
    """A table that lvr-fit accepts has a report: where no axis can hold the values, a note says so."""
    folder = work / "extreme"
    folder.mkdir()
    extreme_table(folder / "table.csv")
    fit(folder / "table.csv", "--plan", "--out", folder)
    done = report(folder)
    assert done.returncode == 0, done.stderr
    surfaces = json.loads(Page(folder / "report.html").surfaces)
    names = list(json.loads((folder / "law.json").read_text())["benchmarks"])
    notes = {name: surface["layout"].get("annotations") for name, surface in zip(names, surfaces)}
    assert notes.keys() == EXTREME.keys(), notes
    for name, note in notes.items():
        assert bool(note) == (name != "x_equal"), (name, note)


def check_failure(status: int, folder: Path | None, done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == status, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr and done.stdout == "", done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)
    if folder is not None:
        assert not (folder / "report.html").is_file() and not list(folder.rglob(".*.tmp")), list(folder.rglob("*"))


def check_bad_input(work: Path, good: Path) -> None:
    grammar = ("why:", "remedy:")
    check_failure(3, None, report(work / "nowhere"), "no such folder", "lvr-fit", *grammar)
    check_failure(3, None, report(good / "law.h5"), "is not a folder", *grammar)
    empty, content = work / "empty", (good / "law.h5").read_bytes()
    empty.mkdir()
    check_failure(3, empty, report(empty), "has no law.h5", "lvr-fit", *grammar)
    for damaged in (b"", b"not HDF5 at all", content[: len(content) // 2], content[:-1]):
        (empty / "law.h5").write_bytes(damaged)
        check_failure(3, empty, report(empty), "law.h5", *grammar)
    with h5py.File(empty / "law.h5", "w") as other:
        other["representations/name"] = ["a", "b"]
    check_failure(3, empty, report(empty), "is not what lvr-fit writes", *grammar)
    with h5py.File(empty / "law.h5", "w") as other:
        other["benchmarks/x"] = h5py.SoftLink("/benchmarks")
    check_failure(3, empty, report(empty), "nested too deeply", *grammar)
    check_failure(2, None, report(), "usage")
    check_failure(2, None, report(good, "--bogus"), "usage")


def check_wrong_types(work: Path, good: Path) -> None:
    """A law.h5 that opens and holds something else deep inside: the message names where."""
    folder = work / "wrong"
    folder.mkdir()
    best = f"benchmarks/{BENCHMARKS[0]}/fits/AC_quadratic"
    wrong = {
        f"{best}/leverage": "text",
        f"{best}/r2_interval": [1.0, 2.0, 3.0],
        f"{best}/cooks_distance": [1.0],
        f"benchmarks/{BENCHMARKS[0]}/influential": 7.0,
        "groups/all/AC_quadratic": 1.0,
        "policy/region": [1.0],
    }
    for path, value in wrong.items():
        shutil.copy(good / "law.h5", folder)
        with h5py.File(folder / "law.h5", "a") as file:
            if path in file:
                del file[path]
            file[path] = value
        where = "as long as its points" if path.endswith("cooks_distance") else path
        check_failure(3, folder, report(folder), "law.h5: is not what lvr-fit writes", where, "why:", "remedy:")


def check_stdout(work: Path, good: Path) -> None:
    """A closed one is seen before the work; help is output as well. check_equal_bytes has a full one after the work."""
    folder = work / "stdout"
    folder.mkdir()
    shutil.copy(good / "law.h5", folder)
    for command in (f"'{REPORT}' '{folder}' >&-", f"'{REPORT}' --help >/dev/full", f"'{REPORT}' --help >&-"):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        check_failure(4, folder, done, "standard output", "why:", "remedy:")


def check_unwritable(work: Path, good: Path) -> None:
    """As root nothing is read-only: a file where a folder should be, and a disk that takes no large file."""
    blocked, full = work / "blocked", work / "full"
    for folder in (blocked, full):
        folder.mkdir()
        shutil.copy(good / "law.h5", folder)
    (blocked / "figures").write_text("")
    check_failure(4, blocked, report(blocked), "figures", "why:", "remedy:")
    command = f"ulimit -f 16; exec '{REPORT}' '{full}'"  # no file beyond 16 KiB
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    check_failure(4, full, done, "cannot be written", "remedy:")
    assert not list((full / "figures").iterdir())
    check_replacing(full / "page")


def check_replacing(file: Path) -> None:
    """A file that cannot be replaced as a whole stays what it was."""
    file.write_text("old")
    program = "import pathlib, publish, sys; publish.write_file(pathlib.Path(sys.argv[1]), b'x' * 2**21)"
    command = f"ulimit -f 1024; exec '{sys.executable}' -B -c \"{program}\" '{file}'"
    where = {"PYTHONPATH": str(SOURCE / "analysis" / "report")}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=os.environ | where)
    assert "ReportError" in done.stderr and "cannot be written" in done.stderr, done.stderr
    assert file.read_text() == "old" and not list(file.parent.glob(".*")), list(file.parent.iterdir())


def check_wrapper(work: Path, good: Path) -> None:
    check_failure(3, None, report(good, LVR_PYTHON="/nonexistent/python"), "/nonexistent/python", "setup.sh", "why:")
    bare = work / "bare_python"
    bare.write_text(f"#!/bin/sh\nexec '{sys.executable}' -S \"$@\"\n")
    bare.chmod(0o755)
    check_failure(3, None, report(good, LVR_PYTHON=str(bare)), "cannot load", "requirements.txt", "why:", "remedy:")
    moved = work / "moved" / "bin" / "lvr-report"
    moved.parent.mkdir(parents=True)
    shutil.copy(REPORT, moved)
    scripts = work / "moved" / "share" / "lvr" / "report"
    scripts.mkdir(parents=True)
    (scripts / "lvr_report.py").write_text("print('moved')\n")
    done = subprocess.run([moved, "x"], capture_output=True, text=True)
    assert done.stdout == "moved\n", (done.stdout, done.stderr)
    (scripts / "lvr_report.py").unlink()  # then it is not the source tree's that runs
    check_failure(3, None, subprocess.run([moved, good], capture_output=True, text=True), "share/lvr/report", "why:")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lvr-report-") as name:
        work = Path(name)
        law = work / "law"
        check_paper(law)
        with ThreadPoolExecutor(4) as pool:
            checks = [pool.submit(check_equal_bytes, law, work / "again")]
            checks += [pool.submit(check, work, law) for check in (check_bad_input, check_unwritable, check_wrapper)]
            checks += [pool.submit(check, work, law) for check in (check_wrong_types, check_stdout)]
            checks += [pool.submit(check_extreme, work), pool.submit(check_training, work / "training", law, check_failure)]
        for check in checks:
            check.result()
        check_nasty(law)
    print(f"all well with {REPORT} on the output of {FIT}")


if __name__ == "__main__":
    main()
