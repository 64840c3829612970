"""The decode step as a function of arrays alone, compiled or not."""

from typing import Any

import mlx.core as mx

from batch.gemma.decoding.choose import best_or_nan
from batch.gemma.decoding.text import State, TextLayers


def steps_of(text: TextLayers, compiled: bool) -> tuple[Any, Any]:
    """The step for greedy rows alone, and the one that hands out the logits in float32 too. Both take the parts of a
    State and give (tokens, positions, keys, values). Compiled ones are made once for a model: each compiles anew for
    every number of rows and positions."""
    if not compiled:
        return _steps(text)
    if text.compiled is None:
        greedy, with_logits = _steps(text)
        text.compiled = mx.compile(greedy), mx.compile(with_logits)
    return text.compiled


def _steps(text: TextLayers) -> tuple[Any, Any]:
    def greedy(*state: Any) -> tuple[Any, ...]:
        hidden, keys, values = text.hidden(State(*state))
        return best_or_nan(text.logits(hidden)), state[1] + state[2], keys, values

    def with_logits(*state: Any) -> tuple[Any, ...]:
        hidden, keys, values = text.hidden(State(*state))
        logits = text.logits(hidden)
        return best_or_nan(logits), state[1] + state[2], keys, values, logits.astype(mx.float32)

    return greedy, with_logits
