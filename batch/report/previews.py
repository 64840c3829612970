"""Thumbnails and clips: which are wanted, which are there, which are over the limits; made by previewers.py.

What was made is noted line by line in `report_files/previews.jsonl`, under a key of all that it depends on, so a report
made again makes only what is new, and one that was interrupted goes on.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from batch.frames.previewer import PreviewDone, PreviewTask
from batch.report.job import ReportJob
from batch.report.previewers import Previewers

NOTES = "previews.jsonl"
VERSION = 2  # of what a preview is: a new one makes all anew
SIDE_PX = 224  # a thumbnail's longer side
AGAIN = frozenset(("missing_file", "outside_root"))  # a drive may be plugged in: these are tried again every time
ADAPTER = TypeAdapter(PreviewDone)


@dataclass(frozen=True, slots=True)
class Limits:
    """What previews may take: bytes of all files together, rows with a picture, recordings with clips."""

    bytes: int
    pictures: int
    recordings: int


@dataclass(slots=True)
class Previews:
    """`done` by the task's number. `left_out`: rows over a limit, by medium; `missing`: rows whose media could not be
    shown, by reason. `made`: files written by this call; `bytes`: of all files."""

    done: dict[int, PreviewDone] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    made: int = 0
    bytes: int = 0

    def add(self, done: PreviewDone) -> None:
        self.done[done.number] = done
        self.bytes += sum(file.bytes for file in done.files)
        for medium in done.media:
            if medium.error is not None:
                self.missing[medium.error] = self.missing.get(medium.error, 0) + 1


def make_previews(
    job: ReportJob,
    folder: Path,
    wanted: Sequence[PreviewTask],
    limits: Limits,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Previews:
    """Make what is wanted and not there. `told` hears of rows done and in all."""
    previews = Previews()
    within = _within(wanted, limits)
    prints = {file.path: file.fingerprint for file in job.view.files}
    keys = {task.number: _key(job, prints, task) for task in within}
    known = _known(folder)
    new: dict[int, PreviewTask] = {}
    for task in within:
        before = known.get(keys[task.number])
        if before is not None and all((folder / file.name).exists() for file in before.files):
            previews.add(replace(before, number=task.number))
        else:
            new[task.number] = task
    if new:
        rows, total = 0, sum(len(task.rows) for task in new.values())
        makers = Previewers(job, folder, SIDE_PX, list(new.values()), lambda: previews.bytes < limits.bytes)
        with (folder / NOTES).open("a", encoding="utf-8") as notes:
            for done in makers.run():
                previews.add(done)
                previews.made += len(done.files)
                rows += len(new[done.number].rows)
                told(rows, total)
                notes.write(_line(keys[done.number], done))
                notes.flush()
    for task in wanted:
        if task.number not in previews.done:
            previews.left_out[task.medium] = previews.left_out.get(task.medium, 0) + len(task.rows)
    _write_notes(folder, ((keys[number], done) for number, done in sorted(previews.done.items())))
    return previews


def _within(wanted: Iterable[PreviewTask], limits: Limits) -> list[PreviewTask]:
    """The first ones, as many as the limits of rows allow; none where there is no room for bytes."""
    left = {"image": limits.pictures, "audio": limits.recordings}
    chosen = []
    for task in wanted if limits.bytes > 0 else ():
        if left[task.medium] > 0:
            left[task.medium] -= len(task.rows)
            chosen.append(task)
    return chosen


def _key(job: ReportJob, prints: Mapping[str, str], task: PreviewTask) -> str:
    """Of the rows, of their files' fingerprints as the job pinned them, and of how a preview is made."""
    source, media = job.config.source, job.config.media
    said: list[Any] = [
        VERSION, SIDE_PX, task.name, task.medium, source.image_column, source.audio_column, media.max_pixels,
        media.max_bytes, media.accept_truncated, source.media_root,
    ]  # fmt: skip
    said += [[row.path, row.position, row.stretches, prints.get(row.path)] for row in task.rows]
    return blake2b(json.dumps(said).encode(), digest_size=12).hexdigest()


# ---------------------------------------------------------------- what is noted
def _line(key: str, done: PreviewDone) -> str:
    return json.dumps([key, ADAPTER.dump_python(done)], ensure_ascii=False) + "\n"


def _known(folder: Path) -> dict[str, PreviewDone]:
    """What was made before and is worth keeping; a line that was cut short is none."""
    found = {}
    path = folder / NOTES
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            key, value = json.loads(line)
            done = ADAPTER.validate_python(value)
        except (ValueError, ValidationError):
            continue
        if not any(medium.error in AGAIN for medium in done.media):
            found[str(key)] = done
    return found


def _write_notes(folder: Path, kept: Iterable[tuple[str, PreviewDone]]) -> None:
    staged = folder / f".{NOTES}.new"
    staged.write_text("".join(_line(key, done) for key, done in kept), encoding="utf-8")
    staged.replace(folder / NOTES)
