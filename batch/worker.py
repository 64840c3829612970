"""Assignments in, events out: keeps the preparers fed and the engine's slots full, and nothing else.

`serve` is the worker process; `work` is its loop, a generator over plain objects, so that it runs in a
test without a process. The thread that runs it is the only one that touches the engine.
"""

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from batch import killpoint
from batch.checked_engine import CheckedEngine
from batch.child import Parent
from batch.config.job import JobConfig
from batch.engine import Engine, FakeEngine
from batch.errors import BatchError
from batch.feed import RowFeed
from batch.frames.reader import Row
from batch.governor import Governor
from batch.machine.memory import USABLE, footprint_bytes, memory_bytes
from batch.open_rows import OpenRows
from batch.prepare.pool import PreparerPool
from batch.prepared import Prepared
from batch.reading.process import TableReader
from batch.reading.shipped import ShippedRows
from batch.records import (
    Acknowledge,
    Assignment,
    AssignmentFinished,
    Drain,
    Event,
    RequestFinished,
    RequestKey,
    RequestRepeated,
    RequestStarted,
    RowFailed,
    RowPlanned,
    RowRead,
    Telemetry,
    WorkerFailed,
    WorkerJob,
    WorkerReady,
    WorkerRetired,
)
from batch.repeats import Fate, Repeats, split

TELEMETRY_S = 1.0
IDLE_WAIT_S = 0.25


class Preparing(Protocol):
    """What the loop asks of the preparer pool."""

    @property
    def room(self) -> bool: ...
    @property
    def nbytes(self) -> int: ...
    def submit(self, row: Row, skip: tuple[int, ...]) -> None: ...
    def poll(self) -> Sequence[Prepared | RequestRepeated | RowPlanned | RowFailed]: ...
    def taken(self, prepared: Prepared) -> None: ...
    def close(self) -> None: ...


