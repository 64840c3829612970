"""In float32 a row's tokens are the same whoever is decoded beside it, on every architecture."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest

from batch.gemma.decoding.text import Layer, TextLayers
from tests.gemma import stock
from tests.gemma.rows import answer, mixed
from tests.gemma.tiny import ARCHITECTURES, Architecture

ROWS = 200
SOME = 40  # enough for the controls
pytestmark = pytest.mark.timeout(600)

Tokens = dict[int, list[int]]


@pytest.fixture(scope="module")
def alone(tiny: Callable[[Architecture], Path]) -> Callable[[Architecture], Tokens]:
    """Each row's tokens when it has the engine for itself."""

    @cache
    def tokens(architecture: Architecture) -> Tokens:
        return answer(tiny(architecture), mixed(architecture, ROWS), slots=1)[0]

    return tokens


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_two_hundred_mixed_rows_through_eight_slots_answer_as_each_does_alone(
    architecture: Architecture, tiny: Callable[[Architecture], Path], alone: Callable[[Architecture], Tokens]
) -> None:
    together, completions = answer(tiny(architecture), mixed(architecture, ROWS), slots=8)
    assert together == alone(architecture)
    assert {completion.error_kind for completion in completions.values()} == {None}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_nine_of_ten_answers_differ_so_that_equality_says_something(
    architecture: Architecture, alone: Callable[[Architecture], Tokens]
) -> None:
    answers = [tuple(tokens) for tokens in alone(architecture).values()]
    assert len(answers) == ROWS
    assert len(set(answers)) >= 0.9 * ROWS


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_mlx_vlms_own_batches_answer_the_same(
    architecture: Architecture, tiny: Callable[[Architecture], Path], alone: Callable[[Architecture], Tokens]
) -> None:
    """With its faults corrected: the decode loop is ours, the answers are not."""
    theirs = stock.answer(tiny(architecture), mixed(architecture, SOME), slots=8)
    assert theirs == {row: alone(architecture)[row] for row in range(SOME)}


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_compiled_and_uncompiled_steps_answer_the_same(
    architecture: Architecture, tiny: Callable[[Architecture], Path], alone: Callable[[Architecture], Tokens]
) -> None:
    """On a CPU, MLX calls a C++ compiler for it, half a minute long: there the engine does without."""
    together, _ = answer(tiny(architecture), mixed(architecture, SOME), slots=8, compiled=True)
    assert together == {row: alone(architecture)[row] for row in range(SOME)}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_query_one_position_further_than_its_key_would_be_noticed(
    architecture: Architecture,
    tiny: Callable[[Architecture], Path],
    alone: Callable[[Architecture], Tokens],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What an aliased RoPE offset did in mlx-vlm (issue 1083)."""
    right = {row: alone(architecture)[row] for row in range(SOME)}
    correct = Layer.heads_of

    def broken(self: Layer, x: mx.array, positions: mx.array) -> Any:
        ahead, *_ = correct(self, x, positions + 1)
        return ahead, *correct(self, x, positions)[1:]

    monkeypatch.setattr(Layer, "heads_of", broken)
    together, _ = answer(tiny(architecture), mixed(architecture, SOME), slots=8)
    assert sum(together[row] != right[row] for row in right) > SOME / 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_mask_that_takes_every_row_for_as_long_as_the_first_would_be_noticed(
    architecture: Architecture,
    tiny: Callable[[Architecture], Path],
    alone: Callable[[Architecture], Tokens],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = {row: alone(architecture)[row] for row in range(SOME)}
    correct = TextLayers.visible
    monkeypatch.setattr(TextLayers, "visible", lambda self, places, positions: correct(self, places, positions[:1]))
    together, _ = answer(tiny(architecture), mixed(architecture, SOME), slots=8)
    assert sum(together[row] != right[row] for row in right) > SOME / 4
