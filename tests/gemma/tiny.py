"""Tiny random Gemma 4 checkpoints in MLX form, of the three published architectures, without torch.

`e` is built like E2B and E4B (per-layer embeddings, shared key-value layers, vision, audio), `moe` like
26B-A4B, `dense` like 31B. Every weight comes from PCG64's raw output in the order of the sorted names, so
they are the same bits on every machine and under every NumPy, and figures of the reference can be committed.
"""

import json
import math
import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

import batch.gemma

Architecture = Literal["e", "moe", "dense"]
ARCHITECTURES: tuple[Architecture, ...] = ("e", "moe", "dense")
VOCABULARY = 1024
WINDOW = 32
SOFT_TOKENS = 70
SPECIAL = {
    "<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3, "<mask>": 4, "<|think|>": 98, "<|channel>": 100, "<channel|>": 101,
    "<|turn>": 105, "<turn|>": 106, "<|image>": 1016, "<|audio>": 1017, "<|image|>": 1018, "<|audio|>": 1019,
    "<image|>": 1020, "<audio|>": 1021, "<|video|>": 1022,
}  # fmt: skip
DEMO = Path(batch.gemma.__file__).parent / "demo"

SLIDING, FULL = "sliding_attention", "full_attention"
TEXT: dict[str, Any] = {
    "model_type": "gemma4_text", "vocab_size": VOCABULARY, "vocab_size_per_layer_input": VOCABULARY, "hidden_size": 128,
    "intermediate_size": 128, "num_attention_heads": 2, "head_dim": 64, "global_head_dim": 128,
    "sliding_window": WINDOW, "max_position_embeddings": 8192, "final_logit_softcapping": 30.0, "rms_norm_eps": 1e-6,
    "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "tie_word_embeddings": True,
    "rope_parameters": {
        FULL: {"partial_rotary_factor": 0.25, "rope_theta": 1e6, "rope_type": "proportional"},
        SLIDING: {"rope_theta": 1e4, "rope_type": "default"},
    },
}  # fmt: skip
LARGE = {
    "num_hidden_layers": 4, "layer_types": [SLIDING, SLIDING, SLIDING, FULL], "num_key_value_heads": 2,
    "num_global_key_value_heads": 1, "num_kv_shared_layers": 0, "hidden_size_per_layer_input": 0,
    "attention_k_eq_v": True, "use_bidirectional_attention": "vision", "use_double_wide_mlp": False,
}  # fmt: skip
TEXTS: dict[Architecture, dict[str, Any]] = {
    "e": {
        "num_hidden_layers": 6, "layer_types": [SLIDING, SLIDING, FULL] * 2, "num_key_value_heads": 1,
        "num_kv_shared_layers": 3, "hidden_size_per_layer_input": 64, "use_double_wide_mlp": True,
    },
    "moe": {**LARGE, "enable_moe_block": True, "num_experts": 8, "top_k_experts": 2, "moe_intermediate_size": 64},
    "dense": LARGE,
}  # fmt: skip
VISION = {
    "model_type": "gemma4_vision", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 32, "global_head_dim": 32, "patch_size": 16,
    "pooling_kernel_size": 3, "position_embedding_size": 256, "default_output_length": SOFT_TOKENS,
    "rope_parameters": {"rope_theta": 100.0, "rope_type": "default"},
}  # fmt: skip
# subsampling_conv_channels[0] must be 128: the reference sizes a projection by it.
SOUND = {
    "model_type": "gemma4_audio", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "subsampling_conv_channels": [128, 8], "output_proj_dims": 64, "use_clipped_linears": True,
}  # fmt: skip


def config(architecture: Architecture) -> dict[str, Any]:
    """What config.json says."""
    small = architecture == "e"
    return {
        "model_type": "gemma4", "architectures": ["Gemma4ForConditionalGeneration"], "dtype": "float32",
        "text_config": {**TEXT, **TEXTS[architecture], "dtype": "float32"},
        "vision_config": {**VISION, "use_clipped_linears": small, "standardize": not small},
        "audio_config": SOUND if small else None,
        "image_token_id": 1018, "audio_token_id": 1019, "video_token_id": 1022, "boi_token_id": 1016,
        "eoi_token_id": 1020, "boa_token_id": 1017, "eoa_token_id": 1021, "eoa_token_index": 1021,
        "vision_soft_tokens_per_image": SOFT_TOKENS, "eos_token_id": [1, 106], "tie_word_embeddings": True,
    }  # fmt: skip


