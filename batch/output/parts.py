"""Parts: one Parquet file per shard, put in place in four steps so that no crash tears or doubles one.

    1 stage     write data/.part-N.<generation>, flushed to the drive
    2 intend    ledger, durable: the sha256 that is about to be there, and the one that is there now
    3 publish   rename over data/part-N.parquet, sync the folder
    4 commit    ledger: the shard is committed, its payloads and the intent go

`recover` finishes or undoes what a crash left between two steps. A reader of the folder always sees one whole
generation of every part.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from batch import durable, killpoint, tasks
from batch.counts import Counts
from batch.errors import OutputError
from batch.ledger.ledger import Ledger
from batch.ledger.stored_parts import Reopened
from batch.output import columns, manifest
from batch.plan import Plan
from batch.result import RecordedRow, Result

DATA = "data"
RETRIED = ("failed", "partial")


@dataclass(frozen=True, slots=True)
class Staged:
    """A part as it lies beside its final name, not yet visible."""

    path: Path
    index: int
    generation: int
    sha256: str


def part_name(index: int) -> str:
    """Relative to the job folder; name order is plan order."""
    return f"{DATA}/part-{index:07d}.parquet"


def staged_path(folder: Path, index: int, generation: int) -> Path:
    """Hidden, and no `.parquet`: no reader of the folder takes it for data."""
    return folder / DATA / f".part-{index:07d}.{generation}"


def commit_part(folder: Path, ledger: Ledger, plan: Plan, index: int) -> None:
    """Write a complete shard's part and commit it. Raises OutputError (no space, no right to write)."""
    recorded = ledger.shard_rows(index)
    table = new_table(folder, ledger, plan, index, recorded)
    staged = stage(folder, index, _generation(ledger, index), table)
    killpoint.reached("part.staged")
    intend(ledger, staged, _counts(ledger, plan, index, recorded, table))
    killpoint.reached("part.promised")
    publish(folder, staged.index, staged.generation)
    killpoint.reached("part.published")
    ledger.commit(index)
    killpoint.reached("part.committed")
    ledger.checkpoint()


# ---------------------------------------------------------------- the four steps
def stage(folder: Path, index: int, generation: int, table: pa.Table) -> Staged:
    """Step 1: the whole part, on the drive, under a name nobody reads."""
    path = staged_path(folder, index, generation)
    with durable.translated(path, table.nbytes):
        try:
            durable.make_folder(path.parent)
            pq.write_table(table, path, compression="zstd")
            durable.sync_file(path)
            durable.sync_folder(path.parent)
        except OSError:
            with suppress(OSError):  # the space it took is needed more elsewhere
                path.unlink(missing_ok=True)
            raise
    return Staged(path, index, generation, durable.sha256(path) or "")


def intend(ledger: Ledger, staged: Staged, counts: Counts) -> None:
    """Step 2: the promise."""
    before = ledger.part(staged.index)
    ledger.intend(staged.index, staged.generation, before.sha256 if before else None, staged.sha256, counts)


def publish(folder: Path, index: int, generation: int) -> None:
    """Step 3: the part appears. A manifest of the folder as it was before goes first."""
    final = folder / part_name(index)
    with durable.translated(final):
        durable.remove(folder / manifest.NAME)
        killpoint.reached("part.announced")
        durable.replace(staged_path(folder, index, generation), final)


def recover(folder: Path, ledger: Ledger) -> None:
    """Finish, redo or drop what a crash interrupted; to be called before anything is committed.

    Raises OutputError when a committed part is not there any more.
    """
    for intent in ledger.intents():
        final = folder / part_name(intent.shard)
        if durable.sha256(final) == intent.new_sha256:
            with durable.translated(final):
                durable.sync_folder(final.parent)  # the rename is seen, but was perhaps never on the drive
            ledger.commit(intent.shard)
        elif durable.sha256(staged_path(folder, intent.shard, intent.generation)) == intent.new_sha256:
            publish(folder, intent.shard, intent.generation)
            ledger.commit(intent.shard)
        else:
            ledger.drop_intent(intent.shard)
    with durable.translated(folder / DATA):
        for leftover in (folder / DATA).glob(".part-*"):
            leftover.unlink(missing_ok=True)
    killpoint.reached("parts.recovered")
    ledger.checkpoint()
    missing = [part_name(part.shard) for part in ledger.committed() if not (folder / part_name(part.shard)).exists()]
    if missing:
        raise OutputError(
            f"{len(missing)} finished parts are gone from {str(folder)!r}, the first is {missing[0]!r}. "
            "Put them back, or start anew with --fresh"
        )


