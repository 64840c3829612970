"""Does this checkpoint fit this machine, and how many requests at once? Reckoned from headers before a job, so that a
night is not spent on an out-of-memory.

    weights   the tensors' bytes, in the dtype they are cast to (headers)
    a slot    its key and value cache and SLOT_BYTES (slots.py)
    media     the widest arrays of a batch of pictures in the vision tower
    rest      MLX's cache of freed buffers, one prefill's activations, the towers: RESERVE_BYTES (slots.py)

The machine gives USABLE of its memory; `engine.memory` in the config says it otherwise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

from batch.errors import ModelError
from batch.gemma.headers import read_headers, read_json
from batch.gemma.slots import MOST_SLOTS, RESERVE_BYTES, SLOT_BYTES, cache_bytes
from batch.machine.memory import USABLE, memory_bytes

DType = Literal["auto", "float32", "bfloat16"]

PATCHES_PER_SOFT_TOKEN = 9
SOFT_TOKENS_AT_ONCE = 8 * 280  # of the pictures that are encoded together: eight of the usual budget, fewer larger ones
# A small model's activations are small: the demonstration model (11 MB) stays under 100 MB in all (measured).
RESERVE_SHARE = 10
FLOATS = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}
WIDTHS = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes: `fixed` whatever runs (weights among them), and `slot` for each request that runs."""

    weights: int
    fixed: int
    slot: int

    def total(self, slots: int) -> int:
        return self.fixed + slots * self.slot

    def fitting(self, budget: int) -> int:
        """How many slots fit; below 1: none."""
        return (budget - self.fixed) // self.slot


def loaded_bytes(model_path: Path, dtype: DType) -> int:
    """The weights in memory: floating-point tensors in `dtype`, packed ones as they are. From the headers."""
    width = WIDTHS.get(dtype)
    return sum(
        prod(tensor.shape) * width if width and tensor.dtype in FLOATS else tensor.nbytes
        for tensor in read_headers(model_path).values()
    )


def need(model_path: Path, dtype: DType, soft_tokens: int = 280) -> Need:
    """What a job needs of memory. Raises ModelError where config.json or a header cannot be read."""
    config = read_json(model_path / "config.json")
    weights = loaded_bytes(model_path, dtype)
    try:
        return need_of(config, weights, soft_tokens)
    except (KeyError, TypeError) as exc:
        raise ModelError(f"{model_path / 'config.json'}: no {exc}; download the model again") from exc


def need_of(config: Mapping[str, Any], weights: int, soft_tokens: int = 280) -> Need:
    """What a model of this config.json needs, with so many bytes of weights."""
    slot = cache_bytes(config) + SLOT_BYTES
    return Need(weights, weights + _media_and_rest(config, weights, soft_tokens), slot)


def planned_bytes(config: Mapping[str, Any], weights: int, tokens: Iterable[int], soft_tokens: int = 0) -> int:
    """What it comes to when requests of so many `tokens` each (the prompt and the longest answer) run together, while
    one with pictures of `soft_tokens` is encoded."""
    slots = sum(cache_bytes(config, count) + SLOT_BYTES for count in tokens)
    return weights + _media_and_rest(config, weights, soft_tokens) + slots


def check_memory(
    model_path: Path,
    dtype: DType,
    *,
    slots: int | None = None,
    memory: int | None = None,
    soft_tokens: int = 280,
    machine: int | None = None,
) -> int:
    """How many slots fit, at most MOST_SLOTS. `slots` and `memory`: what the config asks for, None for `auto`;
    `machine`: the machine's memory, read where it is None.

    Raises ModelError with the figures where not even one fits, or fewer than were asked for.
    """
    total = memory_bytes() if machine is None and memory is None else machine or 0
    budget = memory if memory is not None else round(total * USABLE)
    wanted = need(model_path, dtype, soft_tokens)
    fitting = wanted.fitting(budget)
    if fitting >= (slots or 1):
        return slots or min(MOST_SLOTS, fitting)
    given = (
        f"engine.memory allows {_gb(budget)}"
        if memory is not None
        else f"this machine can give {_gb(budget)} of its {_gb(total)} (engine.memory says it otherwise)"
    )
    figures = (
        f"weights {_gb(wanted.weights)}, media and working memory {_gb(wanted.fixed - wanted.weights)}, "
        f"{_gb(wanted.slot)} for each request that runs"
    )
    if fitting >= 1:
        raise ModelError(
            f"{model_path}: engine.slots is {slots}, which needs about {_gb(wanted.total(slots or 1))} ({figures}), "
            f"and {given}: {fitting} fit; set engine.slots: {fitting}, or auto"
        )
    raise ModelError(
        f"{model_path}: needs about {_gb(wanted.total(1))} to run one request at a time ({figures}), and {given}; use "
        "a smaller checkpoint, such as model: e2b-4bit (7.6 GB), or a machine with more memory"
    )


def fits(model_path: Path, dtype: DType) -> str | None:
    """Why it does not fit this machine, or None where it does."""
    try:
        check_memory(model_path, dtype)
    except ModelError as exc:
        return str(exc)
    return None


def _media_and_rest(config: Mapping[str, Any], weights: int, soft_tokens: int) -> int:
    vision = config.get("vision_config") or {}
    width = 3 * vision.get("hidden_size", 0) + 2 * vision.get("intermediate_size", 0)  # q, k, v; gate, up
    tower: int = 2 * PATCHES_PER_SOFT_TOKEN * max(SOFT_TOKENS_AT_ONCE, soft_tokens) * width
    # RESERVE_BYTES has room for it; only what goes beyond a quarter is added.
    return min(RESERVE_BYTES, RESERVE_SHARE * weights) + max(0, tower - RESERVE_BYTES // 4)


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
