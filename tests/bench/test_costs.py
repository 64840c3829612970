"""What rows cost: small whole jobs, whose differences are kept for estimates."""

from pathlib import Path
from typing import Any

import pytest

from batch import measured
from batch.bench.keep import keep
from batch.bench.measures.costs import AnswerCost, answer_cost, measure
from batch.bench.subject import open_checkpoint
from batch.errors import ModelError
from batch.measured import Measured

PIECES = ["start_s", "row_s", "text_token_s", "image_s", "clip_s", "sound_s"]


def costs(hears: bool = True) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    return measure("fake", AnswerCost(slots=2, token_s=0.004), 8, 70, hears, told.append), told


def test_each_kind_of_row_is_a_job_of_its_own() -> None:
    found, told = costs()
    assert told == [
        "costs: prompts 2 0", "costs: prompts 8 0", "costs: prompts 4 400", "costs: pictures 8",
        "costs: recordings 2", "costs: recordings 25",
    ]  # fmt: skip
    assert (found["slots"], found["answer_token_s"]) == (2, 0.004)
    assert found["start_s"] > 0
    assert all(found[piece] >= 0 for piece in PIECES)


def test_what_cannot_hear_has_no_cost_of_sound() -> None:
    found, told = costs(hears=False)
    assert (found["clip_s"], found["sound_s"]) == (None, None)
    assert not any("recordings" in line for line in told)


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
        "slots": 2, "start_s": 3.0, "row_s": 0.1, "text_token_s": 0.001, "answer_token_s": 0.01, "image_s": 0.4,
        "clip_s": None, "sound_s": None,
    }  # fmt: skip
    model = {"fingerprint": "abc", "dtype": "bfloat16", "soft_tokens": 70}
    assert keep({"model": model, "began_at": 1.0, "costs": costs}) == tmp_path / "gemma4-batch" / "bench.json"
    assert measured.read("abc") == Measured(
        dtype="bfloat16", slots=2, soft_tokens=70, made_at=1.0, start_s=3.0, row_s=0.1, text_token_s=0.001,
        answer_token_s=0.01, image_s=0.4, clip_s=None, sound_s=None,
    )  # fmt: skip
    assert keep({"model": model, "began_at": 1.0, "workloads": {}}) is None