class Worker:
    """The loop's state. One turn: hear the runner, feed the preparers, admit, step, tell the runner."""

    def __init__(
        self,
        receive: Callable[[float], Any],
        feed: RowFeed,
        pool: Preparing,
        engine: Engine,
        arrived: threading.Event,
        governor: Governor | None = None,
    ) -> None:
        self._receive = receive
        self._feed = feed
        self._pool = pool
        self._engine = CheckedEngine(engine)
        self._arrived = arrived
        self._governor = governor or Governor(None, ())
        self._requests_done = 0
        self._open = OpenRows()
        self._ready: deque[Prepared] = deque()
        self._repeats = Repeats()
        self._unacknowledged = 0
        self._draining = False
        self._steps = 0
        self._waiting_s = 0.0
        self._working_s = 0.0
        self._told = time.monotonic()

    def work(self) -> Iterator[list[Event]]:
        """Turn after turn; yields what the runner must hear, in order. Ends after a Drain, or when it retires."""
        while True:
            self._hear()
            if self._draining and not self._engine.running:
                return
            events = self._feed_preparers() + self._collect()
            admitted, dropped = self._admit()
            events += dropped
            # The runner hears what starts before the engine sees it: a death can then be attributed.
            events += [RequestStarted(prepared.key) for prepared in admitted]
            yield [*events, *self._telemetry(), *self._retire()]
            if admitted:
                killpoint.reached("worker.told")
            for prepared in admitted:
                self._engine.insert(prepared)
                killpoint.reached("worker.inserted")
            if self._engine.running:
                yield self._step()
            elif not events:
                self._wait()

    def _hear(self) -> None:
        self._arrived.clear()
        while (record := self._receive(0.0)) is not None:
            match record:
                case Assignment():
                    self._open.add(record)
                    self._repeats.know(split(record.answered))
                    self._feed.add(record)
                case Acknowledge(count):
                    self._unacknowledged -= count
                case Drain():
                    self._draining = True

    def _feed_preparers(self) -> list[Event]:
        events: list[Event] = []
        while not self._draining and self._pool.room and (item := self._feed.take()) is not None:
            if isinstance(item, RowFailed):
                events += self._fail(item)
                continue
            events.append(RowRead(item.shard, item.row, item.row_id, item.kept))
            killpoint.reached("worker.row_read")
            self._pool.submit(*self._open.asked(item))
        return events

    def _collect(self) -> list[Event]:
        """What the preparers have done since the last turn."""
        events: list[Event] = []
        for item in self._pool.poll():
            match item:
                case Prepared():
                    events += self._offer(item)
                case RequestRepeated(key):
                    if self._open.wanted(key):
                        events += self._repeat(item, self._repeats.repeat(key, item.digest))
                case RowPlanned():
                    events.append(item)
                    self._open.row(item).requests = item.requests
                    events += self._close_if_done(item)
                case RowFailed():
                    events += self._fail(item)
        return events

    def _offer(self, prepared: Prepared) -> list[Event]:
        """A request that is ready: to be computed, or to take the answer of an equal one."""
        if prepared.digest is None or not self._open.wanted(prepared.key):
            self._ready.append(prepared)
            return []
        fate = self._repeats.offer(prepared, anew=self._open.is_anew(prepared.key))
        if fate == "compute":
            self._ready.append(prepared)
            return []
        self._pool.taken(prepared)
        return self._repeat(RequestRepeated(prepared.key, prepared.digest), fate)

    def _repeat(self, repeated: RequestRepeated, fate: Fate) -> list[Event]:
        row = self._open.row(repeated.key)
        if fate == "answered":
            row.finished += 1
            return [repeated, *self._close_if_done(repeated.key)]
        if fate == "waits":
            row.running += 1
            return []
        return self._give_back(repeated.key)

    def _give_back(self, key: RequestKey) -> list[Event]:
        """The equal request came to nothing, and of this one there is only the digest: the runner, who sees that the
        row is not done, sends it again."""
        self._open.give_back(key)
        return self._close_if_done(key)

    def _settle(self, digest: bytes | None, waiting: Sequence[RequestKey], *, answered: bool) -> list[Event]:
        """What becomes of those that waited for this request's answer."""
        events: list[Event] = []
        for other in waiting:
            if digest is not None and (row := self._open.find(other)) is not None:
                row.running -= 1
                repeated = RequestRepeated(other, digest)
                events += self._repeat(repeated, "answered") if answered else self._give_back(other)
        return events

    def _admit(self) -> tuple[list[Prepared], list[Event]]:
        """As many as there are free slots and the engine takes ahead of them, and what follows from those that are
        dropped. Running and unacknowledged together stay within 2 x slots: that is all that a death can cost."""
        admitted: list[Prepared] = []
        events: list[Event] = []
        slots = self._open.slots(self._engine.slots)
        most = slots + self._engine.ahead if slots == self._engine.slots else slots  # who is to be alone, is
        while self._ready and not self._draining:
            busy = self._engine.running + len(admitted)
            if busy >= most or busy + self._unacknowledged >= 2 * slots:
                break
            prepared = self._ready.popleft()
            self._pool.taken(prepared)
            if self._open.wanted(prepared.key):  # a recording that failed half way needs no more answers
                self._open.row(prepared.key).running += 1
                admitted.append(prepared)
            else:
                events += self._settle(*self._repeats.end(prepared.key, answered=False), answered=False)
        return admitted, events

    def _step(self) -> list[Event]:
        began = time.monotonic()
        completions = self._engine.step()
        self._steps += 1
        self._working_s += time.monotonic() - began
        self._unacknowledged += len(completions)
        if completions:
            killpoint.reached("worker.stepped")
        events: list[Event] = []
        for completion in completions:
            self._requests_done += 1
            row = self._open.row(completion.key)
            row.running -= 1
            row.finished += 1
            answered = completion.error_kind is None
            digest, waiting = self._repeats.end(completion.key, answered=answered)
            events.append(RequestFinished(completion, digest if answered else None))
            events += self._close_if_done(completion.key)
            events += self._settle(digest, waiting, answered=answered)
        return events

    def _fail(self, failed: RowFailed) -> list[Event]:
        self._open.row(failed).failed = True
        return [failed, *self._close_if_done(failed)]

    def _close_if_done(self, item: RequestKey | RowPlanned | RowFailed) -> list[Event]:
        return [AssignmentFinished(item.shard)] if self._open.close_if_done(item) else []

    def _telemetry(self) -> list[Event]:
        """Once a second from this loop itself: its silence is what the watchdog listens for."""
        now = time.monotonic()
        if now - self._told < TELEMETRY_S:
            return []
        self._told = now
        waiting_s, working_s, steps = self._waiting_s, self._working_s, self._steps
        self._waiting_s, self._working_s, self._steps = 0.0, 0.0, 0
        return [
            Telemetry(
                slots_busy=min(self._engine.running, self._engine.slots),
                prepared_bytes=self._pool.nbytes,
                waiting_s=waiting_s,
                working_s=working_s,
                steps=steps,
                memory_bytes=footprint_bytes(os.getpid()),
            )
        ]

    def _retire(self) -> list[Event]:
        """At most once: from then on nothing new is begun."""
        if self._draining or (reason := self._governor.retirement(self._open.done, self._requests_done)) is None:
            return []
        self._draining = True
        return [WorkerRetired(reason)]

    def _wait(self) -> None:
        """Nothing to do: until the runner, the reader or a preparer has something."""
        began = time.monotonic()
        self._arrived.wait(IDLE_WAIT_S)
        if self._open:
            self._waiting_s += time.monotonic() - began


