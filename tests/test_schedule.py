"""Who runs next, who is suspected, who is condemned; the ledger is a small stand-in with real assignments."""

import signal
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import pytest

from batch.records import (
    Assignment,
    AssignmentFinished,
    Completion,
    RequestFinished,
    RequestKey,
    RequestStarted,
    RowKey,
    Shard,
    Slice,
    WorkerDied,
)
from batch.schedule import Schedule, Verdict

NODE = "here"


class Shards:
    """Shards of a few rows; `done` rows are left out of assignments."""

    def __init__(self, shards: int = 2, rows: int = 4) -> None:
        self.size = (shards, rows)
        self.done: set[RowKey] = set()
        self.struck: dict[RequestKey, Counter[str]] = defaultdict(Counter)

    def open_shards(self) -> list[int]:
        return [index for index in range(self.size[0]) if self.assignment(index).rows]

    def assignment(self, index: int) -> Assignment:
        rows = tuple(row for row in range(self.size[1]) if RowKey(index, row) not in self.done)
        return Assignment(Shard(index, (Slice("a", index * self.size[1], (index + 1) * self.size[1]),)), rows)

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
    schedule.worker_ready(NODE, 8)
    return schedule


def alone_with(schedule: Schedule, row: int, death_: WorkerDied, node: str = NODE) -> tuple[RequestKey, ...]:
    """The worker dies while this row of shard 0 runs alone."""
    assert rows_of(schedule.next(node)) == (0, (row,), 1)
    schedule.observe(node, [RequestStarted(key(0, row))])
    return schedule.died(node, death_).condemned


def test_shards_come_in_order_and_never_twice_at_once() -> None:
    schedule = schedule_of(Shards())
    assert rows_of(schedule.next(NODE)) == (0, (0, 1, 2, 3), 0)
    assert rows_of(schedule.next(NODE)) == (1, (0, 1, 2, 3), 0)
    assert schedule.next(NODE) is None
    schedule.observe(NODE, [AssignmentFinished(0)])
    assert rows_of(schedule.next(NODE)) == (0, (0, 1, 2, 3), 0), "not one row of it was recorded"


def test_a_worker_never_holds_more_than_the_shard_in_work_and_the_next_one() -> None:
    schedule = schedule_of(Shards(shards=5))
    assert [rows_of(schedule.next(NODE)) is not None for _ in range(3)] == [True, True, False]


def test_only_what_was_in_flight_is_suspected_and_then_runs_alone() -> None:
    shards = Shards()
    schedule = schedule_of(shards)
    schedule.next(NODE)
    schedule.observe(NODE, [RequestStarted(key(0, 1)), RequestStarted(key(0, 2)), finished(0, 1)])
    assert schedule.died(NODE, death(signal.SIGSEGV)) == Verdict()
    schedule.worker_started(NODE)
    assert rows_of(schedule.next(NODE)) == (0, (2,), 1)
    assert schedule.next(NODE) is None, "nothing joins a suspect"
    shards.done.add(RowKey(0, 2))
    schedule.observe(NODE, [AssignmentFinished(0)])
    assert rows_of(schedule.next(NODE)) == (0, (0, 1, 3), 0)


@pytest.mark.parametrize(
    "own", [death(signal.SIGABRT), death(signal.SIGSEGV), death(exit_code=1), death(15, ours=True)]
)
def test_one_death_of_its_own_making_alone_condemns(own: WorkerDied) -> None:
    schedule = schedule_of(Shards(), RowKey(0, 2))
    assert alone_with(schedule, 2, own) == (key(0, 2),)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_death_that_may_be_anybodys_condemns_only_the_third_time(number: int) -> None:
    schedule = schedule_of(Shards(), RowKey(0, 2))
    for expected in ((), (), (key(0, 2),)):
        assert alone_with(schedule, 2, death(number)) == expected
        schedule.worker_started(NODE)


def test_a_death_in_company_condemns_nobody() -> None:
    shards = Shards()
    schedule = schedule_of(shards)
    schedule.next(NODE)
    schedule.observe(NODE, [RequestStarted(key(0, 0)), RequestStarted(key(0, 1))])
    assert schedule.died(NODE, death(signal.SIGABRT)) == Verdict()
    assert shards.struck == {}


