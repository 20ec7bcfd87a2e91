# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium over its DevTools protocol: as much of it as the report's test needs."""
from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

_PATIENCE_S = 60
# --host-resolver-rules: no name resolves, so a page that reaches for the network shows it as a failed request.
_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--remote-allow-origins=*",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


class Chrome:
    """One browser with one page. Use as a context manager: it ends the browser it started."""

    def __init__(self) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None:
            raise SystemExit(
                "FAIL: no chromium on this machine; it is needed to test report.html: apt-get install chromium"
            )
        self._folder = tempfile.TemporaryDirectory(prefix="lvr-chrome-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.events: list[dict[str, Any]] = []
        self._last_id = 0
        self._socket = websocket.create_connection(self._page_address(), timeout=_PATIENCE_S, suppress_origin=True)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Chrome":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _page_address(self) -> str:
        port_file, deadline = Path(self._folder.name) / "DevToolsActivePort", time.monotonic() + _PATIENCE_S
        while not (port_file.exists() and port_file.read_text().strip()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"FAIL: chromium did not start (status {self._process.poll()})")
            time.sleep(0.1)
        port = port_file.read_text().split()[0]
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"http://127.0.0.1:{port}/json", timeout=_PATIENCE_S) as answer:
            targets = json.load(answer)
        return next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last_id:
                if "error" in message:
                    raise SystemExit(f"FAIL: {method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"FAIL: {expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until the expression is true in the page; fails when patience runs out."""
        deadline = time.monotonic() + _PATIENCE_S
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise SystemExit(f"FAIL: still not true: {expression}")
            time.sleep(0.1)

    def open(self, page: Path, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait_for(f"document.readyState === 'complete' && location.href === {json.dumps(page.resolve().as_uri())}")

    def click(self, selector: str) -> None:
        """A press of the mouse in the middle of the element, as a person does it."""
        place = self.evaluate(
            f"(e=>{{e.scrollIntoView({{behavior:'instant',block:'center'}});const r=e.getBoundingClientRect();"
            f"return [r.x+r.width/2,r.y+r.height/2];}})(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def shot(self, clip: dict[str, float] | None = None, whole_page: bool = False) -> bytes:
        """A PNG of the window, of a rectangle of the page, or of the whole page."""
        extra = {"clip": clip} if clip else {}
        return base64.b64decode(
            self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole_page, **extra)["data"]
        )
