"""Every tensor that mlx-vlm's Gemma 4 wants, by name and shape, reckoned from config.json alone.

This is a rule, not the classes themselves: importing mlx-vlm costs seconds. `tests/gemma/test_skeleton.py`
holds it against the classes, for the tiny architectures and for the published dimensions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from batch.errors import ModelError

Shape = tuple[int, ...]
Entry = tuple[str, Shape]

CLIPPING = ("input_max", "input_min", "output_max", "output_min")
MEL_BINS = 128
# mlx-vlm's own defaults for keys that a config.json leaves out (models/gemma4/config.py).
TEXT_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1536, "num_hidden_layers": 35, "intermediate_size": 6144, "num_attention_heads": 8, "head_dim": 256,
    "global_head_dim": 512, "vocab_size": 262144, "vocab_size_per_layer_input": 262144, "num_key_value_heads": 1,
    "num_global_key_value_heads": None, "num_kv_shared_layers": 20, "hidden_size_per_layer_input": 256,
    "sliding_window_pattern": 5, "attention_k_eq_v": False, "use_double_wide_mlp": True, "enable_moe_block": False,
}  # fmt: skip
VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 16, "num_attention_heads": 12,
    "num_key_value_heads": 12, "head_dim": 64, "patch_size": 16, "position_embedding_size": 10240,
    "use_clipped_linears": False, "standardize": False,
}  # fmt: skip
AUDIO_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1024, "num_hidden_layers": 12, "num_attention_heads": 8, "subsampling_conv_channels": (128, 32),
    "conv_kernel_size": 5, "use_clipped_linears": True, "output_proj_dims": 1536,
}  # fmt: skip


def skeleton(config: Mapping[str, Any]) -> dict[str, Shape]:
    """Tensor name -> shape of the unquantised model, in mlx-vlm's form.

    Raises ModelError where config.json has numbers that describe no model.
    """
    try:
        text = {**TEXT_DEFAULTS, **_section(config, "text_config")}
        vision = {**VISION_DEFAULTS, **_section(config, "vision_config")}
        found = dict([*_text(text), *_vision(vision, text["hidden_size"])])
        if hears(config):
            found |= dict(_audio({**AUDIO_DEFAULTS, **_section(config, "audio_config")}, text["hidden_size"]))
    except (TypeError, KeyError, ValueError, IndexError, AttributeError) as exc:
        raise ModelError(f"config.json describes no Gemma 4 model ({type(exc).__name__}: {exc})") from exc
    for name, shape in found.items():
        if any(not isinstance(number, int) or number < 1 for number in shape):
            raise ModelError(f"config.json describes no Gemma 4 model ({name} would have the shape {list(shape)})")
    return found


def hears(config: Mapping[str, Any]) -> bool:
    """Whether mlx-vlm builds an audio tower. A missing key means yes to it, null means no."""
    return config.get("audio_config", {}) is not None


def shared_from(text: Mapping[str, Any]) -> int:
    """The first layer that has no keys and values of its own; the number of layers where all have."""
    settings = {**TEXT_DEFAULTS, **text}
    layers, shared = settings["num_hidden_layers"], settings["num_kv_shared_layers"] or 0
    return int(layers - shared) if 0 < shared < layers else int(layers)


def layer_types(text: Mapping[str, Any]) -> list[str]:
    """sliding_attention or full_attention, per layer."""
    if text.get("layer_types"):
        return list(text["layer_types"])
    pattern = ["sliding_attention"] * (text["sliding_window_pattern"] - 1) + ["full_attention"]
    kinds: list[str] = pattern * (text["num_hidden_layers"] // len(pattern) + 1)
    return kinds[: int(text["num_hidden_layers"])]


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return config.get(name) or {}


def _text(text: Mapping[str, Any]) -> Iterator[Entry]:
    top, hidden, layers = "language_model.model", text["hidden_size"], text["num_hidden_layers"]
    yield f"{top}.embed_tokens.weight", (text["vocab_size"], hidden)
    yield f"{top}.norm.weight", (hidden,)
    width = text["hidden_size_per_layer_input"] or 0
    if width:
        yield f"{top}.embed_tokens_per_layer.weight", (text["vocab_size_per_layer_input"], layers * width)
        yield f"{top}.per_layer_model_projection.weight", (layers * width, hidden)
        yield f"{top}.per_layer_projection_norm.weight", (width,)
    kinds = layer_types(text)
    for layer in range(layers):
        at = f"{top}.layers.{layer}"
        yield from _attention(f"{at}.self_attn", text, kinds[layer], shared=layer >= shared_from(text))
        wide = bool(text["use_double_wide_mlp"]) and layer >= shared_from(text)
        yield from _gated(f"{at}.mlp", hidden, text["intermediate_size"] * (2 if wide else 1))
        yield from _norms(at, hidden, "input_layernorm", "post_attention_layernorm")
        yield from _norms(at, hidden, "pre_feedforward_layernorm", "post_feedforward_layernorm")
        yield f"{at}.layer_scalar", (1,)
        if text["enable_moe_block"]:
            yield from _experts(at, text)
        if width:
            yield f"{at}.per_layer_input_gate.weight", (width, hidden)
            yield f"{at}.per_layer_projection.weight", (hidden, width)
            yield from _norms(at, hidden, "post_per_layer_input_norm")


def _attention(at: str, text: Mapping[str, Any], kind: str, *, shared: bool) -> Iterator[Entry]:
    full, hidden, heads = kind == "full_attention", text["hidden_size"], text["num_attention_heads"]
    width = (text["global_head_dim"] if full else None) or text["head_dim"]
    same = bool(text["attention_k_eq_v"]) and kind != "sliding_attention"  # values are the keys
    kv_heads = (text["num_global_key_value_heads"] if same else None) or text["num_key_value_heads"]
    yield f"{at}.q_proj.weight", (heads * width, hidden)
    yield f"{at}.o_proj.weight", (hidden, heads * width)
    yield f"{at}.q_norm.weight", (width,)
    if shared:
        return
    yield f"{at}.k_proj.weight", (kv_heads * width, hidden)
    yield f"{at}.k_norm.weight", (width,)
    if not same:
        yield f"{at}.v_proj.weight", (kv_heads * width, hidden)


def _gated(at: str, hidden: int, inner: int, *before: int, suffix: str = "weight") -> Iterator[Entry]:
    """gate, up and down projections, with `before` as leading dimensions."""
    yield f"{at}.gate_proj.{suffix}", (*before, inner, hidden)
    yield f"{at}.up_proj.{suffix}", (*before, inner, hidden)
    yield f"{at}.down_proj.{suffix}", (*before, hidden, inner)


def _experts(at: str, text: Mapping[str, Any]) -> Iterator[Entry]:
    hidden, experts = text["hidden_size"], text["num_experts"]
    yield from _gated(f"{at}.experts.switch_glu", hidden, text["moe_intermediate_size"], experts)
    yield f"{at}.router.proj.weight", (experts, hidden)
    yield f"{at}.router.scale", (hidden,)
    yield f"{at}.router.per_expert_scale", (experts,)
    yield from _norms(at, hidden, "post_feedforward_layernorm_1", "post_feedforward_layernorm_2")
    yield from _norms(at, hidden, "pre_feedforward_layernorm_2")


def _vision(vision: Mapping[str, Any], text_hidden: int) -> Iterator[Entry]:
    hidden, width, clipped = vision["hidden_size"], vision["head_dim"], vision["use_clipped_linears"]
    queries, keys = vision["num_attention_heads"] * width, vision["num_key_value_heads"] * width
    yield "embed_vision.embedding_projection.weight", (text_hidden, hidden)
    yield "vision_tower.patch_embedder.input_proj.weight", (hidden, 3 * vision["patch_size"] ** 2)
    yield "vision_tower.patch_embedder.position_embedding_table", (2, vision["position_embedding_size"], hidden)
    if vision["standardize"]:
        yield "vision_tower.std_bias", (hidden,)
        yield "vision_tower.std_scale", (hidden,)
    for layer in range(vision["num_hidden_layers"]):
        at = f"vision_tower.encoder.layers.{layer}"
        linears = [
            (f"{at}.self_attn.q_proj", (queries, hidden)),
            (f"{at}.self_attn.k_proj", (keys, hidden)),
            (f"{at}.self_attn.v_proj", (keys, hidden)),
            (f"{at}.self_attn.o_proj", (hidden, queries)),
            *_gated(f"{at}.mlp", hidden, vision["intermediate_size"]),
        ]
        for name, shape in linears:
            yield from _clippable(name.removesuffix(".weight"), shape, clipped)
        yield from _norms(f"{at}.self_attn", width, "q_norm", "k_norm")
        yield from _norms(at, hidden, "input_layernorm", "post_attention_layernorm")
        yield from _norms(at, hidden, "pre_feedforward_layernorm", "post_feedforward_layernorm")


def _audio(audio: Mapping[str, Any], text_hidden: int) -> Iterator[Entry]:
    hidden, clipped, out = audio["hidden_size"], audio["use_clipped_linears"], audio["output_proj_dims"]
    first, second = audio["subsampling_conv_channels"]
    yield "embed_audio.embedding_projection.weight", (text_hidden, out or hidden)
    if out:
        yield "audio_tower.output_proj.weight", (out, hidden)
        yield "audio_tower.output_proj.bias", (out,)
    at = "audio_tower.subsample_conv_projection"
    yield f"{at}.input_proj_linear.weight", (hidden, second * MEL_BINS // 4)
    yield f"{at}.layer0.conv.weight", (first, 3, 3, 1)
    yield f"{at}.layer1.conv.weight", (second, 3, 3, first)
    yield from _norms(at, first, "layer0.norm")
    yield from _norms(at, second, "layer1.norm")
    for layer in range(audio["num_hidden_layers"]):
        yield from _conformer(f"audio_tower.layers.{layer}", audio, hidden, clipped)


def _conformer(at: str, audio: Mapping[str, Any], hidden: int, clipped: bool) -> Iterator[Entry]:
    for block in ("feed_forward1", "feed_forward2"):
        yield from _clippable(f"{at}.{block}.ffw_layer_1", (4 * hidden, hidden), clipped)
        yield from _clippable(f"{at}.{block}.ffw_layer_2", (hidden, 4 * hidden), clipped)
        yield from _norms(f"{at}.{block}", hidden, "pre_layer_norm", "post_layer_norm")
    yield from _clippable(f"{at}.lconv1d.linear_start", (2 * hidden, hidden), clipped)
    yield from _clippable(f"{at}.lconv1d.linear_end", (hidden, hidden), clipped)
    yield f"{at}.lconv1d.depthwise_conv1d.weight", (hidden, audio["conv_kernel_size"], 1)
    yield from _norms(f"{at}.lconv1d", hidden, "pre_layer_norm", "conv_norm")
    for name in ("q_proj", "k_proj", "v_proj", "post"):
        yield from _clippable(f"{at}.self_attn.{name}", (hidden, hidden), clipped)
    yield f"{at}.self_attn.relative_k_proj.weight", (hidden, hidden)
    yield f"{at}.self_attn.per_dim_scale", (hidden // audio["num_attention_heads"],)
    yield from _norms(at, hidden, "norm_pre_attn", "norm_post_attn", "norm_out")


def _clippable(at: str, shape: Shape, clipped: bool) -> Iterator[Entry]:
    yield f"{at}.linear.weight", shape
    if clipped:
        yield from ((f"{at}.{bound}", ()) for bound in CLIPPING)


def _norms(at: str, width: int, *names: str) -> Iterator[Entry]:
    yield from ((f"{at}.{name}.weight", (width,)) for name in names)