def test_slots_halve_after_a_death_for_want_of_memory_and_come_back_slowly() -> None:
    schedule = schedule_of(Shards())
    for number, slots in ((signal.SIGABRT, 4), (signal.SIGKILL, 2), (signal.SIGSEGV, 2)):
        schedule.observe(NODE, [RequestStarted(key(0, 0))])
        schedule.died(NODE, death(number))
        assert schedule.slots(NODE) == slots
        schedule.observe(NODE, [finished(0, 0)])
    schedule.worker_ready(NODE, 8)
    schedule.observe(NODE, [finished(0, 0)] * 61)
    assert schedule.slots(NODE) == 2
    schedule.observe(NODE, [finished(0, 0)] * (1 + 64 * 10))
    assert schedule.slots(NODE) == 8


def test_fewer_slots_go_with_the_assignment() -> None:
    schedule = schedule_of(Shards())
    schedule.observe(NODE, [RequestStarted(key(1, 0))])
    schedule.died(NODE, death(signal.SIGABRT))
    schedule.worker_started(NODE)
    assert rows_of(schedule.next(NODE)) == (1, (0,), 1)
    schedule.observe(NODE, [AssignmentFinished(1)])
    assert rows_of(schedule.next(NODE)) == (0, (0, 1, 2, 3), 4)


def test_after_an_unclean_restart_it_begins_with_half_the_slots_and_dares_more_slowly() -> None:
    schedule = Schedule(Shards(), careful=True)
    schedule.worker_ready(NODE, 8)
    assert rows_of(schedule.next(NODE)) == (0, (0, 1, 2, 3), 4)
    schedule.observe(NODE, [finished(0, 0)] * 64 * 4)
    assert schedule.slots(NODE) == 8
    assert rows_of(schedule.next(NODE)) == (1, (0, 1, 2, 3), 0)


def test_a_row_that_ran_alone_does_so_again_after_its_worker_retired() -> None:
    schedule = schedule_of(Shards(), RowKey(0, 2), RowKey(0, 3))
    assert rows_of(schedule.next(NODE)) == (0, (2,), 1)
    schedule.retired(NODE)
    schedule.worker_started(NODE)
    assert rows_of(schedule.next(NODE)) == (0, (2,), 1)
    schedule.observe(NODE, [AssignmentFinished(0)])
    assert rows_of(schedule.next(NODE)) == (0, (3,), 1)


def test_what_a_drained_worker_had_not_begun_is_given_again() -> None:
    schedule = schedule_of(Shards())
    first = rows_of(schedule.next(NODE))
    schedule.workers_ended()
    assert rows_of(schedule.next(NODE)) == first


def test_a_worker_that_dies_before_it_begins_anything_costs_its_node() -> None:
    schedule = schedule_of(Shards())
    assert schedule.died(NODE, death(exit_code=1)).fence == "the worker ended before it started any request"


def test_a_node_that_keeps_dying_and_finishes_nothing_is_given_up() -> None:
    schedule = schedule_of(Shards())
    verdicts = []
    for _ in range(6):
        schedule.observe(NODE, [RequestStarted(key(0, 0)), RequestStarted(key(1, 0))])
        verdicts.append(schedule.died(NODE, death(signal.SIGSEGV)).fence)
        schedule.worker_started(NODE)
    assert verdicts == [None] * 5 + ["the worker died 6 times in a row and finished nothing"]


# ---------------------------------------------------------------- several nodes
def cluster_of(shards: Shards, *suspects: RowKey, nodes: str = "AB") -> Schedule:
    schedule = Schedule(shards, suspects)
    for node in nodes:
        schedule.worker_ready(node, 2)
    return schedule


def test_a_row_is_with_one_node_at_a_time_and_the_end_comes_in_smaller_pieces() -> None:
    shards = Shards(shards=4, rows=16)
    schedule = cluster_of(shards)
    given: Counter[RowKey] = Counter()
    sizes = []
    for turn in range(100):
        node = "AB"[turn % 2]
        assignment = schedule.next(node)
        if assignment is None:
            break
        sizes.append(len(assignment.rows))
        given.update(RowKey(assignment.shard.index, row) for row in assignment.rows)
        shards.done |= {RowKey(assignment.shard.index, row) for row in assignment.rows}
        schedule.observe(node, [AssignmentFinished(assignment.shard.index)])
    assert given == Counter({RowKey(index, row): 1 for index in range(4) for row in range(16)})
    assert sizes[0] == 16
    assert sorted(sizes[-4:], reverse=True) == sizes[-4:]
    assert sizes[-1] <= 2


