"""The ledger: what the job is, every finished request, every committed shard. SQLite, one writer.

Events are kept by key (shard, row, request), the first one wins: late and repeated events, from a dead worker or a
lost machine, change nothing. A row is done when it failed, or when its requests are planned and all finished.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Self

from batch import durable, killpoint
from batch.counts import Counts
from batch.errors import BatchError, LedgerError
from batch.ledger import answers, schema, stored_parts, stored_plan, volume
from batch.ledger.events import Additions, load, recorded_rows
from batch.ledger.lock import FolderLock
from batch.ledger.runs import Runs
from batch.ledger.stored_parts import Committed, Intent, Reopened
from batch.records import ANSWERS_KEPT, Assignment, Completion, Event, RequestFinished, RequestKey, Shard, SourceFile
from batch.result import RecordedRow

STRIKE = "INSERT INTO strikes VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1"


class Ledger:
    """Open with `Ledger.open(folder)`; a context manager. Holds the folder's lock until closed."""

    def __init__(self, folder: Path, path: Path, lock: FolderLock, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.path = path
        """Inside `folder`, or on the local disk when that is on a network volume."""
        self.recomputed = 0
        """Requests that this run finished and an earlier worker had begun: computed again."""
        self._lock = lock
        self._db = connection
        self._answers = 0  # digests in the index, at most
        self._listed: list[int] | None = None
        with schema.damage(self.path):
            self.runs = Runs(connection)
            self._load()

    # ------------------------------------------------------------ opening, closing
    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> Self:
        """Lock the folder, then open its ledger.

        Raises LedgerLocked (another runner), LedgerError (damaged, newer, or missing while `create` is false),
        OutputError (the folder cannot be written).
        """
        if not create and not (volume.home(folder) / schema.LEDGER_NAME).exists():
            raise LedgerError(f"{str(folder)!r} has no ledger. Give the folder (output.path) of a job that was started")
        with durable.translated(folder):
            durable.make_folder(folder)
            home = volume.settle(folder)
            lock = FolderLock(home, folder)
        path = home / schema.LEDGER_NAME
        try:
            if not path.exists():
                schema.create(path)
            connection = schema.connect(path)
            try:
                return cls(folder, path, lock, connection)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """End the run and give up the lock."""
        try:
            with schema.damage(self.path):
                self.runs.end()
        finally:
            try:
                with schema.damage(self.path):
                    self._db.close()
            finally:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        # What is already on its way out says more than that the ledger cannot be closed either.
        with suppress(BatchError) if kind is not None else nullcontext():
            self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told of this ledger."""
        if self.path.parent == self.folder:
            return ()
        return (
            f"{str(self.folder)!r} is on a network volume: its ledger stays on this machine, at {str(self.path)!r}",
        )

    # ------------------------------------------------------------ the plan
    def begin(
        self,
        identity: Mapping[str, str],
        fingerprint: str,
        files: Sequence[SourceFile],
        shards: Sequence[Shard],
        *,
        accept_changed: bool = False,
    ) -> None:
        """Store the plan the first time; later compare with it, and append what is new.

        Rows of known files keep the shards they have, however the new plan cut them. With `accept_changed`, shards
        of files that changed or went are done again. Raises PlanMismatch naming every difference, old and new.
        """
        with self._writing():
            if self.recall("fingerprint") is None:
                self._db.executemany("INSERT INTO identity VALUES (?, ?)", identity.items())
                self._remember("begun_at", time.time())
            else:
                stored_plan.compare(self._db, self.folder, identity, files, accept_changed)
            self._remember("fingerprint", fingerprint)
            stored_plan.accept(self._db, files)
            stored_plan.append(self._db, shards)
            killpoint.reached("ledger.planned")
        self._load()

    def files(self) -> tuple[SourceFile, ...]:
        """The pinned files, in the order they joined the job."""
        return stored_plan.stored_files(self._db)

    def shard(self, index: int) -> Shard:
        return stored_plan.stored_shard(self._db, index)

    def remember(self, key: str, value: Any) -> None:
        """Keep a JSON value with the job, such as what the worker said of the model."""
        with self._writing():
            self._remember(key, value)

    def _remember(self, key: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def recall(self, key: str) -> Any:
        """What was remembered, or None."""
        return schema.recall(self._db, key)

    # ------------------------------------------------------------ what is wanted
    def open_shards(self) -> list[int]:
        """Shards not committed, or reopened, ascending. The same list until one is committed: there may be half a
        million, and the loop asks at every turn."""
        if self._listed is None:
            self._listed = list(self._open)
        return self._listed

    def complete_shards(self) -> list[int]:
        """Open shards whose wanted rows are all done, ascending."""
        return sorted(self._complete)

    def assignment(self, index: int) -> Assignment:
        """The shard's rows still wanted, and their requests that need no computing."""
        progress = self._open[index]
        rows = tuple(progress.missing())
        finished = tuple(
            RequestKey(index, row, request)
            for row in rows
            if row in progress.rows
            for request in _bits(progress.rows[row].finished)
        )
        variations = tuple((row, progress.variations[row]) for row in rows if row in progress.variations)
        return Assignment(self.shard(index), rows, finished, variations=variations)

    def suspects(self) -> list[RequestKey]:
        """Requests begun by any worker and finished by none, of rows that are not done."""
        return [
            RequestKey(index, row, request)
            for index, shard in self._open.items()
            for row, progress in sorted(shard.rows.items())
            if not progress.done
            for request in _bits(progress.unfinished)
        ]

    # ------------------------------------------------------------ events
    def record(self, events: Iterable[Event]) -> None:
        """Keep what is new among `events`, in one transaction; kinds that need no keeping are passed over.

        Raises OutputError when the disk is full: nothing of this call was recorded then.
        """
        additions = Additions(self._open, self.runs.current)
        try:
            for event in events:
                additions.take(event)
            if additions:
                with self._writing():
                    additions.write(self._db)
                    killpoint.reached("ledger.recording")
        except BaseException:
            self._load()  # memory was ahead of the disk
            raise
        killpoint.reached("ledger.recorded")
        self.recomputed += additions.recomputed
        self._complete |= additions.complete
        self._begun |= additions.touched
        self._answers += additions.answers

    def answered(self) -> bytes:
        """The digests of requests that have an answer, in plan order, one after the other."""
        return answers.digests(self._db)

    def original(self, digest: bytes) -> tuple[RequestKey, str, Completion | None] | None:
        """The first request in plan order with this digest that was answered, the row it is of, and its completion
        (None where that lies in a part by now). None where there is no such request."""
        key = answers.find(self._db, digest)
        return None if key is None else (key, answers.row_id(self._db, key), answers.payload(self._db, key))

    def shard_rows(self, index: int) -> list[RecordedRow]:
        """The wanted rows of a complete shard with all that was recorded of them, by row."""
        return recorded_rows(self._db, index)

    # ------------------------------------------------------------ strikes
    def strike(self, keys: Iterable[RequestKey], cause: str) -> None:
        """Remember that a worker died while these requests ran."""
        with self._writing():
            self._db.executemany(STRIKE, [(*key, cause) for key in keys])

    def strikes(self) -> dict[RequestKey, dict[str, int]]:
        """Every struck request of an open shard: how often, by cause."""
        strikes: dict[RequestKey, dict[str, int]] = {}
        for shard, row, request, cause, count in self._db.execute("SELECT * FROM strikes"):
            strikes.setdefault(RequestKey(shard, row, request), {})[cause] = count
        return strikes

    def condemn(self, key: RequestKey, message: str) -> None:
        """Give up on a request: it ends as `worker_crash`, and its row goes on without it."""
        self.record([RequestFinished(Completion(key, "", None, 0, 0, 0.0, (), "worker_crash", message))])

    def ran_last(self) -> list[RequestKey]:
        """Those of the suspects that the last run began, not one before it."""
        return [key for key in self.suspects() if key in self.runs.begun_by_last]

    # ------------------------------------------------------------ parts
    def intend(self, index: int, generation: int, old: str | None, new: str, counts: Counts) -> None:
        """Promise, durably, that this part is about to be put in place; `old` and `new` are sha256 digests."""
        with schema.damage(self.path), schema.durably(self._db):
            stored_parts.intend(self._db, Intent(index, generation, old, new), counts)
            killpoint.reached("ledger.intended")

    def intents(self) -> list[Intent]:
        return stored_parts.intents(self._db)

    def drop_intent(self, index: int) -> None:
        """The part never came into place: what was there before is whole."""
        with self._writing():
            stored_parts.drop_intent(self._db, index)

    def commit(self, index: int) -> None:
        """The intended part is in place: the shard is committed, its payloads and the intent go."""
        before = self.shard_counts(index)
        with self._writing():
            stored_parts.commit(self._db, index)
            if self._answers > ANSWERS_KEPT + answers.SPARE:
                answers.keep_newest(self._db)
                self._answers = answers.count(self._db)
            killpoint.reached("ledger.committing")
        self._base.take_away(before)
        self._base.add(self.shard_counts(index))
        self._open.pop(index, None)
        self._complete.discard(index)
        self._begun.discard(index)
        self._listed = None

    def committed(self) -> list[Committed]:
        """The parts in place, in order. A reopened shard's old part counts: it is in place until replaced."""
        return stored_parts.committed(self._db)

    def part(self, index: int) -> Committed | None:
        """The part in place for one shard, None before the first."""
        return stored_parts.part(self._db, index)

    def wanted(self, index: int) -> frozenset[int] | None:
        """The rows a reopened shard wants again; None for a shard that wants all of its rows."""
        wanted = self._open[index].wanted
        return None if wanted is None else frozenset(wanted)

    def reopen(self, shards: Mapping[int, Reopened]) -> None:
        """Want rows of committed shards again, in one transaction. Their parts stay in place until replaced."""
        with self._writing():
            for index, again in shards.items():
                stored_parts.reopen(self._db, index, again)
        killpoint.reached("ledger.reopened")
        self._load()

    # ------------------------------------------------------------ numbers, durability
    def counts(self) -> Counts:
        """Of all rows so far; `correct` only of committed ones."""
        total = Counts()
        total.add(self._base)
        for index in self._begun:
            total.add(self._open[index].counts)
        return total

    def shard_counts(self, index: int) -> Counts:
        """The stored counts of one shard: of its part, or of the rows of it that are not wanted again."""
        return stored_parts.counts(self._db, index)

    @property
    def total_rows(self) -> int:
        return int(self._db.execute("SELECT coalesce(sum(rows), 0) FROM shards").fetchone()[0])

    def checkpoint(self) -> None:
        """Put everything recorded so far on the drive (with `F_FULLFSYNC` on macOS)."""
        with schema.damage(self.path):
            # The checkpoint alone would stop at what the oldest reader sees; a synced commit has no such limit.
            with schema.durably(self._db):
                self._remember("checkpoint_at", time.time())
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            killpoint.reached("ledger.checkpointed")

    # ------------------------------------------------------------ memory
    @contextmanager
    def _writing(self) -> Iterator[None]:
        with schema.damage(self.path), schema.transaction(self._db):
            yield

    def _load(self) -> None:
        self._open = load(self._db)
        self._listed = None
        self._complete = {index for index, shard in self._open.items() if shard.complete}
        self._begun = {index for index, shard in self._open.items() if shard.rows}
        self._answers = answers.count(self._db)
        self._base = stored_parts.all_counts(self._db)


def _bits(mask: int) -> Iterator[int]:
    """Positions of the set bits, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
