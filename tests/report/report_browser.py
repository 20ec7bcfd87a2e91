# SPDX-License-Identifier: Apache-2.0
"""report.html in headless Chromium: a quiet console, nothing from the network, a WebGL surface, a switch that works.

With LVR_SCREENSHOTS=FOLDER it leaves its screenshots there, for people to look at.
"""
from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np

from chrome import Chrome
from tables import NASTY, SOURCE, extreme_table, fit, nasty_table, report

SHOW = "(()=>{const s=document.getElementById('benchmark');s.value='%d';s.dispatchEvent(new Event('change'));})()"
DRAWN = "!!document.querySelector('#surface canvas') && !!document.getElementById('surface').data"
# Chromium's hint about Plotly's way to measure text is no fault of the page.
HINTS = ("willReadFrequently",)


def complaints(chrome: Chrome) -> list[str]:
    """What the console, the log or a dialog said."""
    found = []
    for event in chrome.events:
        method, parameters = event["method"], event["params"]
        is_log = method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning")
        if is_log or method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Page.javascriptDialogOpening"):
            text = json.dumps(parameters)
            if not any(hint in text for hint in HINTS):
                found.append(f"{method}: {text[:500]}")
    return found


def requests(chrome: Chrome) -> list[str]:
    return [
        event["params"]["request"]["url"] for event in chrome.events if event["method"] == "Network.requestWillBeSent"
    ]


def outside(chrome: Chrome, page: Path) -> list[str]:
    """Requests for anything that is not the page itself or inside it."""
    return [
        url
        for url in requests(chrome)
        if not url.startswith(("data:", "blob:")) and url.split("#")[0] != page.resolve().as_uri()
    ]


def check_quiet(chrome: Chrome, page: Path) -> None:
    assert page.resolve().as_uri() in requests(chrome)
    assert not outside(chrome, page), outside(chrome, page)
    assert not complaints(chrome), complaints(chrome)


def picture_of_surface(chrome: Chrome) -> np.ndarray:
    """The surface as the screen shows it. @return [height, width, 3] in 0 … 1"""
    box = chrome.evaluate(
        "(()=>{document.getElementById('surface').scrollIntoView({behavior:'instant'});"
        "const r=document.getElementById('surface').getBoundingClientRect();"
        "return {x:r.x+scrollX,y:r.y+scrollY,width:r.width,height:r.height,scale:1};})()"
    )
    chrome.evaluate("new Promise(done=>requestAnimationFrame(()=>requestAnimationFrame(()=>setTimeout(done,300))))")
    return matplotlib.image.imread(io.BytesIO(chrome.shot(clip=box)))[..., :3]


def keep(chrome: Chrome, name: str, whole_page: bool = False) -> None:
    folder = os.environ.get("LVR_SCREENSHOTS")
    if folder:
        (Path(folder) / f"{name}.png").write_bytes(chrome.shot(whole_page=whole_page))


def coloured(picture: np.ndarray) -> float:
    """The share of pixels that are neither grey nor white: the surface's own."""
    return float((np.ptp(picture, axis=2) > 0.2).mean())


def check_switch(chrome: Chrome, page: Path, law: dict[str, Any]) -> None:
    names = list(law["benchmarks"])
    assert len(names) == 8
    chrome.open(page, 1400, 1000)
    chrome.wait_for(DRAWN)
    assert chrome.evaluate(
        "(c=>!!(c.getContext('webgl2')||c.getContext('webgl')))(document.querySelector('#surface canvas'))"
    )
    pictures, titles, heights = [], [], []
    for i, name in enumerate(names[:3]):
        if i > 0:
            chrome.click("#next")
        chrome.wait_for(f"document.getElementById('surface-title').textContent.startsWith({json.dumps(name + ':')})")
        pictures.append(picture_of_surface(chrome))
        titles.append(chrome.evaluate("document.getElementById('surface-title').textContent"))
        heights.append(chrome.evaluate("document.getElementById('surface').data[0].z.flat()"))
        assert chrome.evaluate("document.querySelectorAll('.panel.current').length") == 1
        assert chrome.evaluate("document.querySelector('.panel.current').dataset.title") == titles[-1]
        assert f"{law['benchmarks'][name]['fits']['AC_quadratic']['r2']:.3f}" in titles[-1]
        keep(chrome, f"desktop_{i}")
    for i in (1, 2):
        assert titles[i] != titles[i - 1] and heights[i] != heights[i - 1]
        assert (np.abs(pictures[i] - pictures[i - 1]).max(axis=2) > 0.1).mean() > 0.02, "the surface looks the same"
    assert all(coloured(picture) > 0.1 for picture in pictures), [coloured(picture) for picture in pictures]
    chrome.evaluate(SHOW % 7)
    chrome.wait_for(f"document.getElementById('surface-title').textContent.startsWith({json.dumps(names[7])})")
    check_names(chrome, law["benchmarks"][names[7]])
    keep(chrome, "whole_page", whole_page=True)
    check_quiet(chrome, page)


