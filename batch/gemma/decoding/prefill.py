"""Prompts into caches: several rows of similar length at once, a long one in pieces.

Rows are filled up on the right; nothing that is real looks to the right, except image tokens within their own image,
and those are inside the row. Layers that own keys and values run as mlx-vlm has them over all positions; the layers
that share (E2B, E4B: 20 of 35, 18 of 42) are needed for the last token alone and run as in a decode step.
"""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np

from batch.gemma.decoding.cache import LayerShape, RowCache, ring_order, shapes_of
from batch.gemma.decoding.prompt import IMAGE, Prompt
from batch.gemma.decoding.text import TextLayers

LENGTH_STEP = 32  # prompts are filled up to a multiple, so that few shapes occur
PIECE = 2048  # positions a long prompt is cut into
# A processor computes attention in full, seen or not: a prompt of 1,500 tokens of the demonstration model took 2.7 s in
# one piece, 1.3 s in pieces of 512 (1.0 s in pieces of 256, but a picture of 280 soft tokens is to fit in one).
CPU_PIECE = 512


def piece_positions() -> int:
    """The most positions of one piece on the device in use."""
    return CPU_PIECE if mx.default_device() == mx.Device(mx.cpu) else PIECE


class _Layer:
    """What an mlx-vlm attention layer takes for its cache: keys and values [rows, heads, positions, dim] so far."""

    def __init__(self, rows: int, shape: LayerShape, dtype: mx.Dtype) -> None:
        self.offset = 0
        self.keys = self.values = mx.zeros((rows, shape.heads, 0, shape.dim), dtype)

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        if self.offset:
            keys = mx.concatenate([self.keys, keys], axis=2)
            values = mx.concatenate([self.values, values], axis=2)
        self.keys, self.values = keys, values
        return keys, values

    def only_last(self, count: int) -> None:
        if self.keys.shape[2] > count:
            self.keys, self.values = self.keys[:, :, -count:], self.values[:, :, -count:]


After = tuple["Prefill", list[int]]


