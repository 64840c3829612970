"""How fast the job went over time: from its event log, or where there is none, from when its parts were written."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from batch.output.parts import part_name
from batch.report.job import ReportJob
from batch.telemetry.event_log import log_path

MAX_BINS = 96
PAUSE_S = 120.0  # longer without a word, with nothing done: nobody was at work


@dataclass(frozen=True, slots=True)
class Mark:
    """`done` by a time (seconds since the epoch), in all. `begins`: a run."""

    at: float
    done: int
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Bin:
    """An even piece of the time at work, in seconds from its begin; `begins`: a run began in it."""

    start_s: float
    end_s: float
    a_minute: float
    begins: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """`bins` cover the time at work, pauses between runs cut out. `what` is counted: rows, or a recording's segments;
    `source` says where the figures are from."""

    bins: tuple[Bin, ...]
    worked_s: float
    what: str
    source: str


def pace(job: ReportJob) -> Pace | None:
    """None where nothing can be told: no log, and fewer than two parts."""
    # A recording of hours is one row: what moves is its segments.
    what = "segments" if job.config.task == "transcribe" else "rows"
    marks, source = list(_logged(job.folder, what)), "from the event log"
    if len(marks) < 2:
        marks, what = _committed(job), "rows"
        source = "there is no event log: from the times at which parts were written"
    steps = list(_steps(marks))
    worked_s = steps[-1].end_s if steps else 0.0
    if worked_s <= 0:
        return None
    return Pace(tuple(_bins(steps, worked_s)), worked_s, what, source)


def _logged(folder: Path, what: str) -> Iterator[Mark]:
    """Each line that says how far the job is; one that was cut short is passed over."""
    path = log_path(folder)
    begins = True
    for file in (*sorted(path.parent.glob(f"{path.stem}-*{path.suffix}")), path):  # a full log goes on in a new file
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else ():
            with suppress(ValueError, TypeError, KeyError):
                said = json.loads(line)
                if said["event"] == "begun":
                    begins = True
                elif said["event"] == "moved":
                    yield Mark(float(said["at"]), int(said["requests" if what == "segments" else "rows_done"]), begins)
                    begins = False


def _committed(job: ReportJob) -> list[Mark]:
    """Each part once, at the time of its file; the runs' begins in between."""
    marks = []
    times = []
    for shard in job.view.shards:
        path = job.folder / part_name(shard.index)
        if shard.index in job.view.committed and path.exists():
            times.append((path.stat().st_mtime, shard.rows))
    rows = 0
    begins = [started for started, _ in job.view.runs]
    for at, more in sorted([*times, *((began, -1) for began in begins)]):
        rows += max(0, more)
        marks.append(Mark(at, rows, more < 0))
    return marks if len(times) > 1 else []


@dataclass(frozen=True, slots=True)
class _Step:
    """Between two marks of one run, on the clock of the time at work."""

    start_s: float
    end_s: float
    done: int
    begins: bool


def _steps(marks: Sequence[Mark]) -> Iterator[_Step]:
    """What lies between runs is no time at all."""
    clock = 0.0
    for before, mark in pairwise(marks):
        seconds = max(0.0, mark.at - before.at)
        done = max(0, mark.done - before.done)
        if mark.begins or (seconds > PAUSE_S and not done):
            continue
        yield _Step(clock, clock + seconds, done, before.begins)
        clock += seconds


def _bins(steps: Sequence[_Step], worked_s: float) -> Iterator[Bin]:
    """Even bins, none narrower than the steps are on average; what was done in a step is spread over its time."""
    count = max(1, min(MAX_BINS, len(steps)))
    width = worked_s / count
    done, begins = [0.0] * count, [False] * count
    for step in steps:
        first = min(count - 1, int(step.start_s / width))
        begins[first] = begins[first] or (step.begins and step.start_s > 0)
        for place in range(first, min(count - 1, int(step.end_s / width)) + 1):
            shared = min(step.end_s, (place + 1) * width) - max(step.start_s, place * width)
            length = step.end_s - step.start_s
            done[place] += step.done * (max(0.0, shared) / length if length > 0 else 1.0)
    for place in range(count):
        yield Bin(place * width, (place + 1) * width, done[place] / width * 60, begins[place])
