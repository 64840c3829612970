"""From logits to tokens, on the device."""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx

from batch.gemma.decoding.rows import LogitsProcessor

NAN = -1  # stands for a token where the logits were not numbers


def best_or_nan(logits: mx.array) -> mx.array:
    """[rows, vocabulary] -> int32 [rows]. One NaN in a hidden state makes all its logits NaN: one column tells."""
    best = mx.argmax(logits, axis=-1).astype(mx.int32)
    return mx.where(mx.isnan(logits[:, 0]), NAN, best)


def choose(tokens: mx.array, logits: mx.array, choosing: Sequence[tuple[int, LogitsProcessor, mx.array]]) -> mx.array:
    """`tokens` with those of some rows chosen after their processors: (place, processor, tokens new to it)."""
    places = mx.array([place for place, _, _ in choosing])
    chosen = [best_or_nan(processor(new, logits[place : place + 1])) for place, processor, new in choosing]
    return put(tokens, places, mx.concatenate(chosen))


def evaluate(*arrays: Any) -> None:
    """Ask the device for arrays, or trees of them, and go on."""
    mx.async_eval(*arrays)  # type: ignore[no-untyped-call]


def put(array: mx.array, places: mx.array, values: mx.array) -> mx.array:
    """A changed copy: what was asked of the device must not change under the one who reads it."""
    changed: mx.array = mx.put_along_axis(array, places, values, axis=0)
    return changed
