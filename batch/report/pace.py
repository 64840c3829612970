"""How fast the job went over time: from its event log, or where there is none, from when its parts were written."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from batch.output.parts import part_name
from batch.report.job import ReportJob

LOG = Path("logs") / "events.jsonl"
MAX_BINS = 96
PAUSE_S = 120.0  # longer without a word, with nothing done: nobody was at work


@dataclass(frozen=True, slots=True)
class Mark:
    """`rows` finished and `tokens` generated (None: unknown) by a time (seconds since the epoch). `begins`: a run."""

    at: float
    rows: int
    tokens: int | None = None
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Bin:
    """An even piece of the time at work, in seconds from its begin; `begins`: a run began in it."""

    start_s: float
    end_s: float
    rows_a_minute: float
    tokens_a_second: float | None
    begins: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """`bins` cover the time at work, pauses between runs cut out; `source` says where the figures are from."""

    bins: tuple[Bin, ...]
    worked_s: float
    source: str


def pace(job: ReportJob) -> Pace | None:
    """None where nothing can be told: no log, and fewer than two parts."""
    marks, source = _logged(job.folder), "from the job's event log"
    if len(marks) < 2:
        marks, source = _committed(job), "no event log: from the times at which parts were written"
    steps = list(_steps(marks))
    worked_s = steps[-1][1] if steps else 0.0
    if worked_s <= 0:
        return None
    return Pace(tuple(_bins(steps, worked_s)), worked_s, source)


def _logged(folder: Path) -> list[Mark]:
    """Lines that say how many rows are done; a line that was cut short is passed over."""
    path = folder / LOG
    marks: list[Mark] = []
    new_run = True
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
        try:
            said = json.loads(line)
            if "rows_done" not in said:
                new_run = new_run or said.get("event") in ("begun", "started")
                continue
            marks.append(Mark(float(said["at"]), int(said["rows_done"]), said.get("completion_tokens"), new_run))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        new_run = False
    return marks


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
        marks.append(Mark(at, rows, None, more < 0))
    return marks if len(times) > 1 else []


def _steps(marks: Sequence[Mark]) -> Iterator[tuple[float, float, int, int | None, bool]]:
    """(from, to, rows, tokens, begins a run) over the time at work: what lies between runs is no time at all."""
    clock = 0.0
    for before, mark in pairwise(marks):
        seconds = max(0.0, mark.at - before.at)
        rows = max(0, mark.rows - before.rows)
        if mark.begins or (seconds > PAUSE_S and not rows):
            continue
        tokens = None if mark.tokens is None or before.tokens is None else max(0, mark.tokens - before.tokens)
        yield clock, clock + seconds, rows, tokens, before.begins
        clock += seconds


def _bins(steps: Sequence[tuple[float, float, int, int | None, bool]], worked_s: float) -> Iterator[Bin]:
    """Even bins, none narrower than the steps are on average; a step's rows are spread over its time."""
    count = max(1, min(MAX_BINS, len(steps)))
    width = worked_s / count
    rows, tokens, begins = [0.0] * count, [0.0] * count, [False] * count
    for start, end, done, made, begun in steps:
        first = min(count - 1, int(start / width))
        begins[first] = begins[first] or (begun and start > 0)
        for place in range(first, min(count - 1, int(end / width)) + 1):
            shared = min(end, (place + 1) * width) - max(start, place * width)
            share = shared / (end - start) if end > start else 1.0
            rows[place] += done * max(0.0, share)
            tokens[place] += (made or 0) * max(0.0, share)
    told = all(step[3] is not None for step in steps)
    for place in range(count):
        yield Bin(
            place * width,
            (place + 1) * width,
            rows[place] / width * 60,
            tokens[place] / width if told else None,
            begins[place],
        )
