"""Who runs next, who is suspected, who is condemned; the ledger is a small stand-in with real assignments."""

import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import pytest

from batch.records import (
    Assignment,
    Completion,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowKey,
    Shard,
    Slice,
    WorkerDied,
)
from batch.schedule import Schedule

NOBODY: frozenset[int] = frozenset()


class Shards:
    """Two shards of four rows; `done` rows are left out of assignments."""

    def __init__(self) -> None:
        self.done: set[RowKey] = set()
        self.struck: dict[RequestKey, Counter[str]] = defaultdict(Counter)

    def open_shards(self) -> list[int]:
        return [index for index in (0, 1) if self.assignment(index).rows]

    def assignment(self, index: int) -> Assignment:
        rows = tuple(row for row in range(4) if RowKey(index, row) not in self.done)
        return Assignment(Shard(index, (Slice("a", index * 4, index * 4 + 4),)), rows)

    def strike(self, keys: Iterable[RequestKey], cause: str) -> None:
        for key in keys:
            self.struck[key][cause] += 1

    def strikes(self) -> Mapping[RequestKey, Mapping[str, int]]:
        return self.struck


def key(shard: int, row: int) -> RequestKey:
    return RequestKey(shard, row, 0)


def finished(shard: int, row: int) -> RequestFinished:
    return RequestFinished(Completion(key(shard, row), "", "stop", 1, 1, 0.0))


def death(number: int = 0, exit_code: int = 0, ours: bool = False) -> WorkerDied:
    return WorkerDied(number, exit_code, ours, "")


def rows_of(assignment: Assignment | None) -> tuple[int, tuple[int, ...], int] | None:
    return (assignment.shard.index, assignment.rows, assignment.slots) if assignment else None


def schedule_of(shards: Shards, *suspects: RowKey) -> Schedule:
    schedule = Schedule(shards, suspects)
    schedule.worker_ready(8)
    return schedule


def alone_with(schedule: Schedule, row: int, death_: WorkerDied) -> list[RequestKey]:
    """The worker dies while this row of shard 0 runs alone."""
    assert rows_of(schedule.next(NOBODY)) == (0, (row,), 1)
    schedule.observe([RequestStarted(key(0, row))])
    return schedule.died(death_)


def test_shards_come_in_order_and_never_twice_at_once() -> None:
    schedule = schedule_of(Shards())
    assert rows_of(schedule.next(NOBODY)) == (0, (0, 1, 2, 3), 0)
    assert rows_of(schedule.next(frozenset({0}))) == (1, (0, 1, 2, 3), 0)
    assert schedule.next(frozenset({0, 1})) is None


def test_only_what_was_in_flight_is_suspected_and_then_runs_alone() -> None:
    shards = Shards()
    schedule = schedule_of(shards)
    schedule.observe([RequestStarted(key(0, 1)), RequestStarted(key(0, 2)), finished(0, 1)])
    assert schedule.died(death(signal.SIGSEGV)) == []
    schedule.worker_started()
    assert rows_of(schedule.next(NOBODY)) == (0, (2,), 1)
    assert schedule.next(frozenset({0})) is None, "nothing joins a suspect"
    shards.done.add(RowKey(0, 2))
    assert rows_of(schedule.next(NOBODY)) == (0, (0, 1, 3), 0)


@pytest.mark.parametrize(
    "own", [death(signal.SIGABRT), death(signal.SIGSEGV), death(exit_code=1), death(15, ours=True)]
)
def test_one_death_of_its_own_making_alone_condemns(own: WorkerDied) -> None:
    schedule = schedule_of(Shards(), RowKey(0, 2))
    assert alone_with(schedule, 2, own) == [key(0, 2)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_death_that_may_be_anybodys_condemns_only_the_third_time(number: int) -> None:
    schedule = schedule_of(Shards(), RowKey(0, 2))
    for expected in ([], [], [key(0, 2)]):
        assert alone_with(schedule, 2, death(number)) == expected
        schedule.worker_started()


def test_a_death_in_company_condemns_nobody() -> None:
    shards = Shards()
    schedule = schedule_of(shards)
    schedule.next(NOBODY)
    schedule.observe([RequestStarted(key(0, 0)), RequestStarted(key(0, 1))])
    assert schedule.died(death(signal.SIGABRT)) == []
    assert shards.struck == {}


def test_slots_halve_after_a_death_for_want_of_memory_and_come_back_slowly() -> None:
    shards = Shards()
    schedule = schedule_of(shards)
    schedule.died(death(signal.SIGABRT))
    assert schedule.slots == 4
    schedule.died(death(signal.SIGKILL))
    assert schedule.slots == 2
    schedule.died(death(signal.SIGSEGV))
    assert schedule.slots == 2
    schedule.worker_ready(8)
    assert rows_of(schedule.next(NOBODY)) == (0, (0, 1, 2, 3), 2)
    schedule.observe([finished(0, 0)] * 63)
    assert schedule.slots == 2
    schedule.observe([finished(0, 0)] * (1 + 64 * 10))
    assert schedule.slots == 8


def test_after_an_unclean_restart_it_begins_with_half_the_slots_and_dares_more_slowly() -> None:
    schedule = Schedule(Shards(), careful=True)
    schedule.worker_ready(8)
    assert rows_of(schedule.next(NOBODY)) == (0, (0, 1, 2, 3), 4)
    schedule.observe([finished(0, 0)] * 64 * 4)
    assert schedule.slots == 8
    assert rows_of(schedule.next(NOBODY)) == (0, (0, 1, 2, 3), 0)


def test_a_row_that_ran_alone_does_so_again_after_its_worker_retired() -> None:
    schedule = schedule_of(Shards(), RowKey(0, 2), RowKey(0, 3))
    assert rows_of(schedule.next(NOBODY)) == (0, (2,), 1)
    schedule.retired()
    schedule.worker_started()
    assert rows_of(schedule.next(NOBODY)) == (0, (2,), 1)
    assert rows_of(schedule.next(NOBODY)) == (0, (3,), 1)
