"""A few rows of a job, tried before it is begun: the same model, prompt and media, nothing committed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from batch.frames.previewer import PreviewRow, PreviewTask
from batch.plan import Plan
from batch.records import Shard, Slice
from batch.report.job import ReportJob, ReportRow
from batch.report.previews import NOTES, Limits, make_previews
from batch.tasks import TASKS

SEED = 0  # the same rows each time, so that two prompts can be compared
HEARD_S = 30.0
PREVIEW_BYTES = 256 * 1024**2


def sampled(plan: Plan, count: int, seed: int = SEED) -> Plan:
    """The plan of `count` of its rows, picked at random, in their order; all of them where there are no more."""
    picked = sorted(random.Random(seed).sample(range(plan.rows), min(count, plan.rows)))
    return replace(plan, shards=(Shard(0, tuple(_slices(plan, picked))),) if picked else ())


def _slices(plan: Plan, picked: list[int]) -> Iterator[Slice]:
    wanted, begin = iter(picked), 0
    number = next(wanted, None)
    for shard in plan.shards:
        for part in shard.slices:
            while number is not None and number < begin + part.stop - part.start:
                position = part.start + number - begin
                yield Slice(part.path, position, position + 1)
                number = next(wanted, None)
            begin += part.stop - part.start


@dataclass(frozen=True, slots=True)
class Tried:
    """One row that was tried. `previews`: thumbnails and clips of its media; `values`: its output columns."""

    values: dict[str, Any]
    previews: tuple[Path, ...]


def tried_rows(job_folder: Path, previews_folder: Path) -> list[Tried]:
    """The rows of a finished sample, with previews of their media in `previews_folder`."""
    job = ReportJob(job_folder)
    rows = list(job.rows())
    wanted = [task for row in rows for task in _tasks(job, row)]
    numbered = [replace(task, number=number) for number, task in enumerate(wanted)]
    previews_folder.mkdir(parents=True, exist_ok=True)
    made = make_previews(job, previews_folder, numbered, Limits(PREVIEW_BYTES, len(wanted), len(wanted)))
    (previews_folder / NOTES).unlink(missing_ok=True)
    files: dict[tuple[str, int], list[Path]] = {}
    for number, done in made.done.items():
        (asked,) = numbered[number].rows
        files.setdefault((asked.path, asked.position), []).extend(previews_folder / file.name for file in done.files)
    return [Tried(dict(row.values), tuple(files.get((row.path, row.position), ()))) for row in rows]


def _tasks(job: ReportJob, row: ReportRow) -> Iterator[PreviewTask]:
    source, takes = job.config.source, TASKS[job.config.task].takes
    name = f"row-{row.ordinal:03d}"
    if source.image_column and "image" in takes:
        yield PreviewTask(0, name, "image", (PreviewRow(row.path, row.position),))
    if source.audio_column and "audio" in takes:
        heard = PreviewRow(row.path, row.position, ((0.0, HEARD_S),))
        yield PreviewTask(0, name, "audio", (heard,))
