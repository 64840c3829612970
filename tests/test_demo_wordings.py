"""What the demo model is examined with is never trained on, however politely it is asked."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
ASKS = ("picture_asks", "pair_asks", "speech_asks", "mixed_asks", "text_asks", "system")
UNVARIED = ("ECHO",)  # what is echoed must come back as written, so no polite word is put before it


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("demo_model.ask")


@pytest.mark.parametrize("module", ASKS)
def test_no_held_out_wording_can_be_drawn_for_training(ask: ModuleType, module: str) -> None:
    starts = ("", *ask.POLITE_STARTS)
    drawn = []
    for name, wordings in vars(importlib.import_module(f"demo_model.{module}")).items():
        if isinstance(wordings, ask.Wordings) and name not in UNVARIED:
            held_out = {ask.bare(wording) for wording in wordings.held_out}
            drawn += [
                start + said for said in wordings.every() for start in starts if ask.bare(start + said) in held_out
            ]
    assert drawn == []


@pytest.mark.parametrize("module", ASKS)
def test_every_choice_of_a_wording_is_made(ask: ModuleType, module: str) -> None:
    found = vars(importlib.import_module(f"demo_model.{module}")).values()
    said = [said for wordings in found if isinstance(wordings, ask.Wordings) for said in wordings.every()]
    assert len(said) > 10
    assert [wording for wording in said if set(wording) & set("()|")] == []


def test_a_choice_within_a_choice_gives_all_wordings_but_those_held_out(ask: ModuleType) -> None:
    wordings = ask.Wordings(("(Say|Please (say|tell me)) it",), ("say it!",))
    assert list(wordings.every()) == ["Please say it", "Please tell me it"]
