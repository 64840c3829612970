"""Keys and values of the rows that decode: one place a row and layer, written without touching the others.

A full-attention layer holds [rows, heads, capacity, dim]: position p at place p. A sliding layer holds a ring of its
window: position p at place p modulo the window (no ring is longer than `capacity`, and then it never turns). What lies
beyond a row's position is left over from others and masked away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np

CAPACITY_STEP = 128  # positions; growing copies, so it grows by steps


@dataclass(frozen=True)
class LayerShape:
    """A layer that has its own keys and values. `window` None: full attention."""

    heads: int
    dim: int
    window: int | None

    def places(self, capacity: int) -> int:
        return capacity if self.window is None else min(self.window, capacity)


@dataclass(frozen=True)
class RowCache:
    """One row after its prefill: for each layer keys and values [1, heads, places, dim], in a slot's order.
    `tokens` are in it."""

    keys: list[mx.array]
    values: list[mx.array]
    tokens: int


def shapes_of(text_model: Any) -> list[LayerShape]:
    """The layers of an mlx-vlm Gemma4TextModel that own a cache, in order."""
    owned = text_model.layers[: text_model.first_kv_shared_layer_idx]
    return [
        LayerShape(
            layer.self_attn.n_kv_heads,
            layer.self_attn.head_dim,
            text_model.window_size if layer.self_attn.is_sliding else None,
        )
        for layer in owned
    ]


class SlotCache:
    """`rows` slots of `capacity` positions each. Both grow and shrink by `resize` and `reserve`, which copy."""

    def __init__(self, shapes: Sequence[LayerShape], dtype: mx.Dtype) -> None:
        self.shapes = list(shapes)
        self.dtype = dtype
        self.rows = 0
        self.capacity = CAPACITY_STEP
        self.keys: list[mx.array] = []
        self.values: list[mx.array] = []

    @property
    def nbytes(self) -> int:
        return self.bytes_of(self.rows, self.capacity)

    def bytes_of(self, rows: int, capacity: int) -> int:
        """What so many rows of so many positions take."""
        numbers = sum(shape.heads * shape.dim * shape.places(capacity) for shape in self.shapes)
        return 2 * rows * numbers * self.dtype.size

    def resize(self, rows: int, keep: Sequence[int]) -> None:
        """Make it `rows` slots; the first of them are the old slots `keep`, in this order."""
        if not keep:
            self.keys, self.values = self._zeros(rows), self._zeros(rows)
        else:
            self.keys = [_rows(array, keep, rows) for array in self.keys]
            self.values = [_rows(array, keep, rows) for array in self.values]
        self.rows = rows
        mx.eval(self.keys, self.values)

    def reserve(self, positions: int) -> None:
        """Room for `positions` in every slot. Never shrinks while it holds rows."""
        capacity = -(-positions // CAPACITY_STEP) * CAPACITY_STEP
        if capacity <= self.capacity:
            return
        for arrays in (self.keys, self.values):
            for number, shape in enumerate(self.shapes):
                missing = shape.places(capacity) - shape.places(self.capacity)
                if arrays and missing:
                    arrays[number] = mx.pad(arrays[number], [(0, 0), (0, 0), (0, missing), (0, 0)])
        self.capacity = capacity
        mx.eval(self.keys, self.values)

    def forget(self) -> None:
        """Let all of it go; nothing decodes."""
        self.rows, self.capacity, self.keys, self.values = 0, CAPACITY_STEP, [], []

    def write(self, slot: int, row: RowCache) -> None:
        """In the memory of the arrays, where nobody else holds them: one copy of one row a layer."""
        for arrays, new in ((self.keys, row.keys), (self.values, row.values)):
            for array, value in zip(arrays, new, strict=True):
                array[slot : slot + 1, :, : value.shape[2]] = value

    def _zeros(self, rows: int) -> list[mx.array]:
        return [
            mx.zeros((rows, shape.heads, shape.places(self.capacity), shape.dim), self.dtype) for shape in self.shapes
        ]


def _rows(array: mx.array, keep: Sequence[int], rows: int) -> mx.array:
    kept = array if list(keep) == list(range(array.shape[0])) else array[mx.array(list(keep))]
    return mx.pad(kept, [(0, rows - len(keep)), (0, 0), (0, 0), (0, 0)]) if rows > len(keep) else kept


def ring_order(tokens: int, start: int, window: int) -> mx.array:
    """For each place of a ring of `window`, which of the keys at positions `start`, `start` + 1, ... up to `tokens` - 1
    belongs there: the last position that is the place modulo the window. A place of no position yet gets any key."""
    place = np.arange(window)
    position = tokens - 1 - (tokens - 1 - place) % window
    return mx.array(np.maximum(position - start, 0))
