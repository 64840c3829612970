"""Events into tables and back: what a batch of events adds, and what was recorded of a shard.

`load` mirrors the tables of the open shards in memory; `Additions` says which events are news to that mirror.
"""

import json
import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from batch.ledger import answers, stored_plan
from batch.ledger.progress import ShardProgress
from batch.records import (
    AnswerCopied,
    Completion,
    Event,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowFailed,
    RowPlanned,
    RowRead,
)
from batch.result import RecordedRow

READ = """INSERT INTO rows (shard, row, row_id, kept, attempts) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET row_id = excluded.row_id, kept = excluded.kept"""
PLANNED = """INSERT INTO rows (shard, row, planned, attempts) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET planned = excluded.planned"""
FAILED = """INSERT INTO rows (shard, row, failed, attempts) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET failed = excluded.failed"""
STARTED = """INSERT INTO requests (shard, row, request, started) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET started = excluded.started WHERE NOT finished"""
FINISHED = """INSERT INTO requests
    (shard, row, request, finished, error_kind, flags, prompt_tokens, completion_tokens, completion, repeats)
    VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET finished = 1, error_kind = excluded.error_kind, flags = excluded.flags,
    prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
    completion = excluded.completion, repeats = excluded.repeats"""


class Additions:
    """What one call of `record` adds to the tables. `take` moves the mirror on, `write` the tables."""

    def __init__(self, shards: Mapping[int, ShardProgress], run: int) -> None:
        self.recomputed = 0
        self.complete: set[int] = set()
        self.touched: set[int] = set()
        self._shards = shards
        self._run = run
        self._values: dict[str, list[tuple[Any, ...]]] = {
            statement: [] for statement in (READ, PLANNED, FAILED, STARTED, FINISHED, answers.ADD)
        }
        self._copies: list[tuple[RequestKey, bytes]] = []

    def __bool__(self) -> bool:
        return any(self._values.values())

    @property
    def answers(self) -> int:
        """Digests that become known, at most."""
        return len(self._values[answers.ADD])

    def take(self, event: Event) -> None:
        """Events of committed shards, unwanted rows and of kinds that are not kept add nothing."""
        match event:
            case RequestFinished(completion, digest):
                if shard := self._wanting(completion.key.shard, completion.key.row):
                    self._finish(shard, completion)
                    if digest is not None:
                        self._values[answers.ADD].append((digest, *completion.key))
            case AnswerCopied(completion, digest):
                if shard := self._wanting(completion.key.shard, completion.key.row):
                    self._finish(shard, completion, digest)
                    self._copies.append((completion.key, digest))
            case RequestStarted(key):
                if (shard := self._wanting(key.shard, key.row)) and shard.start(key.row, key.request):
                    self._values[STARTED].append((*key, self._run))
            case RowRead() | RowPlanned() | RowFailed():
                if shard := self._wanting(event.shard, event.row):
                    self._take_row(shard, event)
            case _:
                pass

    def _wanting(self, index: int, row: int) -> ShardProgress | None:
        shard = self._shards.get(index)
        if shard is None or not shard.wants(row):
            return None
        self.touched.add(index)
        return shard

    def _take_row(self, shard: ShardProgress, event: RowRead | RowPlanned | RowFailed) -> None:
        key, attempt = (event.shard, event.row), shard.attempt(event.row)
        if isinstance(event, RowRead):
            if shard.read(event.row):
                self._values[READ].append((*key, event.row_id, event.kept, attempt))
        elif isinstance(event, RowPlanned):
            if shard.plan(event):
                self._values[PLANNED].append((*key, adapter(RowPlanned).dump_json(event), attempt))
        elif shard.fail(event):
            self._values[FAILED].append((*key, adapter(RowFailed).dump_json(event), attempt))
        if shard.complete:
            self.complete.add(event.shard)

    def _finish(self, shard: ShardProgress, completion: Completion, repeats: bytes | None = None) -> None:
        key = completion.key
        if not shard.finish(completion):
            return
        self.recomputed += shard.rows[key.row].again >> key.request & 1
        tokens = (completion.prompt_tokens, completion.completion_tokens)
        flags = " ".join(completion.flags) or None
        text = adapter(Completion).dump_json(completion)
        self._values[FINISHED].append((*key, completion.error_kind, flags, *tokens, text, repeats))
        if shard.complete:
            self.complete.add(key.shard)

    def write(self, db: sqlite3.Connection) -> None:
        for statement, values in self._values.items():
            if values:
                db.executemany(statement, values)
        for key, digest in self._copies:
            answers.put_in_plan_order(db, key, digest)
        if self.recomputed:
            db.execute("UPDATE runs SET recomputed = recomputed + ? WHERE run = ?", (self.recomputed, self._run))


