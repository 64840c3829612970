"""Linear layers that read the same input, as one matrix product: fewer operations in every decode step.

The layers themselves keep views of the joined arrays, so nothing is held twice and mlx-vlm's own code runs on.
"""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
from mlx import nn


class Joined:
    """`Joined([gate, up])(x)` is the outputs side by side on the last axis. Layers of different kinds or precision stay
    apart and are only put side by side."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self._layers = list(layers)
        self._one = self._layers[0] if len(self._layers) == 1 else _join(self._layers)

    def __call__(self, x: mx.array) -> mx.array:
        if self._one is not None:
            out: mx.array = self._one(x)
            return out
        return mx.concatenate([layer(x) for layer in self._layers], axis=-1)


def _join(layers: list[Any]) -> Any | None:
    """One layer for all of them, whose arrays they now share; None where they do not fit together."""
    first = layers[0]
    if not all(type(layer) is type(first) and "bias" not in layer for layer in layers):
        return None
    if type(first) is nn.Linear:
        if len({layer.weight.dtype for layer in layers}) > 1:
            return None
        names, joined = ["weight"], nn.Linear(1, 1, bias=False)
    elif type(first) is nn.QuantizedLinear:
        if len({(layer.bits, layer.group_size, layer.mode, layer.scales.dtype) for layer in layers}) > 1:
            return None
        names = [name for name in ("weight", "scales", "biases") if first.get(name) is not None]
        joined = nn.QuantizedLinear(64, 1, bias=False, group_size=first.group_size, bits=first.bits, mode=first.mode)
    else:
        return None
    for name in names:
        whole = mx.concatenate([layer[name] for layer in layers], axis=0)
        mx.eval(whole)
        start = 0
        for layer in layers:
            end = start + layer[name].shape[0]
            setattr(layer, name, whole[start:end])
            start = end
        mx.eval([layer[name] for layer in layers])
        setattr(joined, name, whole)
    return joined
