"""An engine that breaks its word: it is noticed at the step in which it does."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from batch.checked_engine import SPARE_STEPS, CheckedEngine, EngineFault
from batch.engine import FakeEngine
from batch.prepared import Prepared
from batch.records import Completion, RequestKey

KEYS = (RequestKey(0, 0, 0), RequestKey(0, 1, 0))


class Faulty(FakeEngine):
    """Breaks its word in one way."""

    def __init__(self, fault: str) -> None:
        super().__init__(2, tokens=2)
        self.fault = fault

    def step(self) -> Sequence[Completion]:
        ended = list(super().step())
        match self.fault:
            case "unknown" if ended:
                return [replace(ended[0], key=RequestKey(7, 7, 7)), *ended[1:]]
            case "twice" if ended:
                return [ended[0], *ended]
            case "lost":
                return ended[1:]
            case "never" if ended:
                for completion in ended:
                    self.insert(prepared(completion.key))
                return []
        return ended


def prepared(key: RequestKey) -> Prepared:
    return Prepared(key, np.zeros(1, np.int32), max_tokens=1)


def steps_of(engine: CheckedEngine) -> list[list[RequestKey]]:
    """The keys answered by each step, until nothing runs."""
    for key in KEYS:
        engine.insert(prepared(key))
    steps = []
    while engine.running:
        steps.append([completion.key for completion in engine.step()])
    return steps


def test_an_engine_that_keeps_its_word_is_passed_through() -> None:
    assert steps_of(CheckedEngine(Faulty("none"))) == [[], list(KEYS)]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("unknown", "the engine answered RequestKey(shard=7, row=7, request=7), which does not run"),
        ("twice", "the engine answered RequestKey(shard=0, row=0, request=0), which does not run"),
        ("lost", "the engine says 0 run, and 1 are unanswered"),
        ("never", "the engine steps and steps and does not answer RequestKey(shard=0, row=0, request=0)"),
    ],
)
def test_an_engine_that_breaks_its_word_is_named(fault: str, words: str) -> None:
    with pytest.raises(EngineFault, match=re.escape(words)):
        steps_of(CheckedEngine(Faulty(fault)))


def test_an_answer_may_loop_once_in_every_slot_before_it_is_overdue() -> None:
    engine = CheckedEngine(FakeEngine(2, tokens=SPARE_STEPS + 2 * 2 * (1 + 2 * 1)))
    assert steps_of(engine)[-1] == list(KEYS)
    with pytest.raises(EngineFault, match="does not answer"):
        steps_of(CheckedEngine(FakeEngine(2, tokens=SPARE_STEPS + 2 * 2 * (1 + 2 * 1) + 2)))
