"""Job folders made without a model: a real plan, ledger and parts over real files, with answers given by the test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch.config.job import JobConfig, dump_yaml
from batch.errors import ErrorKind
from batch.frames.reader import Row
from batch.ledger.ledger import Ledger
from batch.output import manifest, parts
from batch.plan import Plan, make_plan
from batch.records import (
    Assignment,
    Event,
    Flag,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowFailed,
    RowPlanned,
    RowRead,
    Span,
)
from batch.runner import open_job_source
from batch.source.source import open_reader
from tests.jobs import completion


@dataclass(frozen=True)
class Said:
    """What became of one row: a text, a text for each span of a recording, or an error."""

    text: str = "an answer"
    flags: tuple[Flag, ...] = ()
    error: ErrorKind | None = None
    spans: tuple[Span, ...] = ()
    texts: tuple[str, ...] = ()
    seconds: float = 0.25
    more: dict[str, Any] = field(default_factory=dict)


def make_job(
    folder: Path, answers: Callable[[str], Said], *, shards: int | None = None, rows: int | None = None, **config: Any
) -> Plan:
    """A job in `folder`; `answers` by row_id. `shards` are committed (None: all), of the next one `rows` are done."""
    job = JobConfig.model_validate({"output": {"path": str(folder)}, **config})
    plan = make_plan(job, open_job_source(job))
    reader = open_reader(
        plan.config.source,
        plan.needed_schema.serialize().to_pybytes(),
        plan.kept_schema.serialize().to_pybytes(),
    )
    with Ledger.open(folder) as ledger:
        ledger.begin(plan.identity, plan.fingerprint, plan.files, plan.shards)
        manifest.write_job(folder, dump_yaml(job))
        ledger.remember("worker", {"dtype": "bfloat16", "ple_grade": "safe", "device": "a test"})
        last = len(plan.shards) if shards is None else shards
        for shard in plan.shards[: last + 1]:
            count = shard.rows if shard.index < last else rows or 0
            if not count:
                continue
            read = reader.read(Assignment(shard, tuple(range(count))))
            ledger.record([event for row in read for event in events(row, answers(row.row_id))])
            if shard.index < last:
                parts.commit_part(folder, ledger, plan, shard.index)
        if last == len(plan.shards):
            parts.finish(folder, ledger, plan)
    reader.close()
    return plan


def events(row: Row, said: Said) -> list[Event]:
    """What a worker sends for one row."""
    read = RowRead(row.shard, row.row, row.row_id, row.kept)
    if said.error is not None:
        return [read, RowFailed(row.shard, row.row, said.error, f"{row.row_id} cannot be done")]
    texts: Sequence[str] = said.texts or (said.text,)
    keys = [RequestKey(row.shard, row.row, number) for number in range(len(texts))]
    end = max((span.end_s for span in said.spans), default=None)
    return [
        read,
        *(RequestStarted(key) for key in keys),
        RowPlanned(row.shard, row.row, len(keys), said.spans, end, end, said.flags),
        *(
            RequestFinished(completion(key, text, seconds=said.seconds, **said.more))
            for key, text in zip(keys, texts, strict=True)
        ),
    ]
