"""The runs of the command on a job: how the last one ended, what it began, and whether the machine restarted since."""

import os
import socket
import sqlite3
import time
from dataclasses import dataclass

from batch.ledger import schema
from batch.machine.boot import boot_id
from batch.records import RequestKey


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command on this job. `ended_at` (seconds since the epoch) is None when it was killed."""

    run: int
    started_at: float
    boot_id: str
    host: str
    pid: int
    ended_at: float | None


class Runs:
    """Begins a run of its own when made."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.last = self._read_last()
        self.current = self._begin()
        self.begun_by_last = self._read_begun_by_last()
        """Requests that the last run began, not one before it, and nobody finished before this one."""

    @property
    def rebooted(self) -> bool:
        """Did the machine restart while the run before this one was at work?"""
        last = self.last
        if last is None or last.ended_at is not None or not last.boot_id or last.host != socket.gethostname():
            return False
        return last.boot_id != boot_id()

    def end(self) -> None:
        """Note that this run ended by itself; one that did not was killed."""
        with schema.durably(self._db):
            self._db.execute("UPDATE runs SET ended_at = ? WHERE run = ?", (time.time(), self.current))

    def _read_last(self) -> Run | None:
        columns = "run, started_at, boot_id, host, pid, ended_at"
        row = self._db.execute(f"SELECT {columns} FROM runs ORDER BY run DESC LIMIT 1").fetchone()
        return Run(*row) if row else None

    def _begin(self) -> int:
        with schema.transaction(self._db):
            cursor = self._db.execute(
                "INSERT INTO runs (started_at, boot_id, host, pid) VALUES (?, ?, ?, ?)",
                (time.time(), boot_id(), socket.gethostname(), os.getpid()),
            )
        return int(cursor.lastrowid or 0)

    def _read_begun_by_last(self) -> frozenset[RequestKey]:
        last = self.last.run if self.last else 0
        query = "SELECT shard, row, request FROM requests WHERE started = ? AND NOT finished"
        return frozenset(RequestKey(*row) for row in self._db.execute(query, (last,)))
