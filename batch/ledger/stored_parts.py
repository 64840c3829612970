"""The parts in the ledger: those about to be put in place, those that are, and what is wanted of them again.

A part is intended, put in place by output/parts.py, then committed: wherever that is cut off, the intent and the
file's sha256 say how far it came.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from batch.counts import Counts
from batch.ledger import answers, stored_plan
from batch.ledger.events import dump_wanted


@dataclass(frozen=True, slots=True)
class Intent:
    """A part about to be put in place: a promise that a crash must not break."""

    shard: int
    generation: int
    old_sha256: str | None
    new_sha256: str


@dataclass(frozen=True, slots=True)
class Committed:
    """A part that is in place."""

    shard: int
    rows: int
    generation: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Reopened:
    """Rows of a committed shard to try again, with the attempts they had; `counts` of its other rows. `otherwise`:
    their answers are to be others than those they had."""

    rows: Mapping[int, int]
    counts: Counts
    otherwise: bool = False


def intend(db: sqlite3.Connection, intent: Intent, counts: Counts) -> None:
    values = (intent.shard, intent.generation, intent.old_sha256, intent.new_sha256, counts.to_json())
    db.execute("INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?)", values)


def intents(db: sqlite3.Connection) -> list[Intent]:
    query = "SELECT shard, generation, old_sha256, new_sha256 FROM intents ORDER BY shard"
    return [Intent(*row) for row in db.execute(query)]


def drop_intent(db: sqlite3.Connection, index: int) -> None:
    db.execute("DELETE FROM intents WHERE shard = ?", (index,))


def commit(db: sqlite3.Connection, index: int) -> None:
    """The intended part is the shard's now; the intent and what was recorded of its rows go."""
    db.execute(
        "UPDATE shards SET committed = 1, wanted = NULL, generation = intent.generation, "
        "sha256 = intent.new_sha256, counts = intent.counts "
        "FROM (SELECT * FROM intents WHERE shard = ?) AS intent WHERE shards.shard = ?",
        (index, index),
    )
    drop_intent(db, index)
    stored_plan.forget(db, index)


def committed(db: sqlite3.Connection) -> list[Committed]:
    """The parts in place, in order. A reopened shard's old part counts: it is in place until replaced."""
    query = "SELECT shard, rows, generation, sha256 FROM shards WHERE sha256 IS NOT NULL ORDER BY shard"
    return [Committed(*row) for row in db.execute(query)]


def part(db: sqlite3.Connection, index: int) -> Committed | None:
    """The part in place for one shard, None before the first."""
    query = "SELECT shard, rows, generation, sha256 FROM shards WHERE sha256 IS NOT NULL AND shard = ?"
    row = db.execute(query, (index,)).fetchone()
    return Committed(*row) if row else None


def reopen(db: sqlite3.Connection, index: int, again: Reopened) -> None:
    """Want rows of a committed shard again; nobody takes their old answers any more."""
    wanted = dump_wanted(again.rows, otherwise=again.otherwise)
    db.execute(
        "UPDATE shards SET committed = 0, wanted = ?, counts = ? WHERE shard = ? AND committed",
        (wanted, again.counts.to_json(), index),
    )
    answers.forget_rows(db, index, again.rows)


def counts(db: sqlite3.Connection, index: int) -> Counts:
    """Of one shard's part, or of the rows of it that are not wanted again."""
    return Counts.from_json(db.execute("SELECT counts FROM shards WHERE shard = ?", (index,)).fetchone()[0])


def all_counts(db: sqlite3.Connection) -> Counts:
    """The sum of `counts` over all shards that have any."""
    total = Counts()
    for (text,) in db.execute("SELECT counts FROM shards WHERE counts IS NOT NULL"):
        total.add(Counts.from_json(text))
    return total
