"""The last bench of this machine: kept per checkpoint, newest first, never a reason to fail."""

from dataclasses import replace
from pathlib import Path

import pytest

from batch import measured
from batch.measured import Measured

BENCH = Measured(
    dtype="bfloat16", slots=8, soft_tokens=70, made_at=1.0, start_s=3.0, row_s=0.1, row_tokens=10, text_token_s=0.001,
    answer_token_s=0.01, image_s=0.4, clip_s=0.05, clip_sound_s=2, sound_s=0.2,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_what_was_written_is_read_for_its_checkpoint_only(tmp_path: Path) -> None:
    assert measured.read("abc") is None
    assert measured.write("abc", BENCH) == tmp_path / "gemma4-batch" / "bench.json"
    assert measured.read("abc") == BENCH
    assert measured.read("def") is None


def test_the_newest_wins() -> None:
    measured.write("abc", BENCH)
    measured.write("def", BENCH)
    measured.write("abc", replace(BENCH, made_at=2.0, start_s=1.0))
    assert measured.read("abc") == replace(BENCH, made_at=2.0, start_s=1.0)
    assert measured.read("def") == BENCH


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version": 9}', '{"schema_version": 2, "benches": 7}'])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "gemma4-batch").mkdir()
    measured.bench_file().write_text(content)
    assert measured.read("abc") is None


def test_a_job_is_the_sum_of_what_its_rows_hold() -> None:
    # 3 to begin, 10 rows 1, 400 tokens more 0.4, answers 2, 4 pictures of twice the budget 3.2, 6 recordings of 2 s 0.3
    # and 8 s more 1.6
    found = BENCH.seconds(10, text_tokens=500, answer_tokens=200, images=4, soft_tokens=140, clips=6, sound_s=20)
    assert found == pytest.approx(11.5)
    assert replace(BENCH, image_s=None).seconds(10, text_tokens=0, answer_tokens=0, images=4) == pytest.approx(4.0)
