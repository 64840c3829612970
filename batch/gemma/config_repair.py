"""config.json as mlx-vlm needs it, where other writers leave something out that the tensors tell.

transformers 5.23 drops `global_head_dim` and `num_global_key_value_heads` when it saves a model; mlx-vlm then
builds layers of another shape. A missing `audio_config` makes it build an audio tower.
"""

from collections.abc import Mapping
from typing import Any

from batch.gemma.headers import Tensor
from batch.gemma.skeleton import TEXT_DEFAULTS, layer_types
from batch.gemma.weights import canonical

DTYPE_KEYS = ("dtype", "torch_dtype")


def repaired(config: Mapping[str, Any], headers: Mapping[str, Tensor]) -> dict[str, Any]:
    """The config with what is missing put back. What is there is never changed."""
    shapes = {canonical(name): tensor.shape for name, tensor in headers.items()}
    fixed = {**config, "text_config": _text(config.get("text_config") or {}, shapes)}
    if "audio_config" not in fixed and not any(name.startswith("audio_tower.") for name in shapes):
        fixed["audio_config"] = None
    if fixed.get("eoa_token_id") is None and fixed.get("eoa_token_index") is not None:
        fixed["eoa_token_id"] = fixed["eoa_token_index"]
    return fixed


def with_dtype(config: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """The config for weights of another type; sections that name one are changed with it."""
    fixed = {**config, "dtype": dtype}
    for name, section in config.items():
        if isinstance(section, dict) and any(key in section for key in DTYPE_KEYS):
            fixed[name] = {**section, **{key: dtype for key in DTYPE_KEYS if key in section}}
    if "torch_dtype" in fixed:
        fixed["torch_dtype"] = dtype
    return fixed


def _text(text: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    settings = {**TEXT_DEFAULTS, **text}
    kinds = layer_types(settings)
    full = [f"language_model.model.layers.{layer}.self_attn" for layer, kind in enumerate(kinds)
            if kind == "full_attention"]  # fmt: skip
    fixed = dict(text)
    queries = _rows(shapes, full, "q_proj")
    if text.get("global_head_dim") is None and queries:
        fixed["global_head_dim"] = queries // settings["num_attention_heads"]
    keys = _rows(shapes, full, "k_proj")
    if settings["attention_k_eq_v"] and text.get("num_global_key_value_heads") is None and keys:
        fixed["num_global_key_value_heads"] = keys // (fixed.get("global_head_dim") or settings["head_dim"])
    return fixed


def _rows(shapes: Mapping[str, tuple[int, ...]], modules: list[str], projection: str) -> int | None:
    found = (shapes.get(f"{module}.{projection}.weight") for module in modules)
    return next((shape[0] for shape in found if shape), None)
