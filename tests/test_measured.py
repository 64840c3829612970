"""The last bench of this machine: kept per checkpoint, newest first, never a reason to fail."""

from dataclasses import replace
from pathlib import Path

import pytest

from batch import measured
from batch.measured import Measured, Speed

SPEED = Speed(
    step_ms=40.0, prefill_ms_per_token=0.5, image_ms=100.0, clip_ms=None, share_of_limit=0.5, requests_per_s=2.0,
    tokens_per_s=120.0, prompt_tokens=90.0, answer_tokens=60.0,
)  # fmt: skip
BENCH = Measured(slots=8, dtype="bfloat16", soft_tokens=70, made_at=1.0, workloads={"captions": SPEED})


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_what_was_written_is_read_for_its_checkpoint_only(tmp_path: Path) -> None:
    assert measured.read("abc") is None
    assert measured.write("abc", BENCH) == tmp_path / "gemma4-batch" / "bench.json"
    assert measured.read("abc") == BENCH
    assert measured.read("def") is None


def test_the_newest_wins_per_workload_while_the_slots_are_the_same() -> None:
    quicker = replace(SPEED, step_ms=20.0)
    measured.write("abc", BENCH)
    measured.write("abc", replace(BENCH, made_at=2.0, workloads={"questions": quicker}))
    both = replace(BENCH, made_at=2.0, workloads={"captions": SPEED, "questions": quicker})
    assert measured.read("abc") == both
    measured.write("abc", replace(BENCH, slots=16, workloads={"questions": quicker}))
    assert measured.read("abc") == replace(BENCH, slots=16, workloads={"questions": quicker})


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version": 9}', '{"schema_version": 1, "benches": 7}'])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "gemma4-batch").mkdir()
    measured.bench_file().write_text(content)
    assert measured.read("abc") is None


def test_other_lengths_are_reckoned_from_the_pieces() -> None:
    # 10 x (80 x 40 / 8 + 100 x 0.5 + 2 x 100) ms = 6.5 s at the limit, of which half was reached
    assert SPEED.seconds(8, 10, prompt=100, answer=80, images=2) == 13.0
