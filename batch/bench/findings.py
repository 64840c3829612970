"""A study's findings: a line of JSON each, kept as soon as it is there, so that a study that was cut off goes on where
it stopped."""

import json
import time
from pathlib import Path
from typing import Any


class Findings:
    """The lines of `path`, old and new. `seconds` is how long this process may take."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        self._began = time.monotonic()
        self._ends = self._began + seconds
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        # A line without its end was being written when the process was ended.
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in text.split("\n")[:-1]]
        if not text.endswith("\n"):
            path.write_text("".join(json.dumps(line) + "\n" for line in self.lines), encoding="utf-8")
        self._process = 1 + max((line["process"] for line in self.lines), default=0)

    def say(self, what: str, **found: Any) -> None:
        """Keep a finding, with the process it comes from and when in it that was."""
        at_s = round(time.monotonic() - self._began, 1)
        line = {"what": what, "process": self._process, "at_s": at_s, **found}
        self.lines.append(line)
        text = json.dumps(line)
        print(text, flush=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def of(self, what: str, **like: Any) -> list[dict[str, Any]]:
        """The findings of that name whose values are `like` these."""
        return [
            line
            for line in self.lines
            if line["what"] == what and all(line.get(key) == value for key, value in like.items())
        ]

    @property
    def left_s(self) -> float:
        return self._ends - time.monotonic()
