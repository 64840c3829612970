"""The worker's loop over plain objects: slots stay full, what starts is told first, nothing is lost."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from batch.checked_engine import EngineFault
from batch.engine import FakeEngine
from batch.errors import RowError, SourceError
from batch.feed import RowFeed
from batch.frames.reader import Row
from batch.governor import Governor
from batch.prepared import Prepared
from batch.records import (
    Acknowledge,
    Assignment,
    AssignmentFinished,
    Completion,
    Drain,
    Event,
    RequestFinished,
    RequestKey,
    RequestRepeated,
    RequestStarted,
    RowFailed,
    RowPlanned,
    RowRead,
    Shard,
    Slice,
    WorkerRetired,
)
from batch.worker import Worker


class Pool:
    """Prepares at once: `requests` per row, in order; rows named in `broken` fail after their first request. Rows are
    equal where they hold the same `digests` (by row)."""

    def __init__(self, requests: int = 1, broken: Sequence[int] = (), digests: Sequence[bytes] = ()) -> None:
        self.digests = digests
        self.requests = requests
        self.broken = broken
        self.done: deque[Prepared | RowPlanned | RowFailed] = deque()
        self.room = True
        self.nbytes = 0
        self.submitted: list[Row] = []

    def submit(self, row: Row, skip: tuple[int, ...]) -> None:
        self.submitted.append(row)
        for request in range(self.requests):
            if request not in skip:
                key = RequestKey(row.shard, row.row, request)
                digest = self.digests[row.row] if self.digests else None
                ids = np.frombuffer(row.needed, np.uint8).astype(np.int32)
                self.done.append(Prepared(key, ids, digest=digest))
            if row.row in self.broken:
                self.done.append(RowFailed(row.shard, row.row, "undecodable", "broken"))
                return
        self.done.append(RowPlanned(row.shard, row.row, self.requests))

    def poll(self) -> list[Prepared | RowPlanned | RowFailed]:
        found = list(self.done)
        self.done.clear()
        return found

    def taken(self, prepared: Prepared) -> None: ...

    def close(self) -> None: ...


class Watched(FakeEngine):
    """Remembers how many requests ran in each step."""

    def __init__(self, slots: int, tokens: int) -> None:
        super().__init__(slots, tokens=tokens)
        self.busy: list[int] = []

    def step(self) -> Sequence[Completion]:
        self.busy.append(self.running)
        return super().step()


def read(assignment: Assignment) -> Iterator[Row]:
    for row in assignment.rows:
        yield Row(assignment.shard.index, row, f"a#{row}", f"row {row}".encode(), b"")


def shard(index: int, rows: int = 4) -> Shard:
    return Shard(index, (Slice("a", index * rows, index * rows + rows),))


class Failing(Watched):
    """Row 0 comes to nothing the first time."""

    def step(self) -> Sequence[Completion]:
        ended = list(super().step())
        for place, completion in enumerate(ended):
            if completion.key.row == 0:
                ended[place] = replace(completion, error_kind="nan_logits", error_message="not a number")
        return ended


class Run:
    """A worker driven to its end: acknowledges each turn's results, drains when all assignments are done."""

    def __init__(
        self,
        *assignments: Assignment,
        slots: int = 2,
        tokens: int = 3,
        pool: Pool | None = None,
        engine: type[Watched] = Watched,
        again: Assignment | None = None,
    ) -> None:
        """`again` is sent when all others are done."""
        self.inbox: deque[object] = deque(assignments)
        self.arrived = threading.Event()
        self.engine = engine(slots, tokens)
        self.again = again
        self.pool = pool or Pool()
        self.left = len(assignments)
        self.events: list[Event] = []
        feed = RowFeed(read, self.arrived)
        worker = Worker(
            lambda _: self.inbox.popleft() if self.inbox else None,
            feed,
            self.pool,
            self.engine,
            self.arrived,
        )
        try:
            for events in worker.work():
                self.events += events
                self.hear(events)
        finally:
            feed.close()

    def hear(self, events: Sequence[Event]) -> None:
        finished = sum(isinstance(event, RequestFinished) for event in events)
        if finished:
            self.inbox.append(Acknowledge(finished))
        self.left -= sum(isinstance(event, AssignmentFinished) for event in events)
        if not self.left and self.again is not None:
            self.inbox.append(self.again)
            self.again, self.left = None, 1
        elif not self.left:
            self.inbox.append(Drain())

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def test_every_row_is_read_planned_started_and_finished_once() -> None:
    run = Run(Assignment(shard(0), (0, 1, 2, 3)), Assignment(shard(1), (0, 2)))
    keys = [RequestKey(0, row, 0) for row in range(4)] + [RequestKey(1, 0, 0), RequestKey(1, 2, 0)]
    assert run.of(RequestStarted) == [RequestStarted(key) for key in keys]
    assert sorted(event.completion.key for event in run.of(RequestFinished)) == keys
    assert [event.row_id for event in run.of(RowRead)] == ["a#0", "a#1", "a#2", "a#3", "a#0", "a#2"]
    assert len(run.of(RowPlanned)) == 6
    assert run.of(AssignmentFinished) == [AssignmentFinished(0), AssignmentFinished(1)]


