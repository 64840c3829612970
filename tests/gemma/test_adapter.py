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
from mlx_vlm.utils import load_model

from batch.errors import ModelError
from batch.gemma.adapter import Gemma
from tests.gemma.rows import answer, mixed, prepared
from tests.gemma.tiny import ARCHITECTURES, DEMO, Architecture

Tiny = Callable[[Architecture], Path]


def changed(source: Path, folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a checkpoint with one of its JSON files changed."""
    shutil.copytree(source, folder)
    value = json.loads((folder / name).read_text(encoding="utf-8"))
    change(value)
    (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return folder


# ---------------------------------------------------------------- loading
def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json: is missing; the checkpoint is incomplete"):
        Gemma.load(tmp_path)


def test_another_architecture_is_refused_by_its_name(tiny: Tiny, tmp_path: Path) -> None:
    other = changed(tiny("dense"), tmp_path / "other", "config.json", lambda config: config.update(model_type="llama"))
    with pytest.raises(ModelError, match="model_type is 'llama'"):
        Gemma.load(other)


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_every_tensor_must_be_there_and_none_left_over(change: str, tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny("dense"), tmp_path / change)
    weights = mx.load(str(folder / "model.safetensors"))
    if change == "missing":
        del weights["language_model.model.layers.2.mlp.up_proj.weight"]
    else:
        weights["language_model.model.layers.2.mlp.side_proj.weight"] = mx.zeros((4, 4))
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    with pytest.raises(ModelError, match=r"cannot be loaded: (?s:.*)layers\.2\.mlp\.(up|side)_proj"):
        Gemma.load(folder)


def test_a_checkpoint_without_a_stop_token_would_never_stop(tiny: Tiny, tmp_path: Path) -> None:
    folder = changed(tiny("dense"), tmp_path / "x", "config.json", lambda config: config.pop("eos_token_id"))
    (folder / "generation_config.json").unlink()
    with pytest.raises(ModelError, match="names an eos_token_id"):
        Gemma.load(folder)


@pytest.mark.parametrize(
    ("dtype", "expected", "size"), [("auto", "bfloat16", 2), ("bfloat16", "bfloat16", 2), ("float32", "float32", 4)]
)
def test_weights_have_the_dtype_that_was_asked_for(dtype: Any, expected: str, size: int) -> None:
    gemma = Gemma.load(DEMO, dtype)
    assert (gemma.dtype, gemma.parameters, gemma.nbytes) == (expected, 5_465_910, size * 5_465_910)


@pytest.mark.skipif(mx.default_device() != mx.Device(mx.cpu), reason="the CPU backend's own limit")
def test_a_mixture_of_experts_in_bfloat16_is_refused_on_the_cpu(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match=r"set `model\.dtype: float32`"):
        Gemma.load(tiny("moe"), "bfloat16")


def quantised(source: Path, folder: Path, dtype: str) -> Path:
    """A copy in four bits, but for embeddings, towers and router."""
    model = load_model(source)
    model.set_dtype(getattr(mx, dtype))
    nn.quantize(
        model,
        group_size=64,
        bits=4,
        class_predicate=lambda path, module: "_proj" in path and "language_model" in path and "per_layer" not in path,
    )
    changed(source, folder, "config.json", lambda config: config.update(quantization={"group_size": 64, "bits": 4}))
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())))
    return folder


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_quantised_checkpoint_counts_its_parameters_as_before_and_answers_alike_in_any_batch(
    architecture: Architecture, tiny: Tiny, tmp_path: Path
) -> None:
    folder = quantised(tiny(architecture), tmp_path / "small", "bfloat16")
    before, after = Gemma.load(tiny(architecture)), Gemma.load(folder, "float32")
    assert after.parameters == before.parameters
    assert after.nbytes < before.nbytes
    alone, _ = answer(folder, mixed(architecture, 20), slots=1, dtype="float32")
    together, _ = answer(folder, mixed(architecture, 20), slots=8, dtype="float32")
    assert together == alone


def test_a_quantised_mixture_of_experts_runs_in_bfloat16_everywhere(tiny: Tiny, tmp_path: Path) -> None:
    folder = quantised(tiny("moe"), tmp_path / "small", "bfloat16")
    _, completions = answer(folder, mixed("moe", 4), slots=4)
    assert {ended.error_kind for ended in completions.values()} == {None}


def test_logits_are_float32_whatever_the_weights_are() -> None:
    logits = Gemma.load(DEMO, "bfloat16").logits(prepared(0, [[300, 301]]))
    assert logits.dtype == mx.float32
    np.testing.assert_array_equal(np.array(logits.astype(mx.bfloat16).astype(mx.float32)), np.array(logits))
