"""Contenders in turns, and figures that say how sure they are."""

from collections.abc import Sequence

import pytest

from batch.bench.contenders.contender import Tokens
from batch.bench.figures import Sample, computed_ratio, ratio, spread
from batch.bench.measures.contest import agreement, hold
from batch.bench.workloads import Model, make
from batch.prepared import Prepared
from batch.records import RequestKey

MODEL = Model(vocabulary=1024, image_id=9, audio_id=10, soft_tokens=70, hears=True)


class Talker:
    """Answers at once; `short` tokens fewer than it should."""

    about = "a contender made for this test"

    def __init__(self, name: str, log: list[str], most: int | None = None, short: int = 0) -> None:
        self.name, self.most = name, most
        self._log, self._short = log, short

    def run(self, requests: Sequence[Prepared]) -> Tokens:
        self._log.append(f"{self.name} {len(requests)}")
        return {request.key: [0] * (request.max_tokens - self._short) for request in requests}

    def close(self) -> None: ...


def test_each_repeat_runs_all_of_them_over_the_same_requests() -> None:
    log: list[str] = []
    contest = hold(
        "questions", [Talker("a", log), Talker("b", log, most=3)], make("questions", MODEL, 5), 2, log.append
    )
    assert [line for line in log if line[0] in "ab"] == ["a 2", "b 2", "a 5", "b 3", "a 5", "b 3"]
    assert [(sample.contender, sample.repeat, sample.requests, sample.tokens) for sample in contest.samples] == [
        ("a", 0, 5, 20), ("b", 0, 3, 12), ("a", 1, 5, 20), ("b", 1, 3, 12),
    ]  # fmt: skip
    assert agreement(contest.tokens["a"], contest.tokens["b"]) == (3, 3)


def test_a_contender_that_writes_less_is_not_quick_but_refused() -> None:
    with pytest.raises(RuntimeError, match=r"lazy wrote 3 tokens for .*, not 4"):
        hold("questions", [Talker("lazy", [], short=1)], make("questions", MODEL, 2), 1, [].append)


def test_a_ratio_compares_within_each_repeat() -> None:
    def sample(repeat: int, seconds: float) -> Sample:
        return Sample("x", "captions", repeat, 1, 100, seconds)

    ours, theirs = [sample(0, 1.0), sample(1, 10.0)], [sample(0, 2.0), sample(1, 30.0), sample(2, 1.0)]
    assert ratio(ours, theirs) == 2.5  # of 2 and 3: the slow second round met both
    assert ratio(ours, []) is None
    assert spread([1.0, 2.0, 4.0]) == 1.5


def test_a_ratio_in_processor_time_is_not_disturbed_by_other_programs() -> None:
    def sample(repeat: int, seconds: float, computed_s: float) -> Sample:
        return Sample("x", "captions", repeat, 1, 100, seconds, None, computed_s)

    ours, theirs = [sample(0, 9.0, 1.0), sample(1, 1.0, 1.0)], [sample(0, 2.0, 2.0), sample(1, 30.0, 2.0)]
    assert computed_ratio(ours, theirs) == 2.0
    assert computed_ratio(ours, [Sample("x", "captions", 0, 1, 100, 1.0)]) is None


def test_agreement_counts_what_both_answered() -> None:
    one: Tokens = {RequestKey(0, 0, 0): [1, 2], RequestKey(0, 1, 0): [3]}
    other: Tokens = {RequestKey(0, 0, 0): [1, 5], RequestKey(0, 1, 0): [3], RequestKey(0, 2, 0): [4]}
    assert agreement(one, other) == (1, 2)
