"""`status --watch`: looks again until the run has ended; a page on a terminal, blocks elsewhere."""

import io
from pathlib import Path
from typing import Any

from batch.counts import Counts
from batch.terminal.status import status_text
from batch.terminal.watch import watch

LIVE = {
    "rows_per_s": 1.5, "requests_per_s": 3.0, "tokens_per_s": 40.4, "eta_s": 64.6, "slots": 8, "slots_busy": 7,
    "memory_bytes": 3_200_000_000, "waits_for": "media",
}  # fmt: skip


def status(done: int, live: dict[str, Any] | None) -> dict[str, Any]:
    counts = Counts()
    counts.rows.update(ok=done)
    return {
        "folder": "out/x", "state": "running" if live else "complete", "rows_done": done, "rows_total": 9,
        "shards_committed": 0, "shards_total": 1, "counts": counts.as_dict(), "nodes": [],
        "live": live,
    }  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def look(stream: io.StringIO, seen: list[dict[str, Any]]) -> list[float]:
    slept: list[float] = []
    left = iter(seen)
    watch(Path("out/x"), stream, 2.0, slept.append, lambda _: next(left))
    return slept


def test_a_running_job_says_what_it_does_now() -> None:
    assert status_text(status(4, LIVE)).splitlines()[-3:] == [
        "now: 1.5 rows/s, 3.0 requests/s, 40 tokens/s, ETA 1:05",
        "slots: 7 of 8 busy, memory of the worker: 3.2 GB",
        "the run waits for media: they are decoded more slowly than the model reads them (prepare.processes)",
    ]


def test_elsewhere_than_on_a_terminal_only_what_changed_is_written() -> None:
    stream = io.StringIO()
    slept = look(stream, [status(4, LIVE), status(4, LIVE), status(5, LIVE), status(9, None)])
    assert slept == [2.0, 2.0, 2.0]
    assert [block.splitlines()[1] for block in stream.getvalue().strip().split("\n\n")] == [
        "rows: 4 of 9 (4 ok)",
        "rows: 5 of 9 (5 ok)",
        "rows: 9 of 9 (9 ok)",
    ]


def test_a_terminal_shows_one_page_and_no_colour() -> None:
    stream = Terminal()
    look(stream, [status(4, LIVE), status(9, None)])
    assert stream.getvalue().count("\x1b[H\x1b[J") == 2
    assert "\x1b[3" not in stream.getvalue()
    assert stream.getvalue().endswith("requests: 0, generated tokens: 0\n")
