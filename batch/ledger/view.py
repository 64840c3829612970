"""A job as its ledger holds it, for reading: plan, parts, runs, and finished rows no part has yet. Takes no lock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch.errors import LedgerError
from batch.ledger import stored_plan, volume
from batch.ledger.events import recorded_rows
from batch.ledger.schema import LEDGER_NAME, connect_readonly
from batch.records import Shard, SourceFile
from batch.result import RecordedRow


@dataclass(frozen=True, slots=True)
class JobView:
    """One moment of a job.

    `identity` are the keys that answers depend on with their values, media columns as the plan chose them.
    `committed` are the shards with a part in place; `finished` the done rows that only the ledger holds, by shard.
    `runs`: when each began and ended, in seconds since the epoch (None: killed, or at work).
    """

    identity: Mapping[str, Any]
    files: tuple[SourceFile, ...]
    shards: tuple[Shard, ...]
    committed: frozenset[int]
    finished: Mapping[int, tuple[RecordedRow, ...]]
    runs: tuple[tuple[float, float | None], ...]
    worker: Mapping[str, Any]


def read_view(folder: Path) -> JobView:
    """The job in `folder`, as it is now. Raises LedgerError where there is none."""
    path = volume.home(folder) / LEDGER_NAME
    if not path.exists():
        raise LedgerError(
            f"{str(folder)!r} has no ledger, so no job was begun there. Give a job's folder (its output.path)"
        )
    with connect_readonly(path) as db:
        states = db.execute("SELECT shard, sha256 IS NOT NULL, committed FROM shards").fetchall()
        worker = db.execute("SELECT value FROM meta WHERE key = 'worker'").fetchone()
        return JobView(
            identity={key: json.loads(value) for key, value in db.execute("SELECT key, value FROM identity")},
            files=stored_plan.stored_files(db),
            shards=tuple(stored_plan.stored_shards(db)),
            committed=frozenset(shard for shard, in_place, _ in states if in_place),
            finished={
                shard: tuple(row for row in recorded_rows(db, shard) if _done(row))
                for shard, _, committed in states
                if not committed
            },
            runs=tuple(db.execute("SELECT started_at, ended_at FROM runs ORDER BY run")),
            worker=json.loads(worker[0]) if worker and json.loads(worker[0]) else {},
        )


def _done(row: RecordedRow) -> bool:
    return row.failed is not None or (row.planned is not None and len(row.completions) >= row.planned.requests)
