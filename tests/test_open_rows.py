"""Rows in work: what they wait for, and when their assignment is done."""

from batch.frames.reader import Row
from batch.open_rows import OpenRows
from batch.records import Assignment, RequestKey, RowFailed, RowPlanned, Shard, Slice

SHARD = Shard(3, (Slice("a", 0, 9),))


def opened(*rows: int, finished: tuple[RequestKey, ...] = (), slots: int = 0, anew: tuple[int, ...] = ()) -> OpenRows:
    open_rows = OpenRows()
    open_rows.add(Assignment(SHARD, rows, finished, slots, variations=((rows[-1], 2),), anew=anew))
    return open_rows


def read(row: int) -> Row:
    return Row(3, row, f"a#{row}", b"", b"")


def test_an_assignment_is_done_with_the_last_of_its_rows() -> None:
    open_rows = opened(1, 2)
    assert not OpenRows()
    for row, last in ((1, False), (2, True)):
        assert open_rows
        planned, key = RowPlanned(3, row, 1), RequestKey(3, row, 0)
        assert not open_rows.close_if_done(planned)  # not planned
        open_rows.row(planned).requests = 1
        open_rows.row(key).running = 1
        assert not open_rows.close_if_done(planned)  # not answered
        open_rows.row(key).finished, open_rows.row(key).running = 1, 0
        assert open_rows.close_if_done(key) is last
    assert (bool(open_rows), open_rows.done, open_rows.find(RequestKey(3, 2, 0))) == (False, 2, None)


def test_requests_of_a_failed_row_are_not_wanted_and_those_that_run_are_waited_for() -> None:
    open_rows = opened(1)
    failed, key = RowFailed(3, 1, "undecodable", "torn"), RequestKey(3, 1, 0)
    assert open_rows.wanted(key)
    open_rows.row(key).running = 1
    open_rows.row(failed).failed = True
    assert not open_rows.wanted(key)
    assert not open_rows.close_if_done(failed)
    open_rows.row(key).running = 0
    assert open_rows.close_if_done(failed)


def test_a_row_is_asked_for_as_its_assignment_wants_it() -> None:
    done = (RequestKey(3, 1, 0), RequestKey(3, 1, 2))
    open_rows = opened(1, 2, finished=done, anew=(2,))
    assert open_rows.asked(read(1)) == (read(1), (0, 2))
    assert open_rows.asked(read(2)) == (Row(3, 2, "a#2", b"", b"", variation=2, anew=True), ())
    open_rows.row(RequestKey(3, 1, 0)).requests = 2
    assert open_rows.close_if_done(RequestKey(3, 1, 0)) is False
    assert open_rows.find(RequestKey(3, 1, 0)) is None  # all of its requests had been answered before


def test_a_row_given_back_is_closed_and_prepared_whole_when_it_comes_again() -> None:
    open_rows, key = opened(1), RequestKey(3, 1, 0)
    open_rows.row(key).requests = 2
    open_rows.give_back(key)
    assert not open_rows.wanted(key)
    assert open_rows.close_if_done(key)
    assert open_rows.is_anew(key)
    open_rows.add(Assignment(SHARD, (1,)))
    assert open_rows.asked(read(1))[0].anew


def test_an_assignment_that_wants_fewer_slots_has_them() -> None:
    assert [opened(1, slots=slots).slots(8) for slots in (0, 1, 16)] == [8, 1, 8]
