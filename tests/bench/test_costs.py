"""What rows cost: small whole jobs, whose differences are kept for estimates."""

from pathlib import Path
from typing import Any

import pytest

from batch import measured
from batch.bench.keep import keep
from batch.bench.measures.costs import LONG, SHORT, AnswerCost, answer_cost, costs_of, measure
from batch.bench.measures.job import JobRun
from batch.bench.subject import open_checkpoint
from batch.errors import ModelError
from batch.measured import Measured


def costs() -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    return measure("fake", AnswerCost(slots=2, token_s=0.004), 8, 70, True, told.append, rounds=1), told


def job(rows: int, seconds: float, load_s: float, tokens: int) -> JobRun:
    return JobRun(rows, 0, rows, 0, rows * tokens, rows, seconds, load_s + seconds, 0.0, 0.0, 0.0, 0, 0)


def test_each_kind_of_row_is_a_job_of_its_own() -> None:
    found, told = costs()
    assert told == [
        "costs: prompts 2 0", "costs: prompts 8 0", "costs: prompts 4 400", "costs: pictures 8",
        "costs: recordings 2", "costs: recordings 25",
    ]  # fmt: skip
    assert (found["slots"], found["answer_token_s"], found["clip_sound_s"]) == (2, 0.004, 2)
    assert found["start_s"] > 0
    assert found["row_tokens"] > 0
    pieces = ("row_s", "text_token_s", "image_s", "clip_s", "sound_s")
    assert all(found[piece] >= 0 for piece in pieces)


def test_a_cost_is_what_a_job_takes_more_than_the_one_without_it() -> None:
    """By hand: 1.5 s to load and 0.5 at both ends, 0.1 a row, 0.01 a token more, 0.5 a picture, 0.2 a short recording,
    0.03 a second more. The second round takes as much more as the first takes less."""
    takes = {
        "least": (10, 1.5, 20), "short": (20, 2.5, 20), "long": (10, 6.5, 70), "pictures": (10, 6.5, 90),
        SHORT: (10, 3.5, 70), LONG: (10, 10.4, 645),
    }  # fmt: skip
    rounds = [{kind: job(rows, seconds + more, 1.5 + more, tokens) for kind, (rows, seconds, tokens) in takes.items()}
              for more in (-0.5, 0.5)]  # fmt: skip
    assert costs_of(rounds) == pytest.approx({
        "start_s": 2.0, "row_s": 0.1, "row_tokens": 20, "text_token_s": 0.01, "image_s": 0.5, "clip_s": 0.2,
        "clip_sound_s": 2, "sound_s": 0.03,
    })  # fmt: skip
    deaf = costs_of([{kind: run for kind, run in rounds[0].items() if kind not in (SHORT, LONG)}])
    assert (deaf["clip_s"], deaf["sound_s"]) == (None, None)


def test_rows_that_fail_say_nothing_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMMA4_BATCH_FAKE", '{"faults": {"nan": "item 1"}}')
    with pytest.raises(ModelError, match=r"1 of 2 rows of the job 'prompts-2-0' failed, so its time says nothing"):
        costs()


def test_a_token_of_an_answer_is_timed_with_all_slots_busy(tiny_e: Path) -> None:
    cost = answer_cost(open_checkpoint(str(tiny_e), "float32"), 2)
    assert cost.slots == 2
    assert cost.token_s > 0


def test_they_are_kept_for_their_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    costs = {
        "slots": 2, "start_s": 3.0, "row_s": 0.1, "row_tokens": 30.0, "text_token_s": 0.001, "answer_token_s": 0.01,
        "image_s": 0.4, "clip_s": None, "clip_sound_s": 2, "sound_s": None,
    }  # fmt: skip
    model = {"fingerprint": "abc", "dtype": "bfloat16", "soft_tokens": 70}
    assert keep({"model": model, "began_at": 1.0, "costs": costs}) == tmp_path / "gemma4-batch" / "bench.json"
    assert measured.read("abc") == Measured(
        dtype="bfloat16", slots=2, soft_tokens=70, made_at=1.0, start_s=3.0, row_s=0.1, row_tokens=30.0,
        text_token_s=0.001, answer_token_s=0.01, image_s=0.4, clip_s=None, clip_sound_s=2, sound_s=None,
    )  # fmt: skip
    assert keep({"model": model, "began_at": 1.0, "workloads": {}}) is None