class Prefill:
    """One group of prompts. Call `advance` until it gives logits; then `row(n)` is there too."""

    def __init__(self, text: TextLayers, prompts: Sequence[Prompt], after: "After | None" = None) -> None:
        """`after`: a prefill of what these prompts begin with, already asked for, and each prompt's row in it."""
        self._text = text
        self._model = text.model
        self.lengths = [len(prompt.ids) for prompt in prompts]
        self._both_ways = self._model.config.use_bidirectional_attention == "vision" and any(
            prompt.has_images for prompt in prompts
        )
        longest = max(self.lengths)
        self._length = longest if min(self.lengths) == longest else -(-longest // LENGTH_STEP) * LENGTH_STEP
        self._ids, self._kinds = (
            np.stack([np.pad(part, (0, self._length - len(part))) for part in parts])
            for parts in ([prompt.ids for prompt in prompts], [prompt.kinds for prompt in prompts])
        )
        self._features = [prompt.features for prompt in prompts if prompt.features is not None]
        self._layers = [_Layer(len(prompts), shape, text.dtype) for shape in shapes_of(text.model)]
        self._done = 0
        if after is not None:
            self._go_on_from(*after)

    @property
    def pending(self) -> list[mx.array]:
        """What the device must have done before the next piece."""
        return [array for own in self._layers for array in (own.keys, own.values)]

    def advance(self) -> mx.array | None:
        """The next piece, not evaluated yet; after the last one each row's first logits [rows, vocabulary]. All in
        one piece where image tokens see each other, or there are several rows."""
        whole = len(self.lengths) > 1 or self._both_ways
        end = self._length if whole else min(self._length, self._done + piece_positions())
        h = self._embeddings(self._done, end)
        inputs = self._per_layer_inputs(h, self._done, end)
        h = self._owned_layers(h, inputs, end)
        logits = self._last_logits(h, inputs) if end == self._length else None
        self._done = end
        return logits

    def prime(self) -> None:
        """Keys and values alone, all in one piece: prompts of one length that others begin with."""
        h = self._embeddings(0, self._length)
        self._owned_layers(h, self._per_layer_inputs(h, 0, self._length), self._length)
        self._done = self._length

    def all_logits(self) -> mx.array:
        """[rows, length, vocabulary]: every position's, in one piece, for comparison with the reference."""
        h = self._embeddings(0, self._length)
        inputs = self._per_layer_inputs(h, 0, self._length)
        h = self._owned_layers(h, inputs, self._length)
        full, sliding = self.masks(self._length)
        for number in range(self._text.owned, len(self._text.layers)):
            layer = self._text.layers[number]
            source = self._layers[layer.source]
            own = None if inputs is None else inputs[:, :, number]
            h, _, _ = layer.module(
                h, (full, sliding)[layer.sliding], None, per_layer_input=own, shared_kv=(source.keys, source.values),
                offset=mx.array(0),
            )  # fmt: skip
        return self._text.logits(self._model.norm(h))

    def row(self, number: int) -> RowCache:
        """A row's keys and values as a slot holds them."""
        tokens = self.lengths[number]
        keys, values = [], []
        for layer, own in zip(self._text.layers[: self._text.owned], self._layers, strict=True):
            pair = [own.keys[number : number + 1], own.values[number : number + 1]]
            if layer.sliding and self._length > self._model.window_size:
                order = ring_order(tokens, self._length - own.keys.shape[2], self._model.window_size)
                pair = [mx.take(array, order, axis=2) for array in pair]
            keys.append(pair[0])
            values.append(pair[1])
        return RowCache(keys, values, tokens)

    def _go_on_from(self, before: "Prefill", rows: list[int]) -> None:
        places = mx.array(rows)
        self._done = before._done
        for own, theirs in zip(self._layers, before._layers, strict=True):
            own.keys, own.values = theirs.keys[places], theirs.values[places]

    def _embeddings(self, start: int, end: int) -> mx.array:
        model = self._model
        h: mx.array = model.embed_tokens(mx.array(self._ids[:, start:end])) * model.embed_scale
        if not self._features:
            return h
        row, place = np.nonzero(self._kinds)
        here = np.flatnonzero((place >= start) & (place < end))
        if len(here):
            features = mx.concatenate(self._features)[mx.array(here)].astype(h.dtype)
            h[mx.array(row[here]), mx.array(place[here] - start)] = features
            # By itself: the number of pictures changes its form, and CUDA keeps launched graphs by their form.
            mx.async_eval(h)  # type: ignore[no-untyped-call]
        return h

    def _per_layer_inputs(self, h: mx.array, start: int, end: int) -> mx.array | None:
        """Placeholders count as the pad token, whose number is 0."""
        tokens = np.where(self._kinds[:, start:end] > 0, 0, self._ids[:, start:end])
        return self._text.per_layer_inputs(mx.array(tokens), h)

    def _owned_layers(self, h: mx.array, inputs: mx.array | None, end: int) -> mx.array:
        full, sliding = self.masks(end)
        for number, (layer, own) in enumerate(zip(self._text.layers[: self._text.owned], self._layers, strict=True)):
            own.offset = self._done
            if layer.sliding:
                own.only_last(self._model.window_size - 1)
            per_layer = None if inputs is None else inputs[:, :, number]
            h, _, _ = layer.module(h, (full, sliding)[layer.sliding], own, per_layer_input=per_layer)
        return h

    def masks(self, end: int) -> tuple[Any, Any]:
        """For the piece up to `end`. Full layers: causal. Sliding ones: within the window, and causal or the same image
        (transformers, create_masks_for_vision_model)."""
        window = self._model.window_size
        if not self._both_ways and end <= window:
            return "causal", "causal"
        start = max(0, self._done - (window - 1))
        query, key = np.arange(self._done, end)[:, None], np.arange(start, end)[None]
        visible = query >= key
        if self._both_ways:
            image = self._kinds == IMAGE
            begins = image & ~np.pad(image[:, :-1], ((0, 0), (1, 0)))
            group = np.where(image, np.cumsum(begins, axis=1), 0)
            queries, keys = slice(self._done, end), slice(start, end)
            same = group[:, queries, None] == group[:, None, keys]
            visible = visible | (same & image[:, queries, None])
        visible = visible & (query - key < window)
        return "causal", mx.array(visible if visible.ndim == 2 else visible[:, None])

    def _last_logits(self, h: mx.array, inputs: mx.array | None) -> mx.array:
        """[rows, vocabulary]: the last token of each row through the layers that share keys and values."""
        last = mx.array(np.array(self.lengths) - 1)  # positions
        here = (mx.arange(len(self.lengths)), last - self._done)
        h = h[here]
        own = None if inputs is None else inputs[here]
        for number in range(self._text.owned, len(self._text.layers)):
            layer = self._text.layers[number]
            source = self._layers[layer.source]
            queries, _, _ = layer.heads_of(layer.module.input_layernorm(h), last)
            attended = layer.attend(queries, source.keys, source.values, self._visible(source, last, layer.sliding))
            h = layer.after_attention(h, attended, None if own is None else own[:, number])
        return self._text.logits(self._model.norm(h))

    def _visible(self, source: _Layer, last: mx.array, sliding: bool) -> mx.array:
        """bool [rows, 1, 1, places]: the keys that a row's last token sees."""
        position = mx.arange(self._length - source.keys.shape[2], self._length)
        distance = last[:, None, None, None] - position
        return (distance >= 0) & (distance < self._model.window_size) if sliding else distance >= 0
