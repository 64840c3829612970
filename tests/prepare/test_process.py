"""The handle on one preparer process: which rows it may have, and what is known of them when it ends."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from batch.frames.preparer import PreparerJob, PreparerReady
from batch.frames.reader import Row
from batch.prepare.process import PIPE_BYTES, PreparerProcess, RowTask
from batch.records import RowPlanned, Span
from tests.preparing import PATIENCE_S, job_config, rows_of


@contextmanager
def started(schema: pa.Schema) -> Iterator[PreparerProcess]:
    """A preparer that has said it is ready, as its pool would have heard."""
    job = PreparerJob(job_config().model_dump_json(by_alias=True), "", schema.serialize().to_pybytes())
    process = PreparerProcess(job, threading.Event())
    try:
        assert heard(process) == PreparerReady()
        process.ready = True
        yield process
    finally:
        process.condemn("decode_crash")
        process.close()


def heard(process: PreparerProcess) -> object:
    deadline = time.monotonic() + PATIENCE_S
    while not process.inbox:
        assert time.monotonic() < deadline, process.last_words()
        process.child.arrived.wait(0.05)
        process.inbox.extend(process.child.receive())
    return process.inbox.popleft()


def test_a_row_is_not_given_to_a_preparer_that_is_dead_already() -> None:
    schema, rows = rows_of({"prompt": ["Question"]})
    with started(schema) as dead:
        dead.child.signal(signal.SIGKILL)
        while dead.child.return_code is None:
            time.sleep(0.001)
        assert dead.fits(RowTask(rows[0], set()))  # nobody has noticed
        assert not dead.give(RowTask(rows[0], set()))
        assert not dead.rows
        assert dead.last_words() == "SIGKILL"


def test_rows_wait_behind_the_one_in_work_only_while_they_cannot_fill_the_pipe() -> None:
    schema, rows = rows_of({"prompt": ["first", "x" * (PIPE_BYTES // 2), "y" * (PIPE_BYTES // 2), "last"]})
    first, second, third, last = (RowTask(row, set()) for row in rows)
    with started(schema) as process:
        assert process.fits(first)
        assert process.give(first)
        assert process.fits(second)
        assert not process.fits(RowTask(rows[3], set(), alone=True))
        assert process.give(second)
        assert (process.fits(third), process.fits(last)) == (False, True)
        heard(process)
        assert heard(process) == RowPlanned(3, 0, 1)
        assert process.answered() is first
        assert process.fits(third)  # the second was read: it is in work


def test_what_can_be_planned_ends_where_the_first_request_is_missing() -> None:
    spans = [Span(20.0 * place, 20.0 * place + 20) for place in range(4)]
    row = Row(3, 0, "a.wav#0", b"", b"")
    assert RowTask(row, {0, 1, 3}, spans=spans).answerable == spans[:2]
    assert RowTask(row, {0, 1, 2, 3}, spans=spans).answerable == spans
    assert RowTask(row, set(), spans=spans).answerable == []
