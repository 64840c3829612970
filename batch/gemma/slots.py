"""How many requests to decode at once when the config says `auto`."""

from collections.abc import Mapping
from typing import Any

CPU_SLOTS = 8
MOST_SLOTS = 256  # beyond, a step was no longer flat on any device tried (docs/performance.md)
CONTEXT_TOKENS = 4096  # what a request is assumed to need: a prompt with media, and its answer
RESERVE_BYTES = 2 * 1024**3  # activations of one prefill, and the media towers
SLOT_BYTES = 64 * 1024**2  # logits and padding a slot costs beside its cache


def choose_slots(config: Mapping[str, Any], *, weight_bytes: int, memory_bytes: int | None) -> int:
    """As many as fit beside the weights, 1 to MOST_SLOTS. `memory_bytes` None: a CPU backend, always 8.

    `config` is the checkpoint's config.json. The cache is reckoned at two bytes a number.
    """
    if memory_bytes is None:
        return CPU_SLOTS
    fitting = (memory_bytes - weight_bytes - RESERVE_BYTES) // (cache_bytes(config) + SLOT_BYTES)
    return max(1, min(MOST_SLOTS, fitting))


def cache_bytes(config: Mapping[str, Any], tokens: int = CONTEXT_TOKENS) -> int:
    """Key and value cache of one request; layers that share another's cache cost nothing."""
    text = config["text_config"]
    layer_types = text["layer_types"]
    owned = layer_types[: len(layer_types) - (text.get("num_kv_shared_layers") or 0)]
    heads, head_dim = text["num_key_value_heads"], text["head_dim"]
    full_heads = (text.get("num_global_key_value_heads") if text.get("attention_k_eq_v") else None) or heads
    full_dim = text.get("global_head_dim") or head_dim
    window = min(text["sliding_window"], tokens)
    numbers: int = sum(
        full_heads * full_dim * tokens if kind == "full_attention" else heads * head_dim * window for kind in owned
    )
    return 2 * 2 * numbers