def check_names(chrome: Chrome, entry: dict[str, Any]) -> None:
    count = "document.getElementById('surface').layout.scene.annotations.length"
    assert chrome.evaluate(count) == entry["n"]
    chrome.click("#names")
    chrome.wait_for(f"{count} === 0")


def check_phone(chrome: Chrome, page: Path) -> None:
    chrome.events.clear()
    chrome.open(page, 420, 850)
    chrome.wait_for(DRAWN)
    assert chrome.evaluate("document.documentElement.scrollWidth") <= 420
    assert coloured(picture_of_surface(chrome)) > 0.1
    keep(chrome, "phone")
    check_quiet(chrome, page)


def check_without_script(chrome: Chrome, page: Path) -> None:
    """Without JavaScript all benchmarks are there, one below the other."""
    chrome.call("Emulation.setScriptExecutionDisabled", value=True)
    chrome.open(page, 1400, 1000)
    chrome.call("Emulation.setScriptExecutionDisabled", value=False)
    assert chrome.evaluate("Array.from(document.querySelectorAll('.panel')).filter(p=>p.offsetHeight>300).length") == 8
    assert chrome.evaluate("document.getElementById('switch').offsetHeight") == 0


def check_nasty(chrome: Chrome, page: Path) -> None:
    chrome.events.clear()
    chrome.open(page, 1400, 1000)
    chrome.wait_for(DRAWN)
    picture_of_surface(chrome)
    keep(chrome, "nasty")
    shown = chrome.evaluate("document.querySelector('main').innerText")
    for name in NASTY:
        assert name in shown, name
    drawn = chrome.evaluate("Array.from(document.querySelectorAll('#surface .annotation-text')).map(e=>e.textContent)")
    assert "<script>alert(1)</script>" in drawn and "$x_1^2$ \\alpha" in drawn, drawn
    assert chrome.evaluate("document.querySelectorAll('main b, main i, img[onerror]').length") == 0
    check_quiet(chrome, page)


def check_extreme(chrome: Chrome, page: Path) -> None:
    """Where no axis can hold the values the page says so, and stays quiet."""
    chrome.events.clear()
    chrome.open(page, 1400, 1000)
    chrome.wait_for("!!document.getElementById('surface').data")
    keep(chrome, "extreme")
    assert "which no axis can show" in chrome.evaluate("document.getElementById('surface').textContent")
    check_quiet(chrome, page)
    chrome.evaluate(SHOW % 3)
    chrome.wait_for("document.getElementById('surface').data[0].x.length > 0")
    assert "which no axis can show" not in chrome.evaluate("document.getElementById('surface').textContent")
    check_quiet(chrome, page)


def check_the_check(chrome: Chrome, page: Path, tampered: Path) -> None:
    """A page that does reach out, and one that complains, are caught."""
    text = page.read_text(encoding="utf-8")
    policy = text.index("<meta http-equiv")
    text = text[:policy] + text[text.index(">", policy) + 1 :]
    tampered.write_text(
        text.replace("<main>", "<main><img src='http://example.invalid/x.png'><script>undefined_name()</script>"),
        encoding="utf-8",
    )
    chrome.events.clear()
    chrome.open(tampered, 1400, 1000)
    chrome.wait_for(DRAWN)
    assert outside(chrome, tampered) == ["http://example.invalid/x.png"], outside(chrome, tampered)
    assert any("undefined_name" in complaint for complaint in complaints(chrome))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lvr-report-") as name, Chrome() as chrome:
        paper, nasty, extreme = (Path(name) / kind for kind in ("paper", "nasty", "extreme"))
        for folder in (nasty, extreme):
            folder.mkdir()
        fit(SOURCE / "data/paper/v1.csv", "--policy", "--exhaustive", "--plan-study", "--out", paper)
        nasty_table(nasty / "table.csv")
        fit(nasty / "table.csv", "--plan", "--budget", 2, "--out", nasty)
        extreme_table(extreme / "table.csv")
        fit(extreme / "table.csv", "--plan", "--out", extreme)
        for folder in (paper, nasty, extreme):
            done = report(folder)
            assert done.returncode == 0, done.stderr
        law = json.loads((paper / "law.json").read_text(encoding="utf-8"))
        check_switch(chrome, paper / "report.html", law)
        check_phone(chrome, paper / "report.html")
        check_without_script(chrome, paper / "report.html")
        check_nasty(chrome, nasty / "report.html")
        check_extreme(chrome, extreme / "report.html")
        check_the_check(chrome, nasty / "report.html", Path(name) / "tampered.html")
    print("report.html is well in Chromium")


if __name__ == "__main__":
    main()
