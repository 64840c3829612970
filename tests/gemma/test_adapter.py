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

from batch.errors import ModelError, RowError
from batch.gemma.adapter import NAN, Gemma, RunningBatch
from tests.gemma.rows import answer, image, mel, mixed, prepared
from tests.gemma.tiny import ARCHITECTURES, DEMO, Architecture, Noise

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


# ---------------------------------------------------------------- embeddings of one request
def test_media_features_stand_where_their_placeholders_are_and_text_is_untouched(tiny: Tiny) -> None:
    noise = Noise(3)
    gemma = Gemma.load(tiny("e"))
    first, second, clip = image(noise, 96, 96), image(noise, 48, 144), mel(noise, 41)
    request = prepared(0, [[300, 301], first, [302], clip, second, [303]])
    plain = gemma.model.get_input_embeddings(mx.array(request.token_ids)[None])
    ids, arguments = gemma.embed(request)
    assert ids == request.token_ids.tolist()
    kinds = np.select([request.token_ids == 1018, request.token_ids == 1019], [1, 3], 0)
    assert arguments["mm_token_type_ids"].tolist() == [kinds.tolist()]
    hidden, before = np.array(arguments["inputs_embeds"])[0], np.array(plain.inputs_embeds)[0]
    np.testing.assert_array_equal(hidden[kinds == 0], before[kinds == 0])
    images = [np.array(gemma.model.encode_image(mx.array(pixels)[None]))[0] for pixels in (first, second)]
    np.testing.assert_array_equal(hidden[kinds == 1], np.concatenate(images))
    heard, _ = gemma.model.audio_tower(mx.array(clip)[None], mx.zeros((1, 41), dtype=mx.bool_))
    np.testing.assert_array_equal(hidden[kinds == 3], np.array(gemma.model.embed_audio(heard))[0])
    np.testing.assert_array_equal(np.array(arguments["per_layer_inputs"]), np.array(plain.per_layer_inputs))


@pytest.mark.parametrize(("checkpoint", "dtype"), [("e", "float32"), ("e", "bfloat16"), ("demo", "bfloat16")])
def test_filling_a_clip_up_to_one_of_few_lengths_changes_not_a_bit_of_its_features(
    checkpoint: str, dtype: Any, tiny: Tiny
) -> None:
    gemma = Gemma.load(DEMO if checkpoint == "demo" else tiny("e"), dtype)
    noise = Noise(4)
    for frames in (2, 89, 100, 101, 251):
        clip = mel(noise, frames)
        alone, _ = gemma.model.audio_tower(mx.array(clip)[None], mx.zeros((1, frames), dtype=mx.bool_))
        expected = gemma.model.embed_audio(alone)
        features = gemma._encode_audio(clip)
        assert features.shape == expected.shape
        assert mx.array_equal(features, expected).item(), frames


def test_text_alone_also_says_its_token_types_and_per_layer_inputs(tiny: Tiny) -> None:
    assert set(Gemma.load(tiny("e")).embed(prepared(0, [[300]])).arguments) == {
        "inputs_embeds",
        "mm_token_type_ids",
        "per_layer_inputs",
    }
    assert set(Gemma.load(tiny("moe")).embed(prepared(0, [[300]])).arguments) == {"inputs_embeds", "mm_token_type_ids"}


def test_audio_for_a_checkpoint_without_ears_fails_the_request(tiny: Tiny) -> None:
    with pytest.raises(RowError, match="dense has no audio tower"):
        Gemma.load(tiny("dense")).embed(prepared(0, [[300], mel(Noise(3), 30)]))


def test_placeholders_without_their_image_fail_the_request(tiny: Tiny) -> None:
    with pytest.raises(RowError, match="2 image placeholders in the prompt for 0 image features"):
        Gemma.load(tiny("dense")).embed(prepared(0, [[300, 1018, 1018]]))


def test_a_prompt_with_images_is_not_prefilled_onto_a_filled_cache(tiny: Tiny) -> None:
    gemma = Gemma.load(tiny("dense"))
    ids, arguments = gemma.embed(prepared(0, [[300], image(Noise(3), 96, 96)]))
    cache = gemma.model.make_cache()
    gemma.model.language_model(mx.array([ids]), cache=cache, **arguments)
    with pytest.raises(ModelError, match="must be prefilled whole"):
        gemma.model.language_model(mx.array([ids]), cache=cache, **arguments)


def test_logits_are_normalised_in_float32_so_that_no_two_become_equal() -> None:
    gemma = Gemma.load(DEMO, "bfloat16")
    logits = gemma.logits(prepared(0, [[300, 301]]))
    assert logits.dtype == mx.float32
    np.testing.assert_array_equal(np.array(logits.astype(mx.bfloat16).astype(mx.float32)), np.array(logits))
    normalised = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
    assert mx.argmax(normalised, axis=-1).tolist() == mx.argmax(logits, axis=-1).tolist()


# ---------------------------------------------------------------- the running batch
@pytest.fixture
def wired_limits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every call of mx.set_wired_limit, on a machine that seems to have Metal."""
    calls: list[int] = []

    def set_wired_limit(limit: int) -> int:
        calls.append(limit)
        return 0

    monkeypatch.setattr(mx.metal, "is_available", lambda: True)
    monkeypatch.setattr(mx, "device_info", lambda: {"max_recommended_working_set_size": 2**33})
    monkeypatch.setattr(mx, "set_wired_limit", set_wired_limit)
    return calls


def test_the_wired_limit_is_never_set(tiny: Tiny, wired_limits: list[int]) -> None:
    batch = RunningBatch(Gemma.load(tiny("dense")), slots=2)
    batch.add(prepared(0, [[300, 301]], max_tokens=2))
    while not any(token.ends for token in batch.step()):
        pass
    batch.close()
    assert wired_limits == []


def test_the_wired_limit_is_set_where_it_was_asked_for(tiny: Tiny, wired_limits: list[int]) -> None:
    RunningBatch(Gemma.load(tiny("dense")), slots=2, wired=True).close()
    assert wired_limits == [2**33, 0]


def test_a_row_gives_a_token_a_step_until_it_ends_or_is_removed(tiny: Tiny) -> None:
    batch = RunningBatch(Gemma.load(tiny("dense"), "float32"), slots=2)
    row = batch.add(prepared(0, [[300, 301, 302]], max_tokens=3))
    assert batch.prefilling
    tokens = [token for _ in range(8) for token in batch.step()]
    assert [(token.row, token.ends) for token in tokens] == [(row, None), (row, None), (row, "length")]
    assert not batch.prefilling
    other = batch.add(prepared(0, [[300, 301, 302]], max_tokens=9))
    while not batch.step():
        pass
    batch.remove(other)
    assert batch.step() == []
    batch.close()


def test_only_a_row_without_numbers_gets_no_token(tiny: Tiny) -> None:
    from batch.gemma.adapter import _best_or_nan

    logits = mx.array([[0.0, 2.0, 1.0], [0.0, float("nan"), 1.0], [float("-inf"), 0.0, 3.0]])
    assert _best_or_nan(logits - mx.logsumexp(logits, axis=-1, keepdims=True)).tolist() == [1, NAN, 2]
