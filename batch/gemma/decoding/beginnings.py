"""Prompts that begin alike, prefilled from what they share: questions to one picture, one system prompt for all.

What is shared is prefilled once, then the rest of each prompt behind a copy of it. Answers are the same: a token sees
the same keys either way.
"""

from collections.abc import Sequence
from dataclasses import replace

import mlx.core as mx
import numpy as np

from batch.gemma.decoding.cache import RowCache
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.decoding.prompt import Prompt
from batch.gemma.decoding.text import TextLayers

LEAST_SHARED = 0.3  # of a group's positions saved, or it is not worth a prefill more


class SharedPrefill:
    """A group as `Prefill` has it: `prefixes` first, in one piece, then all `prompts` behind theirs."""

    def __init__(
        self, text: TextLayers, prompts: Sequence[Prompt], prefixes: Sequence[Prompt], rows: list[int]
    ) -> None:
        self._prefixes = Prefill(text, prefixes)
        self._text, self._prompts, self._rows = text, prompts, rows
        self._rest: Prefill | None = None

    @property
    def pending(self) -> list[mx.array]:
        return (self._rest or self._prefixes).pending

    def advance(self) -> mx.array | None:
        if self._rest is None:
            self._prefixes.prime()
            self._rest = Prefill(self._text, self._prompts, (self._prefixes, self._rows))
        return self._rest.advance()

    def row(self, number: int) -> RowCache:
        if self._rest is None:
            raise ValueError("nothing has been prefilled yet")
        return self._rest.row(number)


def prefill_of(text: TextLayers, prompts: Sequence[Prompt], *, share: bool) -> Prefill | SharedPrefill:
    """The group's prefill, shared where that saves enough."""
    length = _shared_length(prompts) if share and len(prompts) > 1 else 0
    if not length:
        return Prefill(text, prompts)
    firsts: dict[bytes, int] = {}
    rows = [firsts.setdefault(_beginning(prompt, length), len(firsts)) for prompt in prompts]
    saved = (len(prompts) - len(firsts)) * length / sum(len(prompt.ids) for prompt in prompts)
    if saved < LEAST_SHARED:
        return Prefill(text, prompts)
    prefixes = [_cut(prompts[rows.index(number)], length) for number in range(len(firsts))]
    return SharedPrefill(text, prompts, prefixes, rows)


def _shared_length(prompts: Sequence[Prompt]) -> int:
    """How long the beginnings are. With media: all up to the last of them, which must be as long in every prompt and of
    known content. Text alone: what all have in common. One token at least is left to each."""
    ends = {prompt.media_end for prompt in prompts}
    if len(ends) > 1 or any(prompt.features is not None and not prompt.media_keys for prompt in prompts):
        return 0
    (end,) = ends
    if end:
        return end if all(len(prompt.ids) > end for prompt in prompts) else 0
    shortest = min(len(prompt.ids) for prompt in prompts) - 1
    ids = np.stack([prompt.ids[:shortest] for prompt in prompts])
    differing = np.flatnonzero((ids != ids[0]).any(axis=0))
    return int(differing[0]) if len(differing) else shortest


def _beginning(prompt: Prompt, length: int) -> bytes:
    return b"".join([prompt.ids[:length].tobytes(), *prompt.media_keys])


def _cut(prompt: Prompt, length: int) -> Prompt:
    return replace(prompt, ids=prompt.ids[:length], kinds=prompt.kinds[:length])
