"""The ledger made anew from the finished parts, where it was damaged or lost.

Each part says which rows it holds (`row_id`), what its answers depend on and what its source files were (its footer);
job.yaml says where the source is. What is in no part is wanted again, but for what a damaged ledger still says of it.
Lost: strikes, the history of runs, and rows that were to be tried again.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch import durable
from batch.config.job import JobConfig, load_config
from batch.counts import Counts
from batch.errors import OutputError, PlanMismatch
from batch.ledger import volume
from batch.ledger.lock import FolderLock
from batch.ledger.rebuild import KnownJob, KnownShard, is_whole, rebuild
from batch.ledger.schema import LEDGER_NAME
from batch.output import columns, manifest, parts
from batch.output.gaps import fill_gaps
from batch.plan import Plan, make_plan
from batch.portion import parse_portion
from batch.records import Shard, Slice
from batch.source.source import open_source
from batch.tasks import TASKS

UNREADABLE = ".damaged"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of it. `aside`: where the old ledger lies now; `unreadable`: parts that were set aside too."""

    folder: Path
    parts: int
    rows_in_parts: int
    rows_total: int
    taken_over: int
    aside: Path | None
    unreadable: tuple[str, ...]

    def text(self) -> str:
        lines = [
            f"{self.folder}: a new ledger from {self.parts} parts with {self.rows_in_parts} of {self.rows_total} rows",
            f"answers of other rows taken over from the old ledger: {self.taken_over}",
        ]
        if self.aside is not None:
            lines.append(f"the old ledger is kept: {self.aside}")
        lines += [f"set aside, it cannot be read: {name}" for name in self.unreadable]
        return "\n".join([*lines, "the same `run` command goes on with what is left"])


@dataclass(frozen=True, slots=True)
class _Part:
    shard: Shard
    sha256: str
    table: pa.Table
    said: dict[str, Any]
    written_at: float


def repair(folder: Path, *, even_if_whole: bool = False) -> Repaired | None:
    """None where the ledger is whole and nothing was done.

    Raises LedgerLocked (a runner is at work), ConfigError (job.yaml), OutputError (no part, parts of different jobs),
    PlanMismatch (the source is not what it was), SourceError, LedgerError.
    """
    home = volume.home(folder)
    if not folder.is_dir():
        raise OutputError(f"{str(folder)!r} is no folder. Give a job's folder (its output.path)")
    lock = FolderLock(home, folder)
    try:
        if is_whole(home / LEDGER_NAME) and not even_if_whole:
            return None
        config = load_config(folder / manifest.JOB)
        found, unreadable = _read_parts(folder)
        if not found:
            raise OutputError(
                f"{str(folder)!r} has no finished part, so there is nothing to make a ledger of. Move the folder "
                "away and begin anew"
            )
        plan = _plan(config, found)
        known = _known(config, plan, found)
        aside, taken_over = rebuild(home / LEDGER_NAME, known)
    finally:
        lock.release()
    return Repaired(
        folder=folder,
        parts=len(found),
        rows_in_parts=sum(part.shard.rows for part in found),
        rows_total=sum(one.shard.rows for one in known.shards),
        taken_over=taken_over,
        aside=aside,
        unreadable=unreadable,
    )


def _read_parts(folder: Path) -> tuple[list[_Part], tuple[str, ...]]:
    """Every part that can be read, in order. One that cannot is renamed, so that nobody takes it for data."""
    found, unreadable = [], []
    for path in sorted((folder / parts.DATA).glob("part-*.parquet")):
        try:
            found.append(_read_part(path))
        except (pa.ArrowException, OSError, KeyError, ValueError):
            with durable.translated(path):
                path.rename(path.with_name(path.name + UNREADABLE))
            unreadable.append(path.name)
    return found, tuple(unreadable)


def _read_part(path: Path) -> _Part:
    with pq.ParquetFile(path) as file:
        table = file.read()
    footer = {key.decode(): value for key, value in (table.schema.metadata or {}).items()}
    said = {
        key: json.loads(footer[manifest.FOOTER_PREFIX + key]) for key in ("fingerprint", "identity", "pinned", "engine")
    }
    slices = tuple(_slices(table.column(columns.ROW_ID).to_pylist()))
    index = int(path.stem.partition("-")[2])
    return _Part(Shard(index, slices), durable.sha256(path) or "", table, said, path.stat().st_mtime)


def _slices(row_ids: Iterable[str]) -> Iterator[Slice]:
    """`photos/7.jpg#0` -> the file and the rows of it, runs joined."""
    current: Slice | None = None
    for row_id in row_ids:
        path, _, text = row_id.rpartition("#")
        position = int(text)
        if current is not None and current.path == path and current.stop == position:
            current = Slice(path, current.start, position + 1)
            continue
        if current is not None:
            yield current
        current = Slice(path, position, position + 1)
    if current is not None:
        yield current


def _plan(config: JobConfig, found: Sequence[_Part]) -> Plan:
    """The source as it is now, held against what every part says of it."""
    fingerprints = {part.said["fingerprint"] for part in found}
    if len(fingerprints) > 1:
        raise OutputError(
            f"the parts are of {len(fingerprints)} different jobs ({', '.join(sorted(fingerprints))}). Move "
            "those away that do not belong here"
        )
    portion = found[0].said["identity"].get("portion")
    source = open_source(config.source, output_path=config.output.path, shard_media=TASKS[config.task].needs)
    plan = make_plan(config, source, portion=parse_portion(json.loads(portion)) if portion else None)
    files = {file.path: file for file in plan.files}
    changed = [
        parts.part_name(part.shard.index) for part in found if manifest.pinned(part.shard, files) != part.said["pinned"]
    ]
    if changed:
        raise PlanMismatch(
            f"the source files of {len(changed)} parts are not what they were, the first is {changed[0]!r}. Put them "
            "back, or begin anew with --fresh"
        )
    return plan


def _known(config: JobConfig, plan: Plan, found: Sequence[_Part]) -> KnownJob:
    reference = parts.reference_column(plan)
    in_parts = {part.shard.index: part for part in found}
    shards = []
    for shard in fill_gaps([part.shard for part in found], plan.shards):
        part = in_parts.get(shard.index)
        counts = _counts(part.table, config.task, reference) if part is not None else None
        shards.append(KnownShard(shard, part.sha256 if part is not None else None, counts))
    return KnownJob(
        identity=found[0].said["identity"],
        fingerprint=found[0].said["fingerprint"],
        files=plan.files,
        shards=shards,
        begun_at=min(part.written_at for part in found),
        worker=found[-1].said["engine"],
    )


def _counts(table: pa.Table, task: str, reference: str | None) -> Counts:
    """A part does not say how many requests its rows took: one for each answered row, or segment, is assumed."""
    counts = columns.count(table, task, reference)
    if "segments" in table.column_names:
        counts.requests = sum(len(segments or ()) for segments in table.column("segments").to_pylist())
    else:
        counts.requests = sum(tokens is not None for tokens in table.column("prompt_tokens").to_pylist())
    return counts
