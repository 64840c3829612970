"""What the decode loop knows of a request, and what it hands out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import mlx.core as mx

from batch.gemma.decoding.cache import RowCache
from batch.gemma.decoding.prefill import LENGTH_STEP
from batch.prepared import Prepared

LogitsProcessor = Callable[[mx.array, mx.array], mx.array]
Ends = Literal["stop", "length"]


class Token(NamedTuple):
    """One row's next token. `ends` says why the row ended with it; a stop token is no part of the answer."""

    row: int
    id: int
    ends: Ends | None


@dataclass(eq=False)
class Row:
    """A request in the loop.

    processor  changes its logits [1, vocabulary] before the argmax; called with the tokens new to it, first the prompt
    asked      tokens that were asked of the device
    given      tokens that were handed out
    slot       where it decodes
    gone       ended, or removed: what still comes of it is dropped
    """

    number: int
    prepared: Prepared
    processor: LogitsProcessor | None
    asked: int = 0
    given: int = 0
    slot: int | None = None
    gone: bool = False

    @property
    def most(self) -> int:
        return self.prepared.max_tokens

    @property
    def positions(self) -> int:
        """What its slot must have room for."""
        return -(-len(self.prepared.token_ids) // LENGTH_STEP) * LENGTH_STEP + self.most


class Prefilled(NamedTuple):
    """A row that waits for a slot: its cache, and its first token int32 [1]."""

    row: Row
    cache: RowCache
    first: mx.array


class Asked(NamedTuple):
    """Tokens on their way: `tokens` int32 [n], and the rows of places in it. `prefilled`: they are first tokens."""

    tokens: mx.array
    rows: list[tuple[int, Row]]
    prefilled: list[Prefilled] | None = None
