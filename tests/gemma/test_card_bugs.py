"""The bugs that the published model card names, each with a test that fails if it comes back here or in mlx-vlm.

    1  the PLE path's ScaledLinear was no Linear, so that quantising and loading passed it over
    2  stock quantisation takes the PLE path with it
    3  saving the processor drops the feature extractor, and audio is dropped in silence
    4  a mixture's experts (SwitchLinear) were not quantised
    5  the chat template is not applied

The three faults against the reference are in test_parity.py (`test_fault_1_...` to `test_fault_3_...`); what a
conversion makes of 2, 3 and 4 is in test_convert.py.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx import nn
from mlx.utils import tree_flatten
from mlx_vlm.models.gemma4 import language
from mlx_vlm.utils import load_model

from batch.errors import ModelError
from batch.gemma.adapter import Gemma
from batch.gemma.features import audio_tokens
from batch.gemma.processor import Processor
from batch.gemma.weights import PLE_SAFE, ple_grade, preflight
from batch.records import RequestKey
from tests.gemma.rows import mixed, prepared
from tests.gemma.tiny import DEMO, Architecture

Tiny = Callable[[Architecture], Path]
PLE = ("embed_tokens_per_layer", "per_layer_model_projection", "per_layer_input_gate", "per_layer_projection")


def quantised(source: Path, folder: Path, bits: int, chosen: Callable[[str], bool]) -> Path:
    """A copy with the chosen modules quantised by MLX, in the form mlx-vlm writes and reads."""
    model = load_model(source)
    nn.quantize(
        model, group_size=64, bits=bits,
        class_predicate=lambda path, module: hasattr(module, "to_quantized") and chosen(path),
    )  # fmt: skip
    shutil.copytree(source, folder)
    config = json.loads((folder / "config.json").read_text())
    config["quantization"] = {"group_size": 64, "bits": bits, "mode": "affine"}
    (folder / "config.json").write_text(json.dumps(config))
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())), {"format": "mlx"})
    return folder


def test_bug_1_the_ple_path_is_made_of_layers_that_quantise_and_load_with_their_scale(
    tiny: Tiny, tmp_path: Path
) -> None:
    assert not hasattr(language, "ScaledLinear")
    folder = quantised(tiny("e"), tmp_path / "ple8", 8, lambda path: any(path.endswith(name) for name in PLE))
    model = Gemma.load(folder, "float32").model.language_model.model
    assert isinstance(model.per_layer_model_projection, nn.QuantizedLinear)
    assert isinstance(model.embed_tokens_per_layer, nn.QuantizedEmbedding)
    request = prepared(0, [[300, 301, 302, 303]])
    before, after = (np.array(Gemma.load(path, "float32").logits(request)) for path in (tiny("e"), folder))
    # A lost scale (hidden ** -0.5, about 0.09) would change everything; 8 bits change little.
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.99


def test_bug_2_stock_quantisation_of_the_ple_path_is_seen_and_refused_and_the_policy_leaves_it_alone(
    tiny: Tiny, tmp_path: Path
) -> None:
    stock = quantised(tiny("e"), tmp_path / "stock", 4, lambda path: path.startswith("language_model"))
    assert ple_grade(stock).grade == "unsafe"
    with pytest.raises(ModelError, match=r"gemma4-batch convert SRC DST --bits 4"):
        preflight(stock, set(), allow_unsafe=False)
    safe = quantised(tiny("e"), tmp_path / "safe", 4, lambda path: bool(PLE_SAFE.fullmatch(path)))
    assert preflight(safe, {"image", "audio"}, allow_unsafe=False).grade == "safe"
    source, result = (mx.load(str(path / "model.safetensors")) for path in (tiny("e"), safe))
    kept = [name for name in source if any(module in name for module in PLE)]
    assert len(kept) == 3 + 2 * 6  # table, projection and its norm; a gate and a projection in each layer
    assert all(mx.array_equal(source[name], result[name]).item() for name in kept)


@pytest.mark.parametrize("left", ["whole", "without its feature extractor"])
def test_bug_3_audio_is_never_dropped_whatever_became_of_the_feature_extractor(left: str, tmp_path: Path) -> None:
    folder = shutil.copytree(DEMO, tmp_path / "model")
    if left != "whole":
        path = folder / "processor_config.json"
        settings = json.loads(path.read_text())
        del settings["feature_extractor"]
        path.write_text(json.dumps(settings))
    clip = np.sin(np.arange(16_000, dtype=np.float32) / 8)
    processor = Processor.load(folder)
    made = processor.prepare(RequestKey(0, 0, 0), prompt="Transcribe this audio.", audio=[clip])
    whole = Processor.load(DEMO).prepare(RequestKey(0, 0, 0), prompt="Transcribe this audio.", audio=[clip])
    placeholder = json.loads((DEMO / "config.json").read_text())["audio_token_id"]
    assert (made.token_ids == placeholder).sum() == audio_tokens(len(made.audio[0])) > 0
    np.testing.assert_array_equal(made.token_ids, whole.token_ids)
    np.testing.assert_array_equal(made.audio[0], whole.audio[0])


def test_bug_4_experts_are_quantised_and_run(tiny: Tiny, tmp_path: Path) -> None:
    folder = quantised(tiny("moe"), tmp_path / "moe", 4, lambda path: bool(PLE_SAFE.fullmatch(path)))
    names = mx.load(str(folder / "model.safetensors"))
    experts = [name for name in names if ".experts.switch_glu." in name and name.endswith(".scales")]
    assert len(experts) == 3 * 4
    gemma = Gemma.load(folder, "float32")
    expert = gemma.model.language_model.model.layers[0].experts.switch_glu.gate_proj
    assert type(expert).__name__ == "QuantizedSwitchLinear"
    assert gemma.nbytes < 0.6 * Gemma.load(tiny("moe")).nbytes
    assert np.isfinite(np.array(gemma.logits(mixed("moe", 1)[0]))).all()


def test_bug_5_what_reaches_the_model_is_a_turn_of_the_checkpoints_template() -> None:
    """A bare prompt is continued, not answered; the published template is the only thing that makes it a question."""
    made = Processor.load(DEMO).prepare(RequestKey(0, 0, 0), prompt="What is 7 plus 5?", system="Be brief.")
    names: dict[int, Any] = {
        token["id"]: token["content"] for token in json.loads((DEMO / "tokenizer.json").read_text())["added_tokens"]
    }
    control = [names[token] for token in made.token_ids.tolist() if token in names]
    assert control == ["<bos>", "<|turn>", "<turn|>", "<|turn>", "<turn|>", "<|turn>"]
    assert names[int(made.token_ids[0])] == "<bos>"
