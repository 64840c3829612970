"""Tiny checkpoints as transformers saves them: its names and layouts, one file or several, its gaps in config.json."""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tests.gemma import tiny
from tests.gemma.tiny import Architecture

DType = Literal["float32", "bfloat16"]
DROPPED = ("global_head_dim", "num_global_key_value_heads")  # by save_pretrained of transformers 5.23
# From mlx-vlm's layout to PyTorch's.
CONV2D, CONV1D = (0, 3, 1, 2), (0, 2, 1)


def build(
    folder: Path, architecture: Architecture, dtype: DType = "float32", *, shards: int = 1, stacked: bool = True
) -> Path:
    """The same weights as `tiny.build` gives, in Hugging Face's form. `stacked` False: each expert by itself."""
    import mlx.core as mx

    source = tiny.build(folder.with_name(f"{folder.name}.mlx"), architecture)
    folder.mkdir()
    for file in source.iterdir():
        if file.suffix != ".safetensors" and file.name != "config.json":
            shutil.copy(file, folder / file.name)
    shutil.rmtree(source)
    (folder / "config.json").write_text(json.dumps(config(architecture, dtype), indent=2))
    arrays = {
        name: mx.array(value).astype(getattr(mx, dtype)) for name, value in weights(architecture, stacked).items()
    }
    names = sorted(arrays)
    if shards == 1:
        mx.save_safetensors(str(folder / "model.safetensors"), arrays, metadata={"format": "pt"})
        return folder
    place = {name: f"model-{number % shards + 1:05}-of-{shards:05}.safetensors" for number, name in enumerate(names)}
    for file_name in sorted(set(place.values())):
        held = {name: arrays[name] for name in names if place[name] == file_name}
        mx.save_safetensors(str(folder / file_name), held, metadata={"format": "pt"})
    index = {"metadata": {"total_size": sum(value.nbytes for value in arrays.values())}, "weight_map": place}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def config(architecture: Architecture, dtype: DType) -> dict[str, Any]:
    """config.json with what transformers leaves out left out."""
    made = tiny.config(architecture)
    text = {key: value for key, value in made["text_config"].items() if key not in DROPPED}
    made |= {"dtype": dtype, "text_config": {**text, "dtype": dtype}}
    del made["eoa_token_id"]
    if made["audio_config"] is None:
        del made["audio_config"]
    return made


def weights(architecture: Architecture, stacked: bool) -> dict[str, NDArray[np.float32]]:
    """Name -> value, by transformers' names and layouts."""
    found: dict[str, NDArray[np.float32]] = {}
    ours = tiny.weights(architecture)
    for name, value in ours.items():
        theirs = f"model.{name.replace('language_model.model.', 'language_model.')}"
        if "conv.weight" in name and value.ndim == 4:
            found[theirs] = value.transpose(CONV2D)
        elif "depthwise_conv1d" in name:
            found[theirs] = value.transpose(CONV1D)
        elif ".switch_glu." not in name:
            found[theirs] = value
        elif stacked:
            at = theirs.partition(".switch_glu.")[0]
            both = [ours[name.replace("up_proj", part)] for part in ("gate_proj", "up_proj")]
            if "up_proj" in name:
                found[f"{at}.gate_up_proj"] = np.concatenate(both, axis=1)
            elif "down_proj" in name:
                found[f"{at}.down_proj"] = value
        else:
            at, _, rest = theirs.partition(".switch_glu.")
            found |= {f"{at}.{expert}.{rest}": value[expert] for expert in range(len(value))}
    # Rotary tables of older releases, and keys that a layer has and never uses: mlx-vlm passes them over.
    if architecture == "e":
        found["model.language_model.layers.5.self_attn.k_proj.weight"] = np.ones((128, 128), np.float32)
        found["model.language_model.layers.5.self_attn.rotary_emb.inv_freq"] = np.ones(4, np.float32)
    return {name: np.array(value, order="C") for name, value in found.items()}
