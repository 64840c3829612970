import json
from typing import Any

from batch.gemma.slots import MOST_SLOTS, cache_bytes, choose_slots
from tests.gemma.tiny import DEMO

GIB = 1024**3
E4B: dict[str, Any] = {
    "text_config": {
        "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 7, "num_kv_shared_layers": 18,
        "num_key_value_heads": 2, "num_global_key_value_heads": None, "head_dim": 256, "global_head_dim": 512,
        "sliding_window": 512, "attention_k_eq_v": False,
    }
}  # fmt: skip
DENSE: dict[str, Any] = {
    "text_config": {
        "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 10, "num_kv_shared_layers": 0,
        "num_key_value_heads": 16, "num_global_key_value_heads": 4, "head_dim": 256, "global_head_dim": 512,
        "sliding_window": 1024, "attention_k_eq_v": True,
    }
}  # fmt: skip


def test_a_cpu_has_eight_slots() -> None:
    config = json.loads((DEMO / "config.json").read_text(encoding="utf-8"))
    assert choose_slots(config, weight_bytes=11 * 10**6, memory_bytes=None) == 8


def test_a_cache_counts_own_layers_windows_and_global_heads() -> None:
    # 24 own layers, 4 of them full: keys and values of 2 bytes.
    assert cache_bytes(E4B, 4096) == 4 * (20 * 2 * 256 * 512 + 4 * 2 * 512 * 4096)
    assert cache_bytes(DENSE, 4096) == 4 * (50 * 16 * 256 * 1024 + 10 * 4 * 512 * 4096)


def test_more_memory_gives_more_slots_up_to_the_most() -> None:
    chosen = [choose_slots(DENSE, weight_bytes=20 * GIB, memory_bytes=size * GIB) for size in (24, 26, 30, 960)]
    assert chosen == sorted(chosen)
    assert (chosen[0], chosen[-1]) == (1, MOST_SLOTS)
    assert 1 < chosen[2] < MOST_SLOTS


def test_a_model_that_barely_fits_still_runs_one_at_a_time() -> None:
    assert choose_slots(DENSE, weight_bytes=20 * GIB, memory_bytes=16 * GIB) == 1
