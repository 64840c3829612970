"""A ledger made anew from what is known of the parts, and what a damaged one still says of rows in no part yet."""

import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch import durable
from batch.counts import Counts
from batch.errors import BatchError
from batch.ledger import events, schema, stored_plan
from batch.records import Shard, SourceFile

SALVAGED = ("rows", "requests")


@dataclass(frozen=True, slots=True)
class KnownShard:
    """A shard; with the part that holds all of its rows, where there is one."""

    shard: Shard
    sha256: str | None = None
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class KnownJob:
    """All that a ledger says of a job beside unfinished rows. `begun_at` in seconds since the epoch."""

    identity: Mapping[str, str]
    fingerprint: str
    files: Sequence[SourceFile]
    shards: Sequence[KnownShard]
    begun_at: float
    worker: Mapping[str, Any]


def is_whole(path: Path) -> bool:
    """Whether the ledger is there and can be read from its first page to its last."""
    if not path.exists():
        return False
    try:
        with schema.connect_readonly(path) as db:
            (answer,) = db.execute("PRAGMA quick_check(1)").fetchone()
            events.load(db)
    except (BatchError, ValueError, KeyError):
        return False
    return bool(answer == "ok")


def rebuild(path: Path, job: KnownJob) -> tuple[Path | None, int]:
    """Put a new ledger at `path`; the old one stays beside it, under the name that is returned, with how many
    answered requests of unfinished rows could be taken over from it. Raises OutputError, LedgerError."""
    staged = path.with_name(f".{path.name}.repaired")
    for leftover in (staged, *schema.beside(staged)):
        leftover.unlink(missing_ok=True)
    schema.create(staged)
    with schema.damage(staged), closing(schema.connect(staged)) as db:
        with schema.durably(db):
            _fill(db, job)
        taken_over = _salvage(path, db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    for leftover in schema.beside(staged):
        leftover.unlink(missing_ok=True)
    with durable.translated(path):
        aside = _set_aside(path)
        durable.replace(staged, path)
    return aside, taken_over


def _fill(db: sqlite3.Connection, job: KnownJob) -> None:
    db.executemany("INSERT INTO identity VALUES (?, ?)", job.identity.items())
    meta = {"fingerprint": job.fingerprint, "begun_at": job.begun_at, "worker": dict(job.worker)}
    db.executemany("INSERT INTO meta VALUES (?, ?)", [(key, json.dumps(value)) for key, value in meta.items()])
    stored_plan.accept(db, job.files)
    db.executemany(
        "INSERT INTO shards (shard, slices, rows, committed, generation, sha256, counts) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                known.shard.index,
                stored_plan.slices_json(known.shard),
                known.shard.rows,
                known.sha256 is not None,
                int(known.sha256 is not None),
                known.sha256,
                known.counts.to_json() if known.counts is not None else None,
            )
            for known in job.shards
        ],
    )


def _salvage(damaged: Path, db: sqlite3.Connection) -> int:
    """Copy what a damaged ledger can still say of the open shards. Nothing where any of it makes no sense."""
    with tempfile.TemporaryDirectory(prefix="gemma4-batch-") as temporary, suppress(sqlite3.Error, OSError, ValueError):
        copy = Path(temporary) / damaged.name
        for file in (damaged, *schema.beside(damaged)):
            if file.exists():
                shutil.copyfile(file, copy.with_name(file.name))
        with closing(sqlite3.connect(copy)) as old, schema.transaction(db):
            for index, slices in db.execute("SELECT shard, slices FROM shards WHERE NOT committed").fetchall():
                known = old.execute("SELECT slices FROM shards WHERE shard = ?", (index,)).fetchone()
                if known == (slices,):
                    _copy_shard(old, db, index)
            events.load(db)  # a value that cannot be understood undoes all of it
        return int(db.execute("SELECT count(*) FROM requests WHERE finished").fetchone()[0])
    return 0


def _copy_shard(old: sqlite3.Connection, db: sqlite3.Connection, index: int) -> None:
    for table in SALVAGED:
        here, there = (
            [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for connection in (db, old)
        )
        names = [name for name in here if name in there]
        columns, places = ", ".join(names), ", ".join("?" * len(names))
        cursor = old.execute(f"SELECT {columns} FROM {table} WHERE shard = ?", (index,))
        with suppress(sqlite3.DatabaseError):  # a torn page: what was read before it is whole
            for row in cursor:
                db.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", row)


def _set_aside(path: Path) -> Path | None:
    """The damaged ledger first, then its journal, which beside the new one would be taken for that one's; each step
    durable before the next."""
    aside = path.with_name(time.strftime(f"{path.name}.damaged-%Y%m%d-%H%M%S"))
    there = path.exists()
    for olds, news in (((path,), (aside,)), (schema.beside(path), schema.beside(aside))):
        for old, new in zip(olds, news, strict=True):
            if old.exists():
                old.rename(new)
        durable.sync_folder(path.parent)
    return aside if there else None
