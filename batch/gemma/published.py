"""The Gemma 4 family as numbers: dimensions per size, and from them a config.json, parameters, bytes, memory.

The sizes' dimensions are those of the published checkpoints' config.json; everything else is reckoned, by the
same rules that read a checkpoint (`skeleton.py`, `weights.py`).
"""

from collections.abc import Collection
from math import prod
from typing import Any

from batch.gemma.skeleton import Shape, skeleton
from batch.gemma.weights import PLE_SAFE, ROUTER

SIZES = ("e2b", "e4b", "26b-a4b", "31b")
PRECISIONS = ("4bit", "8bit", "bf16")
GROUP_SIZE = 64
VOCABULARY = 262144

SMALL_VISION = {
    "model_type": "gemma4_vision", "hidden_size": 768, "num_hidden_layers": 16, "num_attention_heads": 12,
    "num_key_value_heads": 12, "head_dim": 64, "intermediate_size": 3072, "use_clipped_linears": True,
    "standardize": False, "patch_size": 16, "position_embedding_size": 10240,
}  # fmt: skip
LARGE_VISION = {
    "model_type": "gemma4_vision", "hidden_size": 1152, "num_hidden_layers": 27, "num_attention_heads": 16,
    "num_key_value_heads": 16, "head_dim": 72, "intermediate_size": 4304, "use_clipped_linears": False,
    "standardize": True, "patch_size": 16, "position_embedding_size": 10240,
}  # fmt: skip
AUDIO = {
    "model_type": "gemma4_audio", "hidden_size": 1024, "num_hidden_layers": 12, "num_attention_heads": 8,
    "output_proj_dims": 1536, "subsampling_conv_channels": [128, 32], "use_clipped_linears": True,
}  # fmt: skip
# hidden, layers, layers that share keys and values, sliding layers before each full one
TEXT: dict[str, dict[str, Any]] = {
    "e2b": {
        "hidden_size": 1536, "num_hidden_layers": 35, "num_kv_shared_layers": 20, "sliding_window_pattern": 5,
        "num_attention_heads": 8, "num_key_value_heads": 1, "num_global_key_value_heads": None,
        "intermediate_size": 6144, "use_double_wide_mlp": True, "hidden_size_per_layer_input": 256,
        "sliding_window": 512, "attention_k_eq_v": False,
    },
    "e4b": {
        "hidden_size": 2560, "num_hidden_layers": 42, "num_kv_shared_layers": 18, "sliding_window_pattern": 6,
        "num_attention_heads": 8, "num_key_value_heads": 2, "num_global_key_value_heads": None,
        "intermediate_size": 10240, "use_double_wide_mlp": False, "hidden_size_per_layer_input": 256,
        "sliding_window": 512, "attention_k_eq_v": False,
    },
    "26b-a4b": {
        "hidden_size": 2816, "num_hidden_layers": 30, "num_kv_shared_layers": 0, "sliding_window_pattern": 6,
        "num_attention_heads": 16, "num_key_value_heads": 8, "num_global_key_value_heads": 2,
        "intermediate_size": 2112, "use_double_wide_mlp": False, "hidden_size_per_layer_input": 0,
        "sliding_window": 1024, "attention_k_eq_v": True, "use_bidirectional_attention": "vision",
        "enable_moe_block": True, "num_experts": 128, "top_k_experts": 8, "moe_intermediate_size": 704,
    },
    "31b": {
        "hidden_size": 5376, "num_hidden_layers": 60, "num_kv_shared_layers": 0, "sliding_window_pattern": 6,
        "num_attention_heads": 32, "num_key_value_heads": 16, "num_global_key_value_heads": 4,
        "intermediate_size": 21504, "use_double_wide_mlp": False, "hidden_size_per_layer_input": 0,
        "sliding_window": 1024, "attention_k_eq_v": True, "use_bidirectional_attention": "vision",
    },
}  # fmt: skip


def config_of(size: str, precision: str = "bf16") -> dict[str, Any]:
    """What matters of the config.json of a published checkpoint. `size` of SIZES, `precision` of PRECISIONS."""
    text = dict(TEXT[size])
    pattern = text["sliding_window_pattern"]
    kinds = ["full_attention" if (layer + 1) % pattern == 0 else "sliding_attention"
             for layer in range(text["num_hidden_layers"])]  # fmt: skip
    text |= {
        "model_type": "gemma4_text", "layer_types": kinds, "head_dim": 256, "global_head_dim": 512,
        "vocab_size": VOCABULARY, "vocab_size_per_layer_input": VOCABULARY,
    }  # fmt: skip
    small = size.startswith("e")
    config = {
        "model_type": "gemma4", "dtype": "bfloat16", "text_config": text,
        "vision_config": SMALL_VISION if small else LARGE_VISION, "audio_config": AUDIO if small else None,
    }  # fmt: skip
    if precision != "bf16":
        settings = {"group_size": GROUP_SIZE, "bits": int(precision.removesuffix("bit")), "mode": "affine"}
        config |= {"quantization": settings, "quantization_config": settings}
    return config


def parameters_of(size: str) -> int:
    """All numbers of the model, towers included."""
    return sum(prod(shape) for shape in skeleton(config_of(size)).values())


def tensors_of(size: str, precision: str) -> dict[str, tuple[str, Shape]]:
    """The published checkpoint's tensors: name -> (type, shape). The published 26B has its router quantised too."""
    settings = config_of(size, precision).get("quantization")
    found: dict[str, tuple[str, Shape]] = {}
    for name, shape in skeleton(config_of(size)).items():
        module = name.removesuffix(".weight")
        if settings and (PLE_SAFE.fullmatch(module) or ROUTER.fullmatch(module)):
            found |= quantised_form(module, shape, settings["bits"], settings["group_size"])
        else:
            found[name] = ("BF16", shape)
    return found


def quantised_form(module: str, shape: Shape, bits: int, group_size: int) -> dict[str, tuple[str, Shape]]:
    """The three tensors of a module in MLX's affine form, beside bfloat16."""
    *rows, columns = shape
    groups = ("BF16", (*rows, columns // group_size))
    return {
        f"{module}.weight": ("U32", (*rows, columns * bits // 32)),
        f"{module}.scales": groups,
        f"{module}.biases": groups,
    }


def bytes_of(size: str, precision: str) -> int:
    """Of the weights, on disk and in memory."""
    width = {"BF16": 2, "U32": 4}
    return sum(width[dtype] * prod(shape) for dtype, shape in tensors_of(size, precision).values())


def media_of(size: str) -> Collection[str]:
    """What the size takes. Video goes in as frames, where a config has `video_token_id`: all of them do."""
    return ("image", "audio", "video") if config_of(size)["audio_config"] else ("image", "video")
