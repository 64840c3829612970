"""What one decode step is made of: building its graph, launching it, waiting for it, and how many operations it has."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from statistics import median
from typing import Any

import mlx.core as mx
import numpy as np

from batch.gemma.adapter import Gemma
from batch.gemma.decoding.cache import SlotCache, shapes_of
from batch.gemma.decoding.decode import steps_of

STEPS = 40
NOT_COUNTED = 8
# Nodes that only look at what is there in another way.
VIEWS = {
    "Broadcast",
    "Reshape",
    "Transpose",
    "Slice",
    "ExpandDims",
    "Squeeze",
    "Flatten",
    "Unflatten",
    "AsStrided",
    "Split",
}


@dataclass(frozen=True)
class Profile:
    """Milliseconds on the host, medians: the graph is built, handed to the device, and the tokens of the step before
    are waited for. `operations`: nodes of the graph that the device works on."""

    rows: int
    length: int
    build_ms: float
    launch_ms: float
    wait_ms: float
    step_ms: float
    operations: int


def of_ours(gemma: Gemma, rows: int, length: int, *, compiled: bool) -> Profile:
    greedy, _ = steps_of(gemma.text, compiled)
    cache = SlotCache(shapes_of(gemma.text.model), gemma.text.dtype)
    cache.resize(rows, [])
    cache.reserve(length + STEPS)
    tokens, positions, live = (
        mx.zeros((rows,), mx.int32),
        mx.full((rows,), length, mx.int32),
        mx.ones((rows,), mx.int32),
    )

    def build() -> list[Any]:
        nonlocal tokens, positions
        tokens, positions, keys, values = greedy(tokens, positions, live, cache.keys, cache.values)
        cache.keys, cache.values = list(keys), list(values)
        return [tokens, positions, cache.keys, cache.values]

    return _profile(build, rows, length)


def of_stock(model: Any, rows: int, length: int) -> Profile:
    """mlx-vlm's own model and caches, as its BatchGenerator calls them, without its bookkeeping."""
    cache = model.language_model.make_cache()
    ids = np.random.default_rng(0).integers(0, 1000, (rows, length)).astype(np.int32)
    embedded = {key: one for key, one in model.get_input_embeddings(mx.array(ids)).to_dict().items() if one is not None}
    first = model.language_model(mx.array(ids), cache=cache, logits_to_keep=1, **embedded)
    tokens = mx.argmax(first.logits[:, -1], axis=-1)
    mx.eval(tokens)

    def build() -> list[Any]:
        nonlocal tokens
        tokens = mx.argmax(model.language_model(tokens[:, None], cache=cache).logits[:, -1], axis=-1)
        return [tokens]

    return _profile(build, rows, length)


def _profile(build: Callable[[], list[Any]], rows: int, length: int) -> Profile:
    taken: list[tuple[float, float, float]] = []
    before: mx.array | None = None
    operations = 0
    for number in range(STEPS):
        began = time.perf_counter()
        arrays = build()
        built = time.perf_counter()
        if number == 2:
            operations = _operations(arrays[0])
        asking = time.perf_counter()
        mx.async_eval(*arrays)  # type: ignore[no-untyped-call]
        asked = time.perf_counter()
        if before is not None:
            before.tolist()
        taken.append((built - began, asked - asking, time.perf_counter() - asked))
        before = arrays[0]
    build_ms, launch_ms, wait_ms = (1000 * median(column) for column in zip(*taken[NOT_COUNTED:], strict=True))
    step_ms = 1000 * median(sum(one) for one in taken[NOT_COUNTED:])
    return Profile(rows, length, build_ms, launch_ms, wait_ms, step_ms, operations)


def _operations(array: mx.array) -> int:
    dot = StringIO()
    mx.export_to_dot(dot, array)
    labels = re.findall(r'\[label ="([^"]*)"', dot.getvalue())
    return sum(label not in VIEWS for label in labels)