# ---------------------------------------------------------------- what a part holds
def new_table(folder: Path, ledger: Ledger, plan: Plan, index: int, recorded: list[RecordedRow]) -> pa.Table:
    """All rows of a shard: the recorded ones, and the old part's where only some were wanted again."""
    kept = columns.kept_schema(plan.schema, plan.kept)
    table = columns.table(plan.config.task, kept, recorded, results(plan, recorded))
    if ledger.wanted(index) is not None:
        table = _merge(columns.aligned(_old_part(folder, ledger, index), table.schema), table, recorded)
    return table.replace_schema_metadata(manifest.footer(plan, ledger.recall("worker"), ledger.shard(index)))


def results(plan: Plan, recorded: list[RecordedRow]) -> list[Result]:
    media = plan.config.media
    return [
        tasks.result(plan.config.task, row, language=media.language, translate_to=media.translate_to)
        for row in recorded
    ]


def _merge(old: pa.Table, new: pa.Table, recorded: list[RecordedRow]) -> pa.Table:
    """`old`, with the recorded rows replaced by those of `new`."""
    order = list(range(len(old)))
    for position, row in enumerate(recorded):
        order[row.row] = len(old) + position
    return pa.concat_tables([old, new]).take(pa.array(order, pa.int64())).combine_chunks()


def _old_part(folder: Path, ledger: Ledger, index: int) -> pa.Table:
    """The part in place. Raises OutputError when it is not what was committed: its rows would be lost."""
    path, part = folder / part_name(index), ledger.part(index)
    if part is None or durable.sha256(path) != part.sha256:
        raise OutputError(
            f"{str(path)!r} is not the part that was committed (its sha256 differs), so rows cannot be replaced "
            "in it. Put the original back, or start anew with --fresh"
        )
    return pq.read_table(path)


def _generation(ledger: Ledger, index: int) -> int:
    part = ledger.part(index)
    return part.generation + 1 if part else 1


def _counts(ledger: Ledger, plan: Plan, index: int, recorded: list[RecordedRow], table: pa.Table) -> Counts:
    counts = columns.count(table, plan.config.task, reference_column(plan))
    before = ledger.shard_counts(index)
    counts.requests = before.requests + sum(len(row.completions) for row in recorded)
    return counts


def reference_column(plan: Plan) -> str | None:
    """The output column with the right answers, where there is one and it is kept."""
    return dict(plan.kept).get(plan.config.source.reference_column or "")


# ---------------------------------------------------------------- again, and the end
def reopen_failed(folder: Path, ledger: Ledger, plan: Plan) -> int:
    """Want the failed and partial rows of all committed parts again. How many rows that is.

    Raises OutputError when a part is not what was committed.
    """
    return _reopen(
        folder,
        ledger,
        plan,
        concerned=lambda counts: any(counts.rows[status] for status in RETRIED),
        wanted=lambda status, flags: status in RETRIED,
    )


def reopen_flagged(folder: Path, ledger: Ledger, plan: Plan, asked: Collection[str]) -> int:
    """The same for rows that carry one of these flags, which are to be answered otherwise."""
    return _reopen(
        folder,
        ledger,
        plan,
        concerned=lambda counts: any(counts.flags[flag] for flag in asked),
        wanted=lambda status, flags: not set(asked).isdisjoint(flags),
        otherwise=True,
    )


def _reopen(
    folder: Path,
    ledger: Ledger,
    plan: Plan,
    *,
    concerned: Callable[[Counts], bool],
    wanted: Callable[[str, Sequence[str]], bool],
    otherwise: bool = False,
) -> int:
    """`concerned`: whether a part with these counts holds any of the rows that are `wanted`."""
    again: dict[int, Reopened] = {}
    still_open = set(ledger.open_shards())
    for part in ledger.committed():
        if part.shard in still_open or not concerned(ledger.shard_counts(part.shard)):
            continue
        table = _old_part(folder, ledger, part.shard)
        found = [table.column(name).to_pylist() for name in ("status", "flags", "attempts")]
        rows = {
            row: attempts
            for row, (status, flags, attempts) in enumerate(zip(*found, strict=True))
            if wanted(status, flags or ())
        }
        others = table.filter(pa.array([row not in rows for row in range(len(table))], pa.bool_()))
        counts = columns.count(others, plan.config.task, reference_column(plan))
        counts.requests = ledger.shard_counts(part.shard).requests
        again[part.shard] = Reopened(rows, counts, otherwise)
    ledger.reopen(again)
    return sum(len(reopened.rows) for reopened in again.values())


def finish(folder: Path, ledger: Ledger, plan: Plan) -> None:
    """The job is complete: say so, in the manifest and the dataset card."""
    manifest.write(folder, ledger, plan, part_name)
