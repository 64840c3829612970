"""The event log, and what another process reads from its end."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from batch.counts import Counts
from batch.records import Telemetry
from batch.telemetry.event_log import EventLog, log_path
from batch.telemetry.live import live


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def counts(done: int) -> Counts:
    return Counts(rows=Counter(ok=done), requests=2 * done, completion_tokens=10 * done)


def busy(*, waiting_s: float = 0.0, working_s: float = 1.0) -> Telemetry:
    return Telemetry(slots_busy=3, prepared_bytes=7, waiting_s=waiting_s, working_s=working_s, steps=1, memory_bytes=99)


def run_for(log: EventLog, clock: Clock, seconds: int, *, waiting_s: float = 0.0) -> None:
    """One row a second."""
    for second in range(1, seconds + 1):
        clock.now += 1
        log.busy(busy(waiting_s=waiting_s, working_s=1.0 - waiting_s))
        log.moved(counts(second))


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_path(folder).read_text().splitlines()]


def test_a_run_is_told_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    clock = Clock()
    log = EventLog(tmp_path, clock)
    log.told("image column: image")
    log.begun(100, counts(0))
    log.ready({"model": "demo"}, 4)
    run_for(log, clock, 12)
    log.ended("stopped", "stopped by hand")
    found = events(tmp_path)
    assert [event["event"] for event in found] == [
        "begun",
        "told",
        "ready",
        "moved",
        "moved",
        "moved",
        "moved",
        "ended",
    ]
    assert [event["rows_done"] for event in found if event["event"] == "moved"] == [0, 4, 9, 12]
    assert found[2] == {"at": 1000.0, "event": "ready", "slots": 4, "model": "demo"}
    assert found[-2] == {
        "at": 1012.0, "event": "moved", "rows_total": 100, "rows_done": 12, "rows_failed": 0, "requests": 24,
        "prompt_tokens": 0, "completion_tokens": 120, "audio_seconds": 0.0, "errors": {}, "slots": 4, "slots_busy": 3,
        "memory_bytes": 99, "prepared_bytes": 7, "waiting_s": 0.0, "working_s": 12.0,
    }  # fmt: skip
    assert found[-1] == {"at": 1012.0, "event": "ended", "state": "stopped", "message": "stopped by hand"}


def test_nothing_is_written_for_a_job_that_never_began(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "out")
    log.told("a note")
    log.ended("failed", "no such source")
    assert not (tmp_path / "out").exists()


def test_a_log_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log = EventLog(tmp_path)
    log.begun(1, counts(0))
    log.ready({}, 1)
    log.ended("complete", "complete")
    assert (tmp_path / "logs").read_text() == "a file where the folder should be"


def test_rates_and_time_left_are_of_the_last_three_minutes_of_this_run(tmp_path: Path) -> None:
    clock = Clock()
    log = EventLog(tmp_path, clock)
    log.begun(10_000, counts(0))
    log.ready({}, 4)
    clock.now += 3600  # an hour in which nothing moved
    run_for(log, clock, 400)
    found = live(tmp_path, clock.now)
    assert found is not None
    assert (found["rows_per_s"], found["requests_per_s"], found["tokens_per_s"]) == (1.0, 2.0, 10.0)
    assert (found["slots"], found["slots_busy"], found["memory_bytes"], found["eta_s"]) == (4, 3, 99, 9605.0)
    assert found["waits_for"] == "model"


def test_it_says_what_the_run_waits_for(tmp_path: Path) -> None:
    clock = Clock()
    log = EventLog(tmp_path, clock)
    assert live(tmp_path) is None
    log.begun(1000, counts(0))
    seen = [live(tmp_path, clock.now)]
    log.ready({}, 4)
    run_for(log, clock, 60, waiting_s=0.5)
    seen += [live(tmp_path, clock.now), live(tmp_path, clock.now + 100)]
    log.ended("complete", "complete")
    seen.append(live(tmp_path, clock.now))
    assert [found and found["waits_for"] for found in seen] == ["loading", "media", "unknown", "nothing"]


def test_a_run_after_a_crash_starts_anew_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    clock = Clock()
    first = EventLog(tmp_path, clock)
    first.begun(1000, counts(0))
    first.ready({}, 4)
    run_for(first, clock, 50)
    with log_path(tmp_path).open("a") as file:
        file.write('{"at": 1050, "event": "mov')
    clock.now += 5
    second = EventLog(tmp_path, clock)
    second.begun(1000, counts(50))
    found = live(tmp_path, clock.now)
    assert found is not None
    assert (found["waits_for"], found["rows_per_s"], found["eta_s"]) == ("loading", 0.0, None)
