"""The index of answers: the digest of a request -> the first request in plan order that has its answer.

It survives commits. The answer itself is where any answer is: among the payloads of an open shard, or in the part of a
committed one. The index is bounded: of more than `ANSWERS_KEPT` the first in plan order are forgotten, and a request
equal to one of these is computed again.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from pydantic import TypeAdapter

from batch.ledger import stored_plan
from batch.records import ANSWERS_KEPT, Completion, RequestKey

ADD = """INSERT INTO answers (digest, shard, row, request) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET shard = excluded.shard, row = excluded.row, request = excluded.request
    WHERE (excluded.shard, excluded.row, excluded.request) < (shard, row, request)"""
SAVE = """UPDATE requests SET completion = ?, prompt_tokens = ?, completion_tokens = ?, repeats = ?
    WHERE shard = ? AND row = ? AND request = ?"""

SPARE = ANSWERS_KEPT // 8
"""That may be too many, so that they are not looked for at every commit."""

_completions: TypeAdapter[Completion] = TypeAdapter(Completion)


def digests(db: sqlite3.Connection) -> bytes:
    """All of them, one after the other, in plan order."""
    return b"".join(digest for (digest,) in db.execute("SELECT digest FROM answers ORDER BY shard, row, request"))


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM answers").fetchone()[0])


def keep_newest(db: sqlite3.Connection, most: int = ANSWERS_KEPT) -> None:
    """Forget the first in plan order, but for `most` of them."""
    query = "SELECT shard, row, request FROM answers ORDER BY shard, row, request LIMIT 1 OFFSET ?"
    first = db.execute(query, (max(0, count(db) - most),)).fetchone()
    if first is not None:
        db.execute("DELETE FROM answers WHERE (shard, row, request) < (?, ?, ?)", first)


def find(db: sqlite3.Connection, digest: bytes) -> RequestKey | None:
    row = db.execute("SELECT shard, row, request FROM answers WHERE digest = ?", (digest,)).fetchone()
    return RequestKey(*row) if row else None


def payload(db: sqlite3.Connection, key: RequestKey) -> Completion | None:
    """The completion of an open shard's request; None where its shard was committed since."""
    query = "SELECT completion FROM requests WHERE shard = ? AND row = ? AND request = ? AND finished"
    row = db.execute(query, key).fetchone()
    return _completions.validate_json(row[0]) if row else None


def row_id(db: sqlite3.Connection, key: RequestKey) -> str:
    return stored_plan.row_id(stored_plan.stored_shard(db, key.shard), key.row)


def put_in_plan_order(db: sqlite3.Connection, key: RequestKey, digest: bytes) -> None:
    """A copy that stands before its original changes places with it, where that is not committed yet: the first in
    plan order is the one with tokens and seconds, and the others name it."""
    first = find(db, digest)
    if first is None or first <= key:
        return
    original, copy = payload(db, first), payload(db, key)
    if original is None or copy is None:
        return
    _save(db, replace(original, key=key), None)
    _save(db, replace(copy, key=first, deduplicated_from=row_id(db, key)), digest)
    db.execute(ADD, (digest, *key))


def _save(db: sqlite3.Connection, completion: Completion, repeats: bytes | None) -> None:
    told = (_completions.dump_json(completion), completion.prompt_tokens, completion.completion_tokens, repeats)
    db.execute(SAVE, (*told, *completion.key))


def named(db: sqlite3.Connection, completion: Completion, repeats: bytes | None) -> Completion:
    """A recorded completion; a copy names the first in plan order that is known by now."""
    first = find(db, repeats) if repeats is not None else None
    return completion if first is None else replace(completion, deduplicated_from=row_id(db, first))


def forget_rows(db: sqlite3.Connection, shard: int, rows: Iterable[int]) -> None:
    """Rows that are to be answered again: nobody takes their old answers any more."""
    db.executemany("DELETE FROM answers WHERE shard = ? AND row = ?", [(shard, row) for row in rows])
