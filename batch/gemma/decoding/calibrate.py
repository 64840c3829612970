"""How many slots this device has a use for: a decode step is timed for more and more rows, until more bring little.

A step costs about the same for 1 row and for many while the device waits for the host or for the weights, and in
proportion to them once it is busy computing. Where that begins is known by trying only.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import mlx.core as mx

from batch.gemma.decoding.cache import SlotCache, shapes_of
from batch.gemma.decoding.choose import evaluate
from batch.gemma.decoding.text import TextLayers

FEWEST = 8
LEAST_GAIN = 1.15  # in tokens a second, for twice the slots
POSITIONS = 512  # a picture's prompt and its caption
STEPS = 12
NOT_COUNTED = 4  # they compile, and fill the queue


@dataclass(frozen=True)
class Choice:
    """`slots`, and what a step took in milliseconds for each number that was tried."""

    slots: int
    tried_ms: dict[int, float]

    def why(self, fitting: int) -> str:
        tried = ", ".join(f"{1000 * rows / ms:.0f} tokens/s with {rows}" for rows, ms in self.tried_ms.items())
        return f"memory has room for {fitting}; decoding alone makes {tried}"


def fastest(step_ms: Callable[[int], float], most: int) -> Choice:
    """The largest number up to `most` that was worth its slots, by doubling."""
    rows = min(FEWEST, most)
    tried = {rows: step_ms(rows)}
    while rows < most:
        more = min(2 * rows, most)
        tried[more] = step_ms(more)
        gain = (more / tried[more]) / (rows / tried[rows])
        if gain < min(LEAST_GAIN, (more / rows) ** 0.2):  # the last size may be less than twice the one before
            break
        rows = more
    return Choice(rows, tried)


def step_ms(text: TextLayers, greedy: Any, rows: int) -> float:
    """One decode step of so many rows of POSITIONS positions, one in flight as in the loop: what is slower, host or
    device, decides."""
    cache = SlotCache(shapes_of(text.model), text.dtype)
    cache.resize(rows, [])
    cache.reserve(POSITIONS)
    tokens, positions, live = (mx.full((rows,), value, mx.int32) for value in (0, POSITIONS - STEPS - 1, 1))
    taken = []
    for _ in range(STEPS):
        began, before = time.perf_counter(), tokens
        tokens, positions, keys, values = greedy(tokens, positions, live, cache.keys, cache.values)
        cache.keys, cache.values = list(keys), list(values)
        evaluate(tokens, positions, cache.keys, cache.values)
        before.tolist()
        taken.append(time.perf_counter() - began)
    return 1000 * median(taken[NOT_COUNTED:])
