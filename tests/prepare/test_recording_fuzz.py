"""Damaged recordings through real preparer processes: every row is accounted for, by its segments or by name."""

import random

import pytest

from batch.prepared import Prepared
from batch.records import RequestRepeated, RowFailed, RowPlanned
from tests.media.recordings import encoded, made, silence, speech
from tests.media.test_damage import RECORDINGS, damaged
from tests.preparing import Outcome, drain, job_config, open_pool, rows_of


@pytest.mark.parametrize("count", [50, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_every_damaged_recording_is_transcribed_or_fails_by_name(count: int) -> None:
    sound = made(silence(0.3), speech()[:24_000], silence(0.3))
    whole = [
        encoded(sound, container, codec, 48_000 if codec == "libopus" else 44_100)
        for container, codec in RECORDINGS.items()
    ]
    dice = random.Random(5)
    schema, rows = rows_of({"audio": [damaged(whole[number % len(whole)], dice) for number in range(count)]})
    pool = open_pool(job_config("transcribe", prepare={"processes": 2, "timeout_s": 20.0}), schema)
    try:
        outcomes: dict[int, list[Outcome]] = {}
        for start in range(0, count, 50):
            outcomes |= drain(pool, rows[start : start + 50])
    finally:
        pool.close()
    assert list(outcomes) == list(range(count))
    heard = 0
    for *requests, end in outcomes.values():
        assert all(isinstance(request, (Prepared, RequestRepeated)) for request in requests)
        if isinstance(end, RowFailed):
            assert end.error_kind in ("undecodable", "unsupported_format", "decode_memory")
            assert end.error_message
        else:
            assert isinstance(end, RowPlanned)
            assert (end.requests, end.error_kind) == (len(requests), None)
            heard += bool(requests)
    assert 0.2 * count < heard < count
