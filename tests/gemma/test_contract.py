"""What adapter.py and decoding/ take for granted of mlx-vlm. A failure here names what has moved: look there first."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import mlx.core as mx
import pytest
from mlx_vlm.models import gemma4
from mlx_vlm.models.gemma4 import language
from mlx_vlm.utils import load_model

from batch.gemma.adapter import Gemma
from tests.gemma.tiny import ARCHITECTURES, Architecture


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_version_is_the_minor_one_that_was_measured() -> None:
    assert version("mlx-vlm").split(".")[:2] == ["0", "7"]


def test_a_decoder_layer_takes_and_gives_what_the_prefill_uses() -> None:
    assert parameters(language.DecoderLayer.__call__) == [
        "self", "x", "mask", "cache", "per_layer_input", "shared_kv", "offset",
    ]  # fmt: skip
    source = inspect.getsource(language.Attention.__call__)
    assert "keys, values = cache.update_and_fetch(keys, values)" in source
    assert "offset = mx.array(cache.offset)" in source


def test_a_decoder_layer_computes_what_text_py_writes_once_more() -> None:
    """A change here must be made there too. (That the numbers agree: test_invariance.py, test_mlx_engine.py.)"""
    attention = inspect.getsource(language.Attention)
    assert "self.scale = 1.0" in attention
    for line in ("queries = self.q_norm(queries)", "keys = self.k_norm(keys)", "values = self.v_norm(values)"):
        assert line in attention, line
    layer = inspect.getsource(language.DecoderLayer.__call__)
    for line in ("h = h * self.layer_scalar", "gate = mx.multiply(gate, per_layer_input)", "h = h1 + h2"):
        assert line in layer, line
    assert "return self.down_proj(geglu(self.gate_proj(x), self.up_proj(x)))" in inspect.getsource(language.MLP)


def test_embeddings_per_layer_inputs_and_logits_have_the_names_we_call() -> None:
    text = language.Gemma4TextModel
    assert parameters(text.get_per_layer_inputs) == ["self", "input_ids"]
    assert parameters(text.project_per_layer_inputs) == ["self", "inputs_embeds", "per_layer_inputs"]
    assert parameters(language.LanguageModel.logits_from_hidden) == ["self", "hidden"]
    assert {"previous_kvs", "first_kv_shared_layer_idx", "embed_scale", "window_size"} <= set(
        inspect.getsource(text.__init__).replace("self.", " ").replace("=", " ").split()
    )


def test_the_model_encodes_and_embeds_by_the_names_we_call() -> None:
    assert {"input_ids", "pixel_values"} <= set(parameters(gemma4.Model.get_input_embeddings))
    assert parameters(gemma4.Model.encode_image)[1] == "pixel_values"
    assert parameters(load_model)[:2] == ["model_path", "lazy"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_loaded_model_has_the_parts_we_reach_into(
    architecture: Architecture, tiny: Callable[[Architecture], Path]
) -> None:
    model = Gemma.load(tiny(architecture)).model
    assert (model.audio_tower is None) == (architecture != "e")
    assert (model.config.image_token_id, model.config.audio_token_id) == (1018, 1019)
    embedded = model.get_input_embeddings(mx.array([[2, 300, 301]]))
    assert embedded.inputs_embeds.shape == (1, 3, 128)
    assert (embedded.per_layer_inputs is None) == (architecture != "e")