def test_a_request_is_told_as_started_before_the_engine_sees_it() -> None:
    class Deadly(Watched):
        def insert(self, prepared: Prepared) -> None:
            raise RuntimeError("as if the process had died here")

    inbox: deque[object] = deque([Assignment(shard(0), (0,))])
    arrived = threading.Event()
    feed = RowFeed(read, arrived)
    worker = Worker(lambda _: inbox.popleft() if inbox else None, feed, Pool(), Deadly(2, 1), arrived)
    told: list[Event] = []
    with pytest.raises(RuntimeError, match="died here"):
        told.extend(event for events in worker.work() for event in _noted(events, told))
    feed.close()
    assert RequestStarted(RequestKey(0, 0, 0)) in told


def test_slots_stay_full_across_the_end_of_a_shard() -> None:
    run = Run(Assignment(shard(0), (0, 1, 2, 3)), Assignment(shard(1), (0, 1, 2, 3)), slots=3)
    busy = run.engine.busy
    assert busy[busy.index(3) : -4] == [3] * len(busy[busy.index(3) : -4])


def test_a_row_that_was_sent_back_reaches_the_preparers_as_such() -> None:
    run = Run(Assignment(shard(0), (1, 2), variations=((2, 3),)))
    assert [(row.row, row.variation) for row in run.pool.submitted] == [(1, 0), (2, 3)]


def test_finished_requests_are_not_computed_again() -> None:
    done = (RequestKey(0, 0, 0), RequestKey(0, 0, 2))
    run = Run(Assignment(shard(0), (0,), done), pool=Pool(requests=4))
    assert [event.key.request for event in run.of(RequestStarted)] == [1, 3]
    assert run.of(AssignmentFinished) == [AssignmentFinished(0)]


def test_a_row_whose_requests_are_all_finished_needs_no_engine() -> None:
    done = tuple(RequestKey(0, 0, request) for request in range(2))
    run = Run(Assignment(shard(0), (0,), done), pool=Pool(requests=2))
    assert run.of(RequestStarted) == []
    assert run.of(AssignmentFinished) == [AssignmentFinished(0)]


def test_a_row_that_fails_half_way_ends_and_its_neighbours_go_on() -> None:
    run = Run(Assignment(shard(0), (0, 1, 2, 3)), pool=Pool(requests=2, broken=(1,)))
    assert run.of(RowFailed) == [RowFailed(0, 1, "undecodable", "broken")]
    finished = {(event.completion.key.row, event.completion.key.request) for event in run.of(RequestFinished)}
    assert finished >= {(row, request) for row in (0, 2, 3) for request in (0, 1)}
    assert run.of(AssignmentFinished) == [AssignmentFinished(0)]


def test_an_assignment_may_ask_for_fewer_slots() -> None:
    assert max(Run(Assignment(shard(0), (0, 1, 2, 3), slots=1), slots=8).engine.busy) == 1


def test_without_acknowledgement_no_more_than_twice_the_slots_are_at_risk() -> None:
    class Deaf(Run):
        def hear(self, events: Sequence[Event]) -> None:
            started = len(self.of(RequestStarted))
            if started and not self.engine.running:
                self.inbox.append(Drain())

    run = Deaf(Assignment(shard(0, rows=20), tuple(range(20))), slots=3, tokens=1)
    assert len(run.of(RequestFinished)) <= 6


def test_draining_finishes_what_runs_and_starts_nothing() -> None:
    class Impatient(Run):
        def hear(self, events: Sequence[Event]) -> None:
            if any(isinstance(event, RequestStarted) for event in events):
                self.inbox.append(Drain())

    run = Impatient(Assignment(shard(0), (0, 1, 2, 3)), slots=2)
    started = {event.key for event in run.of(RequestStarted)}
    assert started == {event.completion.key for event in run.of(RequestFinished)}
    assert 1 <= len(started) <= 2


def test_rows_that_cannot_be_read_fail_from_there_on_by_name() -> None:
    def torn(assignment: Assignment) -> Iterator[Row]:
        yield from list(read(assignment))[:2]
        raise RowError("undecodable", "page 3 is torn")

    arrived = threading.Event()
    feed = RowFeed(torn, arrived)
    feed.add(Assignment(shard(0), (0, 1, 2, 3)))
    items = _take(feed, 4)
    feed.close()
    assert [type(item).__name__ for item in items] == ["Row", "Row", "RowFailed", "RowFailed"]
    assert items[3] == RowFailed(0, 3, "undecodable", "page 3 is torn")


