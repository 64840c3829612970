"""The index of answers: the digest of a request -> the first request in plan order that has its answer.

It survives commits. The answer itself is where any answer is: among the payloads of an open shard, or in the part of a
committed one.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from pydantic import TypeAdapter

from batch.ledger import stored_plan
from batch.records import Completion, RequestKey

ADD = """INSERT INTO answers (digest, shard, row, request) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET shard = excluded.shard, row = excluded.row, request = excluded.request
    WHERE (excluded.shard, excluded.row, excluded.request) < (shard, row, request)"""
SAVE = """UPDATE requests SET completion = ?, prompt_tokens = ?, completion_tokens = ?, repeats = ?
    WHERE shard = ? AND row = ? AND request = ?"""

_completions: TypeAdapter[Completion] = TypeAdapter(Completion)


def digests(db: sqlite3.Connection) -> bytes:
    """All of them, one after the other."""
    return b"".join(digest for (digest,) in db.execute("SELECT digest FROM answers"))


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
