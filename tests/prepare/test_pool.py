"""The preparer pool with real processes: order, limits, and files that crash, hang or flood a decoder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from batch.config.job import JobConfig
from batch.errors import ErrorKind, ModelError
from batch.frames.reader import Row
from batch.media.image import LoadedImage
from batch.prepare.pool import PreparerPool
from batch.prepared import Prepared, Sampling
from batch.records import RequestKey, RowFailed, RowPlanned, Span
from tests.gemma.tiny import DEMO
from tests.preparing import drain, job_config, open_pool, png, rows_of, text_of, wav

VARIABLE = "GEMMA4_BATCH_FAULT"
MIB = 1024**2


@contextmanager
def opened(config: JobConfig, schema: object, model_path: str = "") -> Iterator[PreparerPool]:
    pool = open_pool(config, schema, model_path)
    try:
        yield pool
    finally:
        pool.close()


def pids(pool: PreparerPool) -> list[int]:
    return [preparer.child.pid for preparer in pool._preparers]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_every_row_gives_its_request_and_then_its_plan() -> None:
    schema, rows = rows_of({"prompt": [f"Question {i}" for i in range(300)]})
    config = job_config(prepare={"processes": 2}, sampling={"max_tokens": 7, "seed": 5})
    with opened(config, schema) as pool:
        outcomes = drain(pool, rows)
        assert (pool.pending, pool.nbytes, pool.room) == (0, 0, True)
    assert list(outcomes) == list(range(300))
    for i, (request, planned) in outcomes.items():
        assert text_of(request) == f"Question {i}"
        assert isinstance(request, Prepared)
        assert (request.key, request.max_tokens, request.sampling) == (RequestKey(3, i, 0), 7, Sampling(seed=5))
        assert planned == RowPlanned(3, i, 1)


def test_one_preparer_answers_in_the_order_of_submission() -> None:
    schema, rows = rows_of({"prompt": ["x" * (i % 7) * 3000 for i in range(60)]})
    with opened(job_config(prepare={"processes": 1}), schema) as pool:
        order: list[int] = []
        for row in rows:
            pool.submit(row, ())
        while pool.pending:
            order += [outcome.row for outcome in pool.poll() if isinstance(outcome, RowPlanned)]
            pool.wait(0.05)
    assert order == list(range(60))


def test_large_requests_come_through_shared_memory_unchanged() -> None:
    schema, rows = rows_of({"prompt": ["What?"] * 6, "image": [png(300 + i, 400, i) for i in range(6)]})
    config = job_config(media={"soft_tokens": 70}, prepare={"processes": 1})
    with opened(config, schema, str(DEMO)) as pool:
        outcomes = drain(pool, rows)
    from batch.gemma.processor import Processor

    processor = Processor.load(DEMO)
    for i, (request, planned) in outcomes.items():
        pixels = np.random.default_rng(i).integers(0, 256, (300 + i, 400, 3), np.uint8)
        expected = processor.prepare(
            RequestKey(3, i, 0), prompt="What?", images=[LoadedImage(pixels, 300 + i, 400)], soft_tokens=70
        )
        assert isinstance(request, Prepared)
        np.testing.assert_array_equal(request.token_ids, expected.token_ids)
        np.testing.assert_array_equal(request.images[0], expected.images[0])
        assert planned == RowPlanned(3, i, 1)


def test_finished_requests_are_not_prepared_again() -> None:
    schema, rows = rows_of({"audio": [wav(70), wav(70)]})
    config = job_config("transcribe", media={"segment": "window"}, prepare={"processes": 1})
    with opened(config, schema) as pool:
        outcomes = drain(pool, rows, {0: (0, 2), 1: (0, 1, 2)})
    assert [outcome.key.request for outcome in outcomes[0] if isinstance(outcome, Prepared)] == [1]
    for row in (0, 1):
        planned = outcomes[row][-1]
        assert isinstance(planned, RowPlanned)
        assert (planned.requests, [span.end_s for span in planned.spans]) == (3, [30.0, 58.0, 70.0])
    assert len(outcomes[1]) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("segv", "decode_crash", "the decoder's process died on this row, alone too (SIGSEGV)"),
        ("hang", "decode_timeout", "decoding made no progress for 2 s, alone too (prepare.timeout_s)"),
        ("bloat", "decode_memory", "decoding took over 314,572,800 bytes, alone too (prepare.max_memory)"),
        ("error", "undecodable", "RuntimeError: a decoder lost its way"),
    ],
)
def test_a_row_that_ruins_its_decoder_fails_by_name_and_its_neighbours_do_not(
    monkeypatch: pytest.MonkeyPatch, fault: str, kind: str, message: str
) -> None:
    monkeypatch.setenv(VARIABLE, f"{fault}:#7;{fault}:#13")
    schema, rows = rows_of({"prompt": [f"Question {i}" for i in range(17)]})
    limits = {"processes": 2, "timeout_s": 2 if fault == "hang" else 30, "max_memory": 300 * MIB}
    with opened(job_config(prepare=limits), schema) as pool:
        outcomes = drain(pool, rows)
    for i, came in outcomes.items():
        if i in (7, 13):
            assert came == [RowFailed(3, i, kind, message)]
        else:
            assert [text_of(came[0]), came[1:]] == [f"Question {i}", [RowPlanned(3, i, 1)]]


def test_a_long_silence_is_no_hang() -> None:
    schema, rows = rows_of({"audio": [wav(180, amplitude=0)]})  # about 3 s of listening, more on a busy machine
    limits = {"processes": 1, "timeout_s": 1.5}
    with opened(job_config("transcribe", prepare=limits), schema) as pool:
        outcomes = drain(pool, rows)
    assert outcomes == {0: [RowPlanned(3, 0, 0, (), audio_seconds=180.0, speech_seconds=0.0)]}


def test_a_preparer_killed_by_somebody_costs_no_row_and_repeats_no_request() -> None:
    schema, rows = rows_of({"prompt": [f"Question {i}" for i in range(3000)]})
    with opened(job_config(prepare={"processes": 1}), schema) as pool:
        killed = []

        def submitted() -> Iterator[Row]:
            for row in rows:
                if row.row in (500, 1500):
                    killed.extend(pids(pool))
                    os.kill(killed[-1], signal.SIGKILL)
                yield row

        outcomes = drain(pool, submitted())
        assert len(set(killed)) == 2
    assert all([type(outcome) for outcome in came] == [Prepared, RowPlanned] for came in outcomes.values())
    assert len(outcomes) == 3000


def test_a_row_whose_preparers_somebody_kills_fails_only_at_the_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "hang:#0")  # it never answers: the row is in work whenever we kill
    schema, rows = rows_of({"prompt": ["Question 0", "Question 1"]})
    killed: set[int] = set()
    outcomes: list[object] = []
    with opened(job_config(prepare={"processes": 2}), schema) as pool:
        for row in rows:
            pool.submit(row)
        while pool.pending:
            for preparer in pool._preparers:
                if preparer.rows and preparer.rows[0].row.row == 0:
                    preparer.child.signal(signal.SIGKILL)
                    killed.add(preparer.child.pid)
            outcomes += pool.poll()
            pool.wait(0.05)
    assert len(killed) == 3
    failed = RowFailed(3, 0, "decode_crash", "the decoder's process died on this row, alone too (SIGKILL)")
    assert [type(outcome) for outcome in outcomes if outcome != failed] == [Prepared, RowPlanned]
    assert failed in outcomes


def test_segments_that_came_out_before_a_crash_do_not_come_out_twice() -> None:
    schema, rows = rows_of({"audio": [wav(100)]})
    # One segment is more than the pool may hold: the preparer waits inside the row until one is taken.
    limits = {"processes": 1, "max_bytes": 1}
    with opened(job_config("transcribe", media={"segment": "window"}, prepare=limits), schema) as pool:
        pool.submit(rows[0])
        came: list[object] = []
        while not came:
            came += pool.poll()
            pool.wait(0.05)
        os.kill(pids(pool)[0], signal.SIGKILL)
        pool.taken(came[0])
        while pool.pending:
            new = pool.poll()
            for outcome in new:
                if isinstance(outcome, Prepared):
                    pool.taken(outcome)
            came += new
            pool.wait(0.05)
    assert [outcome.key.request for outcome in came if isinstance(outcome, Prepared)] == [0, 1, 2, 3]
    assert isinstance(came[-1], RowPlanned)
    assert came[-1].requests == 4


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("segv", "decode_crash", "the decoder's process died on this row, alone too (SIGSEGV) (after 58.0 s)"),
        ("error", "undecodable", "RuntimeError: a decoder lost its way (after 58.0 s)"),
    ],
)
@pytest.mark.parametrize("skip", [(), (0,), (0, 1)])
def test_a_recording_that_ruins_its_decoder_half_way_is_planned_as_far_as_it_was_heard(
    monkeypatch: pytest.MonkeyPatch, fault: str, kind: ErrorKind, message: str, skip: tuple[int, ...]
) -> None:
    monkeypatch.setenv(VARIABLE, f"{fault}:#0@2")
    schema, rows = rows_of({"audio": [wav(100), wav(2)]})
    config = job_config("transcribe", media={"segment": "window"}, prepare={"processes": 1})
    with opened(config, schema) as pool:
        outcomes = drain(pool, rows, {0: skip})
    *requests, planned = outcomes[0]
    assert [request.key.request for request in requests if isinstance(request, Prepared)] == [
        request for request in (0, 1) if request not in skip
    ]
    spans = (Span(0.0, 30.0), Span(28.0, 58.0))
    assert planned == RowPlanned(3, 0, 2, spans, error_kind=kind, error_message=message)
    assert isinstance(outcomes[1][-1], RowPlanned)


def test_a_recording_that_ruins_its_decoder_before_its_first_segment_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "segv:#0@0")
    schema, rows = rows_of({"audio": [wav(100)]})
    with opened(job_config("transcribe", media={"segment": "window"}, prepare={"processes": 1}), schema) as pool:
        (came,) = drain(pool, rows)[0]
    assert isinstance(came, RowFailed)
    assert came.error_kind == "decode_crash"


def test_what_is_held_stays_within_max_bytes_until_requests_are_taken() -> None:
    photos = [png(64, 64, i) for i in range(40)]
    schema, rows = rows_of({"prompt": ["x"] * 40, "image": photos})
    one = 64 * 64 * 3 + 4  # a fake request: its picture in bytes and one token
    limit = 10 * one
    with opened(job_config(prepare={"processes": 2, "max_bytes": limit}), schema) as pool:
        held: list[Prepared] = []
        waiting = list(rows)
        for quiet in range(1000):
            while waiting and pool.room:
                pool.submit(waiting.pop(0))
            held += [outcome for outcome in pool.poll() if isinstance(outcome, Prepared)]
            assert pool.nbytes <= limit + one + len(photos[0])
            if pool.nbytes >= limit and quiet > 100:
                break
            pool.wait(0.02)
        assert 4 <= len(held) <= 11  # beside them, rows fill up to half of the room
        assert waiting
        for prepared in held:
            pool.taken(prepared)
        outcomes = drain(pool, waiting)
        assert pool.nbytes == 0
    assert len(held) + sum(isinstance(outcome, Prepared) for came in outcomes.values() for outcome in came) == 40


def test_a_row_larger_than_max_bytes_is_admitted_where_nothing_else_is_held() -> None:
    schema, rows = rows_of({"prompt": ["y" * 50_000, "z" * 50_000]})
    with opened(job_config(prepare={"processes": 1, "max_bytes": 10}), schema) as pool:
        assert pool.room
        pool.submit(rows[0])
        assert not pool.room
        assert text_of(drain(pool)[0][0]) == "y" * 50_000
        assert pool.room


def test_a_broken_checkpoint_ends_the_job_with_the_preparers_own_words(tmp_path: Path) -> None:
    schema, rows = rows_of({"prompt": ["x"]})
    with opened(job_config(), schema, str(tmp_path)) as pool:
        pool.submit(rows[0])
        with pytest.raises(ModelError, match=r"config\.json: is missing; the checkpoint is incomplete"):
            drain(pool)


def test_closing_leaves_no_process_even_a_hanging_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "hang:#0")
    schema, rows = rows_of({"prompt": ["x", "y"]})
    with opened(job_config(prepare={"processes": 2}), schema) as pool:
        for row in rows:
            pool.submit(row)
        for _ in range(30):
            pool.poll()
            pool.wait(0.05)
        started = pids(pool)
        assert started
        assert all(map(alive, started))
    assert not any(map(alive, started))


def test_a_worker_that_is_killed_takes_its_preparers_with_it() -> None:
    code = (
        "import sys, time; sys.path.insert(0, '.')\n"
        "from tests.preparing import *\n"
        "schema, rows = rows_of({'prompt': ['x']})\n"
        "pool = open_pool(job_config(), schema)\n"
        "pool.submit(rows[0])\n"
        "while pool.pending: pool.poll(); pool.wait(0.05)\n"
        "print(pool._preparers[0].child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert worker.stdout is not None
    with worker.stdout:
        preparer = int(worker.stdout.readline())
        assert alive(preparer)
        worker.kill()
    worker.wait()
    deadline = time.monotonic() + 5
    while alive(preparer) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(preparer)
