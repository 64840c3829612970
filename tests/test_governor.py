"""Memory near its limit, memory that grows: what is still admitted, and when a worker asks to be replaced."""

from batch.governor import BASELINE_REQUESTS, LEAST_AT_THE_LIMIT, LEAST_REQUESTS, Governor

GB = 10**9


class Memory:
    """Bytes in use, some of which are merely kept for later."""

    def __init__(self, in_use: int, kept: int = 0) -> None:
        self.in_use = in_use
        self.kept = kept

    def read(self) -> int:
        return self.in_use + self.kept

    def relieve(self) -> None:
        self.kept = 0


def test_the_highest_reading_counts() -> None:
    footprint, active = Memory(3 * GB), Memory(2 * GB)
    governor = Governor(None, [footprint.read])
    governor.watch(active.read, active.relieve)
    assert governor.in_use_bytes == 3 * GB
    active.in_use = 5 * GB
    assert governor.in_use_bytes == 5 * GB


def test_what_is_planned_and_what_is_measured_both_stay_under_the_soft_mark() -> None:
    memory = Memory(8 * GB)
    governor = Governor(10 * GB, [memory.read])
    assert governor.admits(9 * GB)
    assert not governor.admits(9 * GB + 1)
    memory.in_use = 9 * GB + 1
    assert not governor.admits(5 * GB)


def test_what_is_kept_for_later_is_given_back_before_anything_is_refused() -> None:
    memory = Memory(7 * GB, kept=3 * GB)
    governor = Governor(10 * GB, ())
    governor.watch(memory.read, memory.relieve)
    assert governor.admits(8 * GB)
    assert memory.kept == 0


def test_without_a_limit_everything_is_admitted() -> None:
    assert Governor(None, [lambda: 10**15]).admits(10**15)


def test_a_worker_over_its_limit_retires_once_it_has_answered_something() -> None:
    memory = Memory(11 * GB)
    governor = Governor(10 * GB, [memory.read])
    assert governor.retirement(rows=0, requests=LEAST_AT_THE_LIMIT - 1) is None
    reason = governor.retirement(rows=0, requests=LEAST_AT_THE_LIMIT)
    assert reason == "its memory is at 11.0 GB of 10.0 GB (engine.memory)"


def test_a_worker_that_grew_retires() -> None:
    memory = Memory(6 * GB)
    governor = Governor(64 * GB, [memory.read], recycle_growth=2.0)
    for requests in range(BASELINE_REQUESTS + 1):
        memory.in_use = 7 * GB if requests == 9 else 6 * GB  # the highest of the beginning is the measure
        assert governor.retirement(rows=requests, requests=requests) is None
    memory.in_use = 15 * GB
    assert governor.retirement(rows=0, requests=LEAST_REQUESTS - 1) is None
    reason = governor.retirement(rows=0, requests=LEAST_REQUESTS)
    assert reason == "its memory has grown from 7.0 GB to 15.0 GB (engine.recycle_growth is 2)"
    memory.in_use = 14 * GB
    assert governor.retirement(rows=0, requests=LEAST_REQUESTS) is None


def test_a_small_model_may_grow_by_what_is_no_danger() -> None:
    memory = Memory(GB // 10)
    governor = Governor(64 * GB, [memory.read], recycle_growth=2.0)
    governor.retirement(rows=0, requests=1)
    memory.in_use = GB
    assert governor.retirement(rows=0, requests=LEAST_REQUESTS) is None


def test_a_worker_retires_after_the_rows_it_was_given() -> None:
    governor = Governor(None, (), recycle_rows=100)
    assert governor.retirement(rows=99, requests=99) is None
    assert governor.retirement(rows=100, requests=250) == "it has done 100 rows (engine.recycle_rows is 100)"