def test_a_suspect_runs_alone_on_its_node_and_the_other_node_goes_on_without_it() -> None:
    shards = Shards(shards=8)
    schedule = cluster_of(shards)
    assert rows_of(schedule.next("A")) == (0, (0, 1, 2, 3), 0)
    assert rows_of(schedule.next("B")) == (1, (0, 1, 2, 3), 0)
    schedule.observe("A", [RequestStarted(key(0, 1))])
    schedule.observe("B", [RequestStarted(key(1, 0))])
    assert schedule.died("A", death(signal.SIGKILL)) == Verdict()
    schedule.worker_started("A")
    assert rows_of(schedule.next("B")) == (0, (0, 2, 3), 0), "all of it but the suspect"
    assert rows_of(schedule.next("A")) == (0, (1,), 1)
    assert schedule.next("A") is None
    schedule.observe("B", [AssignmentFinished(1)])
    assert schedule.next("B") is not None, "the other node goes on"


def test_slots_are_halved_on_the_node_that_died_only() -> None:
    schedule = cluster_of(Shards(shards=8))
    schedule.observe("A", [RequestStarted(key(0, 1))])
    schedule.died("A", death(signal.SIGABRT))
    assert (schedule.slots("A"), schedule.slots("B")) == (1, 2)


def test_a_request_that_kills_its_worker_alone_is_tried_on_another_node_before_it_is_given_up() -> None:
    shards = Shards(shards=8)
    schedule = cluster_of(shards, RowKey(0, 2))
    assert alone_with(schedule, 2, death(signal.SIGABRT), "A") == ()
    schedule.worker_started("A")
    assert rows_of(schedule.next("A")) == (0, (0, 1, 3), 1), "A has had its try"
    assert alone_with(schedule, 2, death(signal.SIGABRT), "B") == (key(0, 2),)


def test_a_node_whose_worker_kills_what_others_can_do_condemns_nobody() -> None:
    shards = Shards(shards=8)
    schedule = cluster_of(shards, RowKey(0, 2))
    assert alone_with(schedule, 2, death(signal.SIGABRT), "A") == ()
    assert rows_of(schedule.next("B")) == (0, (2,), 1)
    shards.done.add(RowKey(0, 2))
    schedule.observe("B", [RequestStarted(key(0, 2)), finished(0, 2), AssignmentFinished(0)])
    assert rows_of(schedule.next("B")) == (0, (0, 1, 3), 0)


def test_what_a_lost_node_had_goes_to_the_others_and_what_ran_there_goes_alone() -> None:
    schedule = cluster_of(Shards(shards=2))
    assert rows_of(schedule.next("A")) == (0, (0, 1), 0)
    schedule.observe("A", [RequestStarted(key(0, 1))])
    assert schedule.left("A") == Verdict()
    assert rows_of(schedule.next("B")) == (0, (1,), 1)
    schedule.observe("B", [RequestStarted(key(0, 1)), finished(0, 1), AssignmentFinished(0)])
    assert rows_of(schedule.next("B")) == (0, (0, 1, 2, 3), 0)


def test_a_request_that_is_alone_on_three_lost_nodes_is_given_up() -> None:
    schedule = cluster_of(Shards(), RowKey(0, 2), nodes="ABC")
    for node, condemned in zip("ABC", ((), (), (key(0, 2),)), strict=True):
        assert rows_of(schedule.next(node)) == (0, (2,), 1)
        schedule.observe(node, [RequestStarted(key(0, 2))])
        assert schedule.left(node) == Verdict(condemned)


def test_a_suspect_that_waits_for_another_node_goes_to_the_same_one_where_that_is_the_last() -> None:
    schedule = cluster_of(Shards(), RowKey(0, 2))
    assert alone_with(schedule, 2, death(signal.SIGABRT), "A") == ()
    schedule.worker_started("A")
    schedule.left("B")
    assert alone_with(schedule, 2, death(signal.SIGABRT), "A") == (key(0, 2),)
