"""`logs/events.jsonl` in the job folder: what happened when, for `status --watch`, the report, and jq.

Never a reason for a job to end: what cannot be written is not. A line is a JSON object with `at` (seconds since the
epoch) and `event`:

    begun   rows_total rows_done pid         a run of the command started
    ready   slots and what the worker says of model and engine
    moved   see work.py; every few seconds from `ready` on, and at the end
    told    message: what the terminal was told
    ended   state: complete, stopped (Ctrl-C, max_errors) or failed; message
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from batch.counts import Counts
from batch.records import Telemetry
from batch.telemetry.watchers import End
from batch.telemetry.work import Work

FOLDER = "logs"
NAME = "events.jsonl"
MOVED_EVERY_S = 5.0
LARGEST_BYTES = 32 * 1024**2  # about a week; then the log goes on in a new file beside it


def log_path(folder: Path) -> Path:
    return folder / FOLDER / NAME


class EventLog:
    """A watcher. What is told before the job's folder is known to be its own waits until it `begun`."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = log_path(folder)
        self._clock = clock
        self._open = False
        self._early: list[str] = []
        self._work = Work()
        self._moved_at = 0.0

    def begun(self, total_rows: int, counts: Counts) -> None:
        self._work.total_rows, self._work.counts = total_rows, counts
        with suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > LARGEST_BYTES:
                self._path.replace(self._path.with_name(f"events-{int(self._clock())}.jsonl"))
            with self._path.open("a", encoding="utf-8") as file:
                if file.tell():
                    file.write("\n")  # a killed run may have left half a line
            self._open = True
        self._write("begun", {"rows_total": total_rows, "rows_done": counts.done, "pid": os.getpid()})
        for message in self._early:
            self._write("told", {"message": message})

    def ready(self, info: dict[str, Any], slots: int) -> None:
        self._work.slots = slots
        self._write("ready", {"slots": slots, **info})
        self._write_moved()

    def moved(self, counts: Counts) -> None:
        self._work.counts = counts
        self._write_moved_sometimes()

    def busy(self, telemetry: Telemetry) -> None:
        self._work.busy(telemetry)
        self._write_moved_sometimes()

    def told(self, message: str) -> None:
        if not self._open:
            self._early.append(message)
        self._write("told", {"message": message})

    def ended(self, state: End, message: str) -> None:
        """The last line."""
        self._write_moved()
        self._write("ended", {"state": state, "message": message})
        self._open = False

    def _write_moved_sometimes(self) -> None:
        if self._work.slots and self._clock() - self._moved_at >= MOVED_EVERY_S:
            self._write_moved()

    def _write_moved(self) -> None:
        self._moved_at = self._clock()
        self._write("moved", self._work.as_dict())

    def _write(self, event: str, values: dict[str, Any]) -> None:
        if not self._open:
            return
        line = json.dumps({"at": round(self._clock(), 3), "event": event, **values}, ensure_ascii=False, default=str)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:
            self._open = False