def build(folder: Path, architecture: Architecture) -> Path:
    """Write the checkpoint; returns `folder`."""
    import mlx.core as mx

    folder.mkdir(parents=True)
    _write(folder / "config.json", config(architecture))
    _write(folder / "generation_config.json", {"bos_token_id": 2, "eos_token_id": [1, 106], "pad_token_id": 0})
    processor = json.loads((DEMO / "processor_config.json").read_text(encoding="utf-8"))
    processor["image_processor"]["max_soft_tokens"] = SOFT_TOKENS
    _write(folder / "processor_config.json", processor)
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(DEMO / name, folder / name)
    tokenizer().save(str(folder / "tokenizer.json"))
    mx.save_safetensors(
        str(folder / "model.safetensors"),
        {name: mx.array(value) for name, value in weights(architecture).items()},
        metadata={"format": "mlx"},
    )
    return folder


def weights(architecture: Architecture) -> dict[str, NDArray[np.float32]]:
    """Name -> value, by mlx-vlm's names and layouts."""
    from mlx.utils import tree_flatten
    from mlx_vlm.models import gemma4
    from mlx_vlm.utils import update_module_configs

    settings = config(architecture)
    model_config = gemma4.ModelConfig.from_dict(settings)
    model = gemma4.Model(update_module_configs(model_config, gemma4, settings, ["text", "vision", "audio"]))
    noise = Noise(1)
    shapes = sorted((name, value.shape) for name, value in tree_flatten(model.parameters()))
    return {name: _weight(name, shape, noise) for name, shape in shapes}


class Noise:
    """Uniform numbers of mean 0 and variance 1 from PCG64's raw bits, which no NumPy release changes."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def __call__(self, *shape: int) -> NDArray[np.float32]:
        raw = self._bits.random_raw(math.prod(shape)) >> np.uint64(40)
        unit = raw.astype(np.float32) / np.float32(2**23) - np.float32(1)
        return (unit * np.float32(math.sqrt(3))).reshape(shape)

    def integers(self, low: int, high: int, count: int) -> NDArray[np.int32]:
        """`count` whole numbers, `low` included, `high` not."""
        raw = self._bits.random_raw(count) >> np.uint64(32)
        return (low + (raw % np.uint64(high - low)).astype(np.int64)).astype(np.int32)


def _weight(name: str, shape: tuple[int, ...], noise: Noise) -> NDArray[np.float32]:
    """Away from 1 and 0, so that every part matters; sharp attention, so that outputs depend on the context."""
    *_, module, leaf = ["", *name.split(".")]
    drawn = noise(*shape)
    if leaf in ("input_min", "output_min"):
        value = np.full(shape, -6.0)
    elif leaf in ("input_max", "output_max"):
        value = np.full(shape, 6.0)
    elif len(shape) >= 2:
        fan_in = shape[-1] if "embed" in name or "experts" in name else math.prod(shape[1:])
        gain = 2.0 if module in ("q_proj", "k_proj") else 1.2
        if module == "embed_tokens":
            gain = 0.4  # tied: a louder one would answer with the last token, whatever came before
        value = drawn * np.float32(gain / math.sqrt(fan_in))
    elif leaf == "layer_scalar":
        value = 0.9 + 0.05 * drawn
    elif leaf in ("std_bias", "bias"):
        value = 0.1 * drawn
    else:  # norms and scales
        value = 1 + 0.2 * drawn
        if name == "language_model.model.norm.weight":
            value *= 8  # logits as large as a trained model's
        elif module == "q_norm":
            value *= 0.4  # attention that rests on several tokens, and does not blow rounding up
    return value.astype(np.float32)


def tokenizer() -> Tokenizer:
    """One token a character, one a byte, and a distinct word for every other id."""
    vocabulary = dict(SPECIAL)
    free = iter(id for id in range(VOCABULARY) if id not in SPECIAL.values())
    pieces = [f"<0x{byte:02X}>" for byte in range(256)] + ["▁", "\n"] + [chr(code) for code in range(33, 127)]
    vocabulary.update({piece: next(free) for piece in pieces})
    vocabulary.update({f"<unused{id}>": id for id in free})
    made = Tokenizer(models.BPE(vocabulary, [], byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL])
    return made


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
