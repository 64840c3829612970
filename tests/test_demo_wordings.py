"""What the demo model is examined with is never trained on, however politely or badly it is typed."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
LISTS = ("picture", "question", "pair", "compare", "speech", "mixed", "copy", "text")
MODULES = (*(f"{name}_wordings" for name in LISTS), "system", "fallback")
DRAWN = 200  # of each list


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("demo_model.ask")


def lists(ask: ModuleType, module: str) -> Iterator[Any]:
    """Every Wordings of a module, those within its tables too."""
    left = list(vars(importlib.import_module(f"demo_model.{module}")).values())
    while left:
        value = left.pop()
        if isinstance(value, ask.Wordings):
            yield value
        elif isinstance(value, dict | tuple):
            left += value.values() if isinstance(value, dict) else value


@pytest.mark.parametrize("module", MODULES)
def test_no_wording_of_the_examination_is_drawn_for_training(ask: ModuleType, module: str) -> None:
    rng, found = Random(5), []
    for wordings in lists(ask, module):
        held_out = {ask.bare(wording) for wording in wordings.held_out}
        found += [
            said for said in (wordings.pick(rng, held_out=False) for _ in range(DRAWN)) if ask.bare(said) in held_out
        ]
    assert found == []


def test_a_wording_of_the_examination_is_drawn_again_although_greetings_and_slips_lead_to_it(ask: ModuleType) -> None:
    wordings = ask.Wordings(
        ("Say it (now|then).", "(Please |)tell me."), ("say it now", "Please tell me!", "Say it the now.")
    )
    rng = Random(1)
    assert not {ask.bare(wordings.pick(rng, held_out=False)) for _ in range(3000)} & {
        "say it now", "please tell me", "say it the now",
    }  # fmt: skip
    assert {wordings.pick(rng, held_out=True) for _ in range(50)} == set(wordings.held_out)


@pytest.mark.parametrize("module", MODULES)
def test_every_choice_of_a_wording_is_made(ask: ModuleType, module: str) -> None:
    rng = Random(9)
    said = [
        ask.chosen(rng, wording) for wordings in lists(ask, module) for wording in wordings.trained for _ in range(3)
    ]
    assert len(said) > 50
    assert [wording for wording in said if set(wording) & set("()|[]") or "  " in wording] == []


def test_a_wording_stands_for_as_many_as_its_choices_and_parts_make(ask: ModuleType) -> None:
    assert ask.ways("Say it.") == 1
    assert ask.ways("(Say|Please (say|tell me)) it(.|)") == 6
    parts = ask.PARTS["both"].count("|") + 1
    assert ask.ways("[both] (images|pictures)") == 2 * parts


def test_what_must_come_back_as_it_stands_is_left_as_it_stands(ask: ModuleType) -> None:
    rng = Random(3)
    said = {ask.disturbed(rng, "Repeat the words: {} after {}") for _ in range(300)}
    assert len(said) > 20
    assert {wording.split(": ")[-1] for wording in said} == {"{} after {}"}
