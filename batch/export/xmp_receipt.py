"""What was done to sidecars, so that it can be undone: one line a file, written before the file, and what was there."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from batch import durable

NAME = "receipt.jsonl"


class Receipt:
    """In `folder`: receipt.jsonl, and the sidecars as they were before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries = list(self._read())

    def texts(self, path: Path) -> tuple[str, ...]:
        """All texts this job ever wrote into that sidecar."""
        return tuple(text for entry in self._entries if entry["path"] == str(path) for text in entry["texts"])

    def replace(self, path: Path, before: bytes | None, after: bytes, texts: tuple[str, ...]) -> None:
        """Write a sidecar, the receipt first."""
        with durable.translated(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            backup = None
            if before is not None:
                backup = f"{len(self._entries):07d}.xmp"
                (self._folder / backup).write_bytes(before)
            entry = {"path": str(path), "before": backup, "after": sha256(after).hexdigest(), "texts": list(texts)}
            with (self._folder / NAME).open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._entries.append(entry)
            path.parent.mkdir(parents=True, exist_ok=True)
            staged = path.with_name(f".{path.name}.new")
            staged.write_bytes(after)
            staged.replace(path)

    def undo(self, *, dry_run: bool = False) -> tuple[int, list[str]]:
        """Put everything back as it was: (how many sidecars, those that somebody changed since, which stay)."""
        done: set[str] = set()
        left: list[str] = []
        contents: dict[str, bytes | None] = {}
        for entry in reversed(self._entries):
            path = Path(entry["path"])
            now = contents[entry["path"]] if entry["path"] in contents else _read(path)
            if now is None or sha256(now).hexdigest() != entry["after"]:
                if now != self._before(entry) and entry["path"] not in (*done, *left):
                    left.append(entry["path"])
                continue
            contents[entry["path"]] = self._before(entry)
            done.add(entry["path"])
        if not dry_run:
            for name in sorted(done):
                _put(Path(name), contents[name])
            if not left:
                self._forget()
        return len(done), left

    def _before(self, entry: Mapping[str, Any]) -> bytes | None:
        return None if entry["before"] is None else _read(self._folder / entry["before"])

    def _forget(self) -> None:
        for entry in self._entries:
            if entry["before"] is not None:
                (self._folder / entry["before"]).unlink(missing_ok=True)
        (self._folder / NAME).unlink(missing_ok=True)
        with suppress(OSError):
            self._folder.rmdir()
        self._entries = []

    def _read(self) -> Iterator[dict[str, Any]]:
        with suppress(FileNotFoundError):
            for line in (self._folder / NAME).read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):  # half a line of a killed run: its sidecar was not written yet
                    yield json.loads(line)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _put(path: Path, content: bytes | None) -> None:
    with durable.translated(path):
        if content is None:
            path.unlink(missing_ok=True)
            return
        staged = path.with_name(f".{path.name}.new")
        staged.write_bytes(content)
        staged.replace(path)
