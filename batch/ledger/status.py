"""A job as its ledger tells it, read without a lock, at once, whether a runner is at work or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from batch.counts import Counts
from batch.errors import LedgerError
from batch.ledger import events, lock, stored_parts, volume
from batch.ledger.schema import LEDGER_NAME, connect_readonly, recall


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """`running`: a runner holds the folder. Times are seconds since the epoch; `ended_at` of the last run, None while
    it runs or when it was killed. `in_flight`: requests begun and not finished. `recomputed`: over all runs."""

    folder: Path
    fingerprint: str | None
    total_rows: int
    counts: Counts
    parts: int
    parts_done: int
    in_flight: int
    running: bool
    pid: int | None
    host: str | None
    runs: int
    begun_at: float | None
    started_at: float | None
    ended_at: float | None
    recomputed: int
    nodes: tuple[Mapping[str, Any], ...] = ()
    """Of a job on several machines, as the runner last saw them."""

    @property
    def state(self) -> Literal["running", "complete", "stopped", "killed"]:
        """`stopped` ended by itself (Ctrl-C, an error), `killed` did not; the same command resumes both."""
        if self.running:
            return "running"
        if self.parts and self.parts == self.parts_done:
            return "complete"
        return "stopped" if self.ended_at is not None or not self.runs else "killed"

    def as_dict(self) -> dict[str, Any]:
        """`gemma4-batch status --json`."""
        return {
            "schema_version": 1,
            "folder": str(self.folder),
            "state": self.state,
            "fingerprint": self.fingerprint,
            "rows_total": self.total_rows,
            "rows_done": self.counts.done,
            "shards_total": self.parts,
            "shards_committed": self.parts_done,
            "requests_in_flight": self.in_flight,
            "requests_computed_again": self.recomputed,
            "runs": self.runs,
            "begun_at": self.begun_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "pid": self.pid,
            "host": self.host,
            "counts": self.counts.as_dict(),
            "nodes": list(self.nodes),
        }


def read_status(folder: Path) -> LedgerStatus:
    """Where the job in `folder` stands. Raises LedgerError when there is none, or its ledger cannot be read."""
    home = volume.home(folder)
    path = home / LEDGER_NAME
    if not path.exists():
        raise LedgerError(
            f"{str(folder)!r} has no ledger, so no job was begun there. Give a job's folder (its output.path)"
        )
    with connect_readonly(path) as db:
        counts = stored_parts.all_counts(db)
        in_flight = 0
        for shard in events.load(db).values():
            counts.add(shard.counts)
            in_flight += sum(row.unfinished.bit_count() for row in shard.rows.values() if not row.done)
        total, parts, done = db.execute(
            "SELECT coalesce(sum(rows), 0), count(*), total(committed) FROM shards"
        ).fetchone()
        runs, recomputed = db.execute("SELECT count(*), coalesce(sum(recomputed), 0) FROM runs").fetchone()
        last = db.execute("SELECT pid, host, started_at, ended_at FROM runs ORDER BY run DESC LIMIT 1").fetchone()
        pid, host, started_at, ended_at = last or (None, None, None, None)
        return LedgerStatus(
            folder=folder,
            fingerprint=recall(db, "fingerprint"),
            total_rows=total,
            counts=counts,
            parts=parts,
            parts_done=int(done),
            in_flight=in_flight,
            running=lock.held(home),
            pid=pid,
            host=host,
            runs=runs,
            begun_at=recall(db, "begun_at"),
            started_at=started_at,
            ended_at=ended_at,
            recomputed=recomputed,
            nodes=tuple(recall(db, "nodes") or ()),
        )
