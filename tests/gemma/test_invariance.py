"""In float32 a row's tokens are the same whoever is decoded beside it, on every architecture."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import mlx.core as mx
import pytest
from mlx_vlm.models.cache import BatchKVCache, create_causal_mask
from mlx_vlm.models.gemma4 import language

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


class _IsArray(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, mx.array)


class _AliasingArray(metaclass=_IsArray):
    """`mx.array`, but an array of an array is that array itself."""

    def __new__(cls, value: Any, *rest: Any) -> Any:
        return value if isinstance(value, mx.array) else mx.array(value, *rest)


class _AliasingMLX(ModuleType):
    """`mlx.core` with such arrays: a query's RoPE offset then moves on with its cache (mlx-vlm issue 1083)."""

    array = _AliasingArray

    def __getattr__(self, name: str) -> Any:
        return getattr(mx, name)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_aliased_rope_offset_would_be_noticed(
    architecture: Architecture,
    tiny: Callable[[Architecture], Path],
    alone: Callable[[Architecture], Tokens],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = {row: alone(architecture)[row] for row in range(SOME)}
    monkeypatch.setattr(language, "mx", _AliasingMLX("aliasing"))
    together, _ = answer(tiny(architecture), mixed(architecture, SOME), slots=8)
    assert sum(together[row] != right[row] for row in right) > SOME / 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_mask_that_takes_every_rows_padding_for_the_firsts_would_be_noticed(
    architecture: Architecture,
    tiny: Callable[[Architecture], Path],
    alone: Callable[[Architecture], Tokens],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: BatchKVCache, N: int, return_array: bool = False, **kwargs: Any) -> mx.array:
        return create_causal_mask(N, offset=self._idx, left_padding=self.left_padding[:1], **kwargs)

    right = {row: alone(architecture)[row] for row in range(SOME)}
    monkeypatch.setattr(BatchKVCache, "make_mask", broken)
    together, _ = answer(tiny(architecture), mixed(architecture, SOME), slots=8)
    assert sum(together[row] != right[row] for row in right) > SOME / 4
