"""Equal requests: the first is computed, the others wait for its answer or take it."""

import numpy as np

from batch.prepared import Prepared
from batch.records import RequestKey
from batch.repeats import Repeats, split

ONE, TWO = b"1" * 16, b"2" * 16


def prepared(row: int, digest: bytes | None = ONE) -> Prepared:
    return Prepared(RequestKey(0, row, 0), np.zeros(1, np.int32), digest=digest)


def test_the_first_is_computed_and_its_equals_wait_until_it_ends() -> None:
    repeats = Repeats()
    assert [repeats.offer(prepared(row)) for row in (4, 5, 6)] == ["compute", "waits", "waits"]
    assert repeats.repeat(RequestKey(0, 7, 0), ONE) == "waits"
    assert repeats.end(RequestKey(0, 4, 0), answered=True) == (ONE, [RequestKey(0, row, 0) for row in (5, 6, 7)])
    assert repeats.offer(prepared(8)) == "answered"
    assert repeats.end(RequestKey(0, 8, 0), answered=True) == (None, [])  # it was never computed


def test_requests_without_a_digest_and_different_ones_have_nothing_to_do_with_each_other() -> None:
    repeats = Repeats()
    assert [repeats.offer(prepared(0, None)), repeats.offer(prepared(1, None))] == ["compute", "compute"]
    assert [repeats.offer(prepared(2, ONE)), repeats.offer(prepared(3, TWO))] == ["compute", "compute"]


def test_a_failure_is_nobody_elses_answer() -> None:
    repeats = Repeats()
    repeats.offer(prepared(0))
    repeats.offer(prepared(1))
    assert repeats.end(RequestKey(0, 0, 0), answered=False) == (ONE, [RequestKey(0, 1, 0)])
    assert repeats.repeat(RequestKey(0, 2, 0), ONE) == "lost"
    assert repeats.offer(prepared(1)) == "compute"


def test_what_earlier_workers_answered_is_known() -> None:
    repeats = Repeats()
    repeats.know(split(ONE + TWO))
    assert [repeats.offer(prepared(0, ONE)), repeats.offer(prepared(1, TWO))] == ["answered", "answered"]


def test_a_request_asked_for_anew_is_computed_whatever_is_known() -> None:
    repeats = Repeats()
    repeats.know([ONE])
    assert repeats.offer(prepared(0), anew=True) == "compute"
    assert repeats.offer(prepared(1)) == "waits"  # for the new answer
    assert repeats.offer(prepared(2), anew=True) == "compute"
    assert repeats.end(RequestKey(0, 0, 0), answered=False) == (ONE, [])  # the other one may still answer it
    assert repeats.end(RequestKey(0, 2, 0), answered=True) == (ONE, [RequestKey(0, 1, 0)])


def test_only_the_newest_answers_are_known_where_there_are_too_many() -> None:
    repeats = Repeats(kept=2)
    repeats.know([ONE, TWO, ONE, b"3" * 16])
    assert [repeats.repeat(RequestKey(0, 0, 0), one) for one in (ONE, TWO, b"3" * 16)] == [
        "lost",
        "answered",
        "answered",
    ]
    repeats.offer(prepared(1))
    repeats.end(RequestKey(0, 1, 0), answered=True)
    assert [repeats.repeat(RequestKey(0, 2, 0), one) for one in (ONE, TWO)] == ["answered", "lost"]
