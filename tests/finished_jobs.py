"""Complete job folders with known answers, made through ledger and output as a run makes them; no model, no media."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.config.job import dump_yaml
from batch.errors import ErrorKind
from batch.output import manifest, parts
from batch.plan import Plan
from batch.records import (
    Event,
    RequestFinished,
    RequestKey,
    RowFailed,
    RowPlanned,
    RowRead,
    Shard,
    Slice,
    SourceFile,
    Span,
)
from tests import jobs

FOLDER = pa.schema([("path", pa.string())])
Segment = tuple[float, float, str]


class Failed(str):
    """In place of an answer: the row fails with this kind."""


def media_job(
    folder: Path, source: Path, answers: Mapping[str, str | Sequence[Segment]], *, task: str = "caption", **config: Any
) -> Path:
    """One row a file of a media folder: `answers` are texts, or for `transcribe` segments."""
    files = list(answers)
    values = {"source": {"path": str(source)}, "output": {"path": str(folder)}} | config
    plan = jobs.plan(len(files), task=task, kept=FOLDER, **values)
    shard = Shard(0, tuple(Slice(path, 0, 1) for path in files))
    plan = _with_shards(plan, [shard], [SourceFile(path, 1, f"f-{path}", 1) for path in files])
    events = [
        event
        for row, path in enumerate(files)
        for event in _row(RequestKey(0, row, 0), f"{path}#0", {"path": path}, FOLDER, answers[path])
    ]
    return _finish(folder, plan, events)


def table_job(
    folder: Path, source: Path, kept: pa.Table, answers: Sequence[str], /, *, task: str = "answer", **config: Any
) -> Path:
    """One row a row of a table, which `kept` are the kept columns of."""
    values = {"source": {"path": str(source)}, "output": {"path": str(folder)}} | config
    plan = jobs.plan(len(answers), len(answers), task=task, kept=kept.schema, **values)
    plan = _with_shards(
        plan,
        [Shard(0, (Slice(source.name, 0, len(answers)),))],
        [SourceFile(source.name, 1, "f", len(answers))],
    )
    events = [
        event
        for row, answer in enumerate(answers)
        for event in _row(
            RequestKey(0, row, 0), f"{source.name}#{row}", kept.slice(row, 1).to_pylist()[0], kept.schema, answer
        )
    ]
    return _finish(folder, plan, events)


def _row(
    key: RequestKey, row_id: str, kept: Mapping[str, Any], schema: pa.Schema, answer: str | Sequence[Segment]
) -> list[Event]:
    values = [pa.array([kept[field.name]], field.type) for field in schema]
    message = pa.record_batch(values, schema=schema).serialize().to_pybytes()
    read = RowRead(key.shard, key.row, row_id, message)
    if isinstance(answer, Failed):
        kind: ErrorKind = answer  # type: ignore[assignment]
        return [read, RowFailed(key.shard, key.row, kind, f"{row_id} is {answer}")]
    if isinstance(answer, str):
        return [read, RowPlanned(key.shard, key.row, 1), RequestFinished(jobs.completion(key, answer))]
    spans = tuple(Span(start, end, speech_s=end - start) for start, end, _ in answer)
    seconds = max((end for _, end, _ in answer), default=0.0)
    planned = RowPlanned(key.shard, key.row, len(answer), spans, seconds, seconds)
    done = [
        RequestFinished(jobs.completion(RequestKey(key.shard, key.row, number), text))
        for number, (_, _, text) in enumerate(answer)
    ]
    return [read, planned, *done]


def _with_shards(plan: Plan, shards: Sequence[Shard], files: Sequence[SourceFile]) -> Plan:
    return replace(plan, shards=tuple(shards), files=tuple(files))


def _finish(folder: Path, plan: Plan, events: Sequence[Event]) -> Path:
    with jobs.begin(folder, plan) as ledger:
        manifest.write_job(folder, dump_yaml(plan.config))
        ledger.record(events)
        for index in ledger.complete_shards():
            parts.commit_part(folder, ledger, plan, index)
        parts.finish(folder, ledger, plan)
    return folder
