"""A headless browser for tests, through the Chrome DevTools protocol: pages opened, keys pressed, everything heard that they do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WAIT = 20.0  # seconds for anything; a backstop

_KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "j": 74, "k": 75, "f": 70}


class Page:
    """One tab. `heard`: requests as `request URL`, console messages and uncaught errors as `console TEXT`."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.heard: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log", "DOM", "Accessibility"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.send(method, session=self._session, **params)

    def open(self, path: Path) -> None:
        """Load a file and wait until it and its script have run."""
        self.send("Page.navigate", url=path.as_uri())
        self._browser.wait_for("Page.loadEventFired", self._session)

    def value(self, expression: str) -> Any:
        """The value of an expression of the page's script; fails where it throws."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str) -> None:
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=_KEYS[key], **(text if kind == "keyDown" else {}))

    def hear(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.heard.append(f"request {params['request']['url']}")
            case "Network.loadingFailed":
                self.heard.append(f"blocked by {params.get('blockedReason', params['errorText'])}")
            case "Runtime.consoleAPICalled":
                self.heard.append(f"console {params['type']} {params['args']}")
            case "Runtime.exceptionThrown":
                self.heard.append(f"console {params['exceptionDetails']}")
            case "Log.entryAdded":
                self.heard.append(f"console {params['entry']['text']}")
            case _:
                pass


class Browser:
    """A running browser and the connection to it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._pages: dict[str, Page] = {}
        self._events: list[tuple[str, str]] = []

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A fresh tab."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        try:
            yield page
        finally:
            self.send("Target.closeTarget", targetId=target)

    def send(self, method: str, *, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        self._connection.send(json.dumps({"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})))
        while True:
            message = self._receive()
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return message["result"]

    def wait_for(self, method: str, session: str) -> None:
        """Until an event has happened since the last wait."""
        end = time.monotonic() + WAIT
        while (method, session) not in self._events:
            assert time.monotonic() < end, f"{method} did not happen"
            self._receive()
        self._events.clear()

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=WAIT))
        if "method" in message:
            session = str(message.get("sessionId", ""))
            self._events.append((message["method"], session))
            if session in self._pages:
                self._pages[session].hear(message["method"], message["params"])
        return message


@contextmanager
def running(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own below a folder; ended, with its children, afterwards."""
    assert CHROMIUM is not None
    options = [
        "--headless=new",
        "--disable-gpu",
        "--no-first-run",
        "--disable-extensions",
        "--disable-background-networking",
        "--disable-sync",
    ]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to run for root with one
    command = [CHROMIUM, *options, *sandbox, "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}", "about:blank"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True) as process:
        try:
            with connect(_address(folder / "profile" / "DevToolsActivePort", process), max_size=None, open_timeout=WAIT) as connection:
                yield Browser(connection)
        finally:
            os.killpg(process.pid, 9)


def _address(file: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens; it says so in a file of its profile."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end and process.poll() is None:
        lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
        if len(lines) >= 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