def load(db: sqlite3.Connection) -> dict[int, ShardProgress]:
    """Where every open shard stands, by index, ascending."""
    shards = {
        index: ShardProgress(size, *_wanted(wanted))
        for index, size, wanted in db.execute(
            "SELECT shard, rows, wanted FROM shards WHERE NOT committed ORDER BY shard"
        )
    }
    _load_requests(db, shards)
    for index, row, read, planned, failed in db.execute(
        "SELECT shard, row, row_id IS NOT NULL, planned, failed FROM rows"
    ):
        shard = shards[index]
        if read:
            shard.read(row)
        if failed:
            shard.fail(adapter(RowFailed).validate_json(failed))
        if planned:
            shard.plan(adapter(RowPlanned).validate_json(planned))
    return shards


def _load_requests(db: sqlite3.Connection, shards: Mapping[int, ShardProgress]) -> None:
    columns = "shard, row, request, finished, error_kind, flags, prompt_tokens, completion_tokens"
    query = f"SELECT {columns} FROM requests"
    for index, row, request, finished, kind, flags, prompt_tokens, completion_tokens in db.execute(query):
        shards[index].start(row, request)
        if finished:
            key = RequestKey(index, row, request)
            listed = tuple((flags or "").split())
            shards[index].finish(Completion(key, "", None, prompt_tokens, completion_tokens, 0.0, listed, kind))


def dump_wanted(attempts: Mapping[int, int], *, otherwise: bool) -> str:
    """The column `wanted` of a shard some of whose rows, with the attempts they had, are to be tried again."""
    return json.dumps({str(row): [had + 1, had if otherwise else 0] for row, had in attempts.items()})


def _wanted(text: str | None) -> tuple[dict[int, int] | None, dict[int, int]]:
    """Attempts and variations by row. Earlier versions wrote the attempt alone."""
    if text is None:
        return None, {}
    pairs = {int(row): value if isinstance(value, list) else [value, 0] for row, value in json.loads(text).items()}
    attempts = {row: attempt for row, (attempt, _) in pairs.items()}
    return attempts, {row: variation for row, (_, variation) in pairs.items() if variation}


def recorded_rows(db: sqlite3.Connection, index: int) -> list[RecordedRow]:
    """All that is kept of one shard's rows, by row."""
    completions: dict[int, list[Completion]] = {}
    query = "SELECT row, completion, repeats FROM requests WHERE shard = ? AND finished ORDER BY row, request"
    for row, text, repeats in db.execute(query, (index,)):
        completion = answers.named(db, adapter(Completion).validate_json(text), repeats)
        completions.setdefault(row, []).append(completion)
    shard = stored_plan.stored_shard(db, index)
    query = "SELECT row, row_id, kept, planned, failed, attempts FROM rows WHERE shard = ? ORDER BY row"
    recorded = []
    for row, row_id, kept, planned_json, failed_json, attempts in db.execute(query, (index,)):
        planned = adapter(RowPlanned).validate_json(planned_json) if planned_json else None
        found = completions.get(row, [])
        recorded.append(
            RecordedRow(
                row=row,
                row_id=stored_plan.row_id(shard, row) if row_id is None else row_id,
                kept=kept,
                planned=planned,
                failed=adapter(RowFailed).validate_json(failed_json) if failed_json else None,
                completions=tuple(c for c in found if planned is None or c.key.request < planned.requests),
                attempts=attempts,
            )
        )
    return recorded


@cache
def adapter(kind: type) -> TypeAdapter[Any]:
    """Reads and writes one kind of record as JSON."""
    return TypeAdapter(kind)
