"""What a tensor's name in a checkpoint means: which tensors of mlx-vlm's model it becomes, and which path it is of.

The rules are those of mlx-vlm 0.7.10's `sanitize` (models/gemma4/gemma4.py and language.py). A name that no rule
knows keeps its own, and is then unexpected: nothing is guessed.
"""

import re
from collections.abc import Mapping
from typing import Any

from batch.gemma.skeleton import CLIPPING, hears, shared_from
from batch.gemma.weights import PLE_TABLE, canonical

FUSED = re.compile(r"(?P<at>.+\.experts)\.(?P<name>gate_up_proj|down_proj)(?:\.(?P<part>weight|scales|biases))?")
SINGLE = re.compile(r"(?P<at>.+\.experts)\.(?P<expert>\d+)\.(?P<name>(?:gate|up|down)_proj)\.(?P<part>\w+)")
OWN_KEYS = re.compile(r"language_model\.model\.layers\.(\d+)\.self_attn\.(?:k_proj|v_proj|k_norm|v_norm)\..+")
PARTS = ("weight", "scales", "biases")

LAYER = r"language_model\.model\.layers\.\d+\."
# First match wins. Norms and the layer scalars of the text model are one path; a tower is one, norms included.
PATHS: dict[str, re.Pattern[str]] = {
    "vision": re.compile(r"(?:vision_tower|embed_vision)\..+"),
    "audio": re.compile(r"(?:audio_tower|embed_audio)\..+"),
    "norms": re.compile(rf"{LAYER}(?:layer_scalar|(?:\w+\.)?\w*norm\w*\.\w+)|language_model\.model\.\w*norm\.\w+"),
    "attention": re.compile(rf"{LAYER}self_attn\.[qkvo]_proj\.\w+"),
    "mlp": re.compile(rf"{LAYER}mlp\.(?:gate|up|down)_proj\.\w+"),
    "experts": re.compile(rf"{LAYER}experts\..+"),
    "router": re.compile(rf"{LAYER}router\..+"),
    "ple": re.compile(
        rf"{LAYER}(?:per_layer_input_gate|per_layer_projection)\.\w+|"
        rf"language_model\.model\.(?:{PLE_TABLE}|per_layer_model_projection)\.\w+"
    ),
    "embeddings": re.compile(r"language_model\.model\.embed_tokens\.\w+"),
}
ORDER = ("attention", "mlp", "experts", "router", "embeddings", "ple", "vision", "audio", "norms", "unused", "unknown")


def targets(name: str) -> tuple[str, ...]:
    """The model's tensors that a checkpoint's tensor becomes, or is a part of: two for fused experts."""
    own = canonical(name)
    if fused := FUSED.fullmatch(own):
        part = fused["part"] or "weight"
        names = ("gate_proj", "up_proj") if fused["name"] == "gate_up_proj" else ("down_proj",)
        return tuple(f"{fused['at']}.switch_glu.{target}.{part}" for target in names)
    if single := SINGLE.fullmatch(own):
        return (f"{single['at']}.switch_glu.{single['name']}.{single['part']}",)
    return (own,)


def unused(name: str, config: Mapping[str, Any]) -> bool:
    """Whether mlx-vlm passes this tensor over: rotary tables, bounds that are not used, keys of sharing layers."""
    own = canonical(name)
    if "rotary_emb" in own:
        return True
    if own.rpartition(".")[2] in CLIPPING:
        if "vision_tower" in own:
            return not (config.get("vision_config") or {}).get("use_clipped_linears")
        if "audio_tower" not in own:
            return True
    if not hears(config) and ("audio_tower" in own or "embed_audio" in own):
        return True
    keys = OWN_KEYS.fullmatch(own)
    return keys is not None and int(keys[1]) >= shared_from(config.get("text_config") or {})


def path_of(target: str) -> str:
    """One of ORDER, for a tensor of the model; unknown where no rule knows it."""
    return next((path for path, pattern in PATHS.items() if pattern.fullmatch(target)), "unknown")


def module_of(target: str) -> tuple[str, str]:
    """Module and part: (..q_proj, scales). The part is empty for a tensor that is none of a module's PARTS."""
    module, _, part = target.rpartition(".")
    return (module, part) if part in PARTS else (target, "")
