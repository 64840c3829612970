"""Small jobs made in code: a plan over a table that is never read, and the events a worker would send for it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.config.job import JobConfig
from batch.ledger.ledger import Ledger
from batch.output import columns, parts
from batch.plan import Plan
from batch.records import (
    Completion,
    Event,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowPlanned,
    RowRead,
    Shard,
    Slice,
    SourceFile,
)

PATH = "photos.parquet"
KEPT = pa.schema(
    [
        ("id", pa.int64()),
        ("reference", pa.string()),
        ("taken", pa.timestamp("us", tz="UTC")),
        ("boxes", pa.list_(pa.struct([("label", pa.string()), ("xy", pa.list_(pa.float32()))]))),
    ]
)


def shards(rows: int, size: int, path: str = PATH) -> tuple[Shard, ...]:
    starts = range(0, rows, size)
    return tuple(Shard(i, (Slice(path, start, min(start + size, rows)),)) for i, start in enumerate(starts))


def source_file(rows: int, path: str = PATH, fingerprint: str = "f1") -> SourceFile:
    return SourceFile(path, 100 + rows, fingerprint, rows)


def plan(rows: int, size: int = 3, *, task: str = "caption", kept: pa.Schema = KEPT, **config: Any) -> Plan:
    values = {"task": task, "source": {"path": PATH, "reference_column": "reference"}, "output": {"path": "out"}}
    return Plan(
        config=JobConfig.model_validate(values | config),
        files=(source_file(rows),),
        shards=shards(rows, size),
        schema=kept,
        needed=(),
        kept=tuple(
            (name, f"source_{name}" if name in dict(columns.our_columns(task)) else name) for name in kept.names
        ),
        identity={"task": f'"{task}"', "sampling.temperature": "0.0"},
        fingerprint="abc123",
    )


def begin(folder: Path, job: Plan) -> Ledger:
    """An opened ledger, ready to record, as at the start of every run."""
    ledger = Ledger.open(folder)
    try:
        ledger.begin(job.identity, job.fingerprint, job.files, job.shards)
        parts.recover(folder, ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def kept_values(number: int) -> dict[str, Any]:
    """The kept columns of the source's row `number`."""
    return {
        "id": number,
        "reference": f"Row {number}." if number % 2 == 0 else None,
        "taken": datetime(2024, 5, 17, 12, 30, number % 60, 125, tzinfo=UTC),
        "boxes": [{"label": f"box {number}", "xy": [number + 0.5, 2.0]}] * (number % 3),
    }


def kept_bytes(number: int, schema: pa.Schema = KEPT) -> bytes:
    values = [pa.array([kept_values(number)[field.name]], field.type) for field in schema]
    message: bytes = pa.record_batch(values, schema=schema).serialize().to_pybytes()
    return message


def completion(key: RequestKey, text: str = "an answer", **changes: Any) -> Completion:
    values = {"finish_reason": "stop", "prompt_tokens": 10, "completion_tokens": 3, "seconds": 0.25} | changes
    return Completion(key=key, text=text, **values)


def row_events(shard: Shard, row: int, text: str | None = None) -> list[Event]:
    """What a worker sends for a row with one request that goes well."""
    number = shard.slices[0].start + row
    key = RequestKey(shard.index, row, 0)
    return [
        RowRead(shard.index, row, f"{shard.slices[0].path}#{number}", kept_bytes(number)),
        RequestStarted(key),
        RowPlanned(shard.index, row, 1),
        RequestFinished(completion(key, f"row {number}" if text is None else text)),
    ]


def shard_events(shard: Shard, rows: Iterable[int] | None = None) -> list[Event]:
    return [event for row in (range(shard.rows) if rows is None else rows) for event in row_events(shard, row)]


def run(folder: Path, job: Plan) -> None:
    """A whole job, in one go."""
    with begin(folder, job) as ledger:
        finish(folder, ledger, job)


def finish(folder: Path, ledger: Ledger, job: Plan) -> None:
    """Whatever is left of a job, to its end."""
    for index in ledger.open_shards():
        ledger.record(shard_events(ledger.shard(index)))
    for index in ledger.complete_shards():
        parts.commit_part(folder, ledger, job, index)
    parts.finish(folder, ledger, job)