def serve(parent: Parent, arguments: list[str]) -> None:
    """The worker process: takes the WorkerJob, loads, works until drained or orphaned."""
    job = parent.receive(None)
    if not isinstance(job, WorkerJob):
        raise TypeError(f"the first frame to a worker is its WorkerJob, not {type(job).__name__}")
    try:
        _serve(parent, job)
    except BatchError as error:
        parent.send(WorkerFailed(type(error).__name__, str(error)))


def _serve(parent: Parent, job: WorkerJob) -> None:
    config = JobConfig.model_validate_json(job.config)
    pool = PreparerPool(job, config, arrived=parent.arrived)
    rows = ShippedRows(Path(job.shipped)) if job.shipped else TableReader(job, config)
    feed = RowFeed(rows.read, parent.arrived)
    governor = open_governor(config)
    engine = open_engine(job, config, governor)
    try:
        parent.send(WorkerReady(engine.slots, engine.describe()))
        killpoint.reached("worker.ready")
        for events in Worker(parent.receive, feed, pool, engine, parent.arrived, governor).work():
            if events:
                parent.send(*events)
    finally:
        feed.close()
        rows.close()
        pool.close()
        engine.close()


def open_governor(config: JobConfig) -> Governor:
    """The limit is `engine.memory`, or what a model may have of this machine."""
    memory = config.engine.memory
    return Governor(
        round(USABLE * memory_bytes()) if memory == "auto" else memory,
        [lambda: footprint_bytes(os.getpid())],
        recycle_rows=config.engine.recycle_rows,
        recycle_growth=config.engine.recycle_growth,
    )


def open_engine(job: WorkerJob, config: JobConfig, governor: Governor) -> Engine:
    """The engine the job asks for: MLX, or the fake one where no model path is given."""
    if not job.model_path:
        return FakeEngine.from_environment(job.slots)
    # urllib3, which comes with transformers, opens a socket at its import to see whether there is IPv6. Nothing is
    # fetched here, and offline means that no socket is opened.
    socket.has_ipv6 = False
    # Late on purpose: this import takes seconds, and the watch on the parent must be up before it.
    from batch.gemma.mlx_engine import MLXEngine

    return MLXEngine(
        Path(job.model_path),
        slots=job.slots,
        dtype=config.model.dtype,
        wired=config.engine.wired,
        memory=None if config.engine.memory == "auto" else config.engine.memory,
        governor=governor,
        reuse=config.engine.reuse,
    )
