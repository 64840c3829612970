"""A headless Chromium, driven over the DevTools protocol through two pipes.

No driver to install, no port, no socket (so the guard of the suite has nothing to forbid): messages are JSON, each
ended by a zero byte, on the browser's descriptors 3 and 4.
"""

import base64
import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-extensions", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
)  # fmt: skip
# Popen passes descriptors on and cannot number them: this moves them to where the browser expects them, and becomes it.
MOVE = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
# The pictures of a report that one sees now: true when they are drawn.
SEEN_DRAWN = """
((seen) => seen.length && seen.every((canvas) => canvas.dataset.drawn))(
  [...document.querySelectorAll(".card canvas")].filter((canvas) => {
    const box = canvas.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0;
  }))
"""
WAIT_S = 60.0  # the machine may be busy


def find_chromium() -> str | None:
    """The browser's program, None where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (MAC if Path(MAC).exists() else None)


class Browser:
    """One browser process with one page. `messages` are the console's errors and warnings, and exceptions."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, ours_out = os.pipe()
        ours_in, to_write = os.pipe()
        folder = f"--user-data-dir={profile}"
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", MOVE, str(to_read), str(to_write), program, *FLAGS, folder, "about:blank"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._out, self._in = ours_out, ours_in
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._in, selectors.EVENT_READ)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.messages: list[str] = []
        self.requests: list[str] = []
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        # By default the page's process keeps a hundred megabytes of what was loaded, for people with developer tools.
        self.call("Network.enable", maxTotalBufferSize=1, maxResourceBufferSize=1)

    # ------------------------------------------------------------ protocol
    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result. Raises RuntimeError where the browser refuses it."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(WAIT_S)
            if answer is None:
                raise TimeoutError(f"the browser did not answer {method}")
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self, timeout_s: float) -> dict[str, Any] | None:
        deadline = time.monotonic() + timeout_s
        while b"\0" not in self._buffer:
            if not self._selector.select(max(0.0, deadline - time.monotonic())):
                return None
            data = os.read(self._in, 1 << 20)
            if not data:
                raise RuntimeError("the browser ended")
            self._buffer += data
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, said: dict[str, Any]) -> None:
        if method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.messages.append(" ".join(str(part.get("value", part.get("description"))) for part in said["args"]))
        elif method == "Runtime.exceptionThrown":
            details = said["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.messages.append(f"{said['entry']['text']} {said['entry'].get('url', '')}".strip())
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])

    # ------------------------------------------------------------ what a person does
    def open(self, path: Path, *, wait_for: str = "document.documentElement?.dataset.loaded === 'all'") -> None:
        """Open a file, and wait until an expression is true."""
        self.messages.clear()
        self.requests.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait(wait_for)

    def run(self, expression: str) -> Any:
        """The value of an expression in the page, promises awaited."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", expression))
        return found["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Until the expression is true; its value."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            value = self.run(expression)
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError(f"never true: {expression}\n{self.messages}")

    def click(self, selector: str) -> None:
        """A click of the mouse in the middle of the first element that matches."""
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        box = self.run(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def press(self, key: str) -> None:
        """One key, such as `j`, `/`, `Enter` or `ArrowDown`."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        code = {"Enter": 13, "Escape": 27}.get(key, ord(key.upper()) if len(key) == 1 else 0)
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.call("Input.insertText", text=text)

    def look(self, width: int, height: int, *, dark: bool = False, scale: float = 1.0) -> None:
        """The size of the window, and the person's colour scheme."""
        window = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **window)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path, *, quality: int | None = None) -> None:
        """What the window shows, as PNG, or with a quality as JPEG."""
        kind = {"format": "png"} if quality is None else {"format": "jpeg", "quality": quality}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **kind)["data"]))

    def renderers(self) -> list[int]:
        """The processes that pages run in."""
        session, self._session = self._session, None
        try:
            found = self.call("SystemInfo.getProcessInfo")["processInfo"]
        finally:
            self._session = session
        return [process["id"] for process in found if process["type"] == "renderer"]

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._selector.close()
        os.close(self._out)
        os.close(self._in)


@contextmanager
def chromium(program: str, profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile, closed at the end."""
    browser = Browser(program, profile)
    try:
        yield browser
    finally:
        browser.close()