def test_an_input_that_went_away_is_the_jobs_trouble() -> None:
    def gone(assignment: Assignment) -> Iterator[Row]:
        raise SourceError("the disk with 'a' is not there any more")
        yield  # a generator

    feed = RowFeed(gone, threading.Event())
    feed.add(Assignment(shard(0), (0,)))
    with pytest.raises(SourceError, match="not there any more"):
        _take(feed, 1)
    feed.close()


def _noted(events: list[Event], told: list[Event]) -> list[Event]:
    """Keeps what was told although the loop ends in an exception."""
    told += events
    return []


def _take(feed: RowFeed, count: int) -> list[Row | RowFailed]:
    items: list[Row | RowFailed] = []
    pause = threading.Event()
    for _ in range(1000):
        if (item := feed.take()) is not None:
            items.append(item)
        elif len(items) == count:
            return items
        else:
            pause.wait(0.01)
    raise AssertionError(f"only {items} arrived")


# ---------------------------------------------------------------- retirement, and an engine that breaks its word
def worker_with(engine: FakeEngine, governor: Governor | None = None, rows: int = 4) -> list[Event]:
    """What a worker says of one assignment, until it ends by itself."""
    inbox: deque[object] = deque([Assignment(shard(0, rows), tuple(range(rows)))])
    arrived = threading.Event()
    feed = RowFeed(read, arrived)
    told: list[Event] = []
    try:
        for events in Worker(
            lambda _: inbox.popleft() if inbox else None, feed, Pool(), engine, arrived, governor
        ).work():
            told += events
            if finished := sum(isinstance(event, RequestFinished) for event in events):
                inbox.append(Acknowledge(finished))
    finally:
        feed.close()
    return told


def test_a_worker_that_retires_says_why_once_finishes_what_runs_and_begins_nothing_more() -> None:
    told = worker_with(FakeEngine(2, tokens=3), Governor(None, (), recycle_rows=5), rows=40)
    assert [event for event in told if isinstance(event, WorkerRetired)] == [
        WorkerRetired("it has done 6 rows (engine.recycle_rows is 5)")
    ]
    started = [event.key for event in told if isinstance(event, RequestStarted)]
    finished = [event.completion.key for event in told if isinstance(event, RequestFinished)]
    assert sorted(finished) == started
    assert 5 <= len(started) <= 8


class Forgetful(FakeEngine):
    """Answers all but the first of those that end at once."""

    def step(self) -> Sequence[Completion]:
        return super().step()[1:]


def test_an_engine_that_breaks_its_word_ends_the_worker() -> None:
    with pytest.raises(EngineFault, match="the engine says 0 run, and 1 are unanswered"):
        worker_with(Forgetful(2, tokens=2))


ONE, TWO = b"1" * 16, b"2" * 16


def test_equal_requests_are_computed_once_and_told_after_the_first_has_ended() -> None:
    run = Run(Assignment(shard(0), (0, 1, 2, 3)), pool=Pool(digests=[ONE, TWO, ONE, ONE]))
    assert run.of(RequestStarted) == [RequestStarted(RequestKey(0, row, 0)) for row in (0, 1)]
    repeated = [RequestRepeated(RequestKey(0, row, 0), ONE) for row in (2, 3)]
    assert run.of(RequestRepeated) == repeated
    told = [event for event in run.events if isinstance(event, RequestFinished | RequestRepeated)]
    (first,) = [event for event in run.of(RequestFinished) if event.digest == ONE]  # type: ignore[attr-defined]
    assert told.index(first) < told.index(repeated[0])
    assert run.of(AssignmentFinished) == [AssignmentFinished(0)]


def test_what_an_earlier_worker_answered_is_not_computed() -> None:
    run = Run(Assignment(shard(0), (0, 1), answered=TWO), pool=Pool(digests=[ONE, TWO]))
    assert run.of(RequestStarted) == [RequestStarted(RequestKey(0, 0, 0))]
    assert run.of(RequestRepeated) == [RequestRepeated(RequestKey(0, 1, 0), TWO)]


def test_a_row_that_waited_for_a_failure_is_given_back_and_computed_when_it_comes_again() -> None:
    run = Run(
        Assignment(shard(0), (0, 1)),
        pool=Pool(digests=[ONE, ONE]),
        engine=Failing,
        again=Assignment(shard(0), (1,)),
    )
    assert [event.completion.key.row for event in run.of(RequestFinished)] == [0, 1]  # type: ignore[attr-defined]
    assert run.of(RequestRepeated) == []
    assert run.of(AssignmentFinished) == [AssignmentFinished(0)] * 2
    assert [row.anew for row in run.pool.submitted] == [False, False, True]


def test_rows_that_the_runner_wants_anew_are_computed_though_an_equal_one_was() -> None:
    run = Run(Assignment(shard(0), (0, 1), anew=(1,), answered=TWO), pool=Pool(digests=[ONE, TWO]))
    assert [event.key.row for event in run.of(RequestStarted)] == [0, 1]  # type: ignore[attr-defined]
