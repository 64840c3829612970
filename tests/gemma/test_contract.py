"""What adapter.py takes for granted of mlx-vlm. A failure here names what has moved: look there first."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import mlx.core as mx
import pytest
from mlx_vlm.generate import ar
from mlx_vlm.models import gemma4
from mlx_vlm.models.gemma4 import language
from mlx_vlm.utils import load_model

from batch.gemma.adapter import Gemma, ReferenceMasks, WholeLogits
from tests.gemma.tiny import ARCHITECTURES, Architecture


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_version_is_the_minor_one_that_was_measured() -> None:
    assert version("mlx-vlm").split(".")[:2] == ["0", "7"]


def test_the_batch_generator_takes_gives_and_names_what_we_use() -> None:
    taken = inspect.signature(ar.BatchGenerator.__init__).parameters
    assert {"completion_batch_size", "prefill_batch_size", "sampler", "compute_logprobs"} <= set(taken)
    assert parameters(ar.BatchGenerator.insert)[1:5] == ["prompts", "max_tokens", "prompt_kwargs", "logits_processors"]
    for name in ("next", "remove", "close", "stream", "has_pending_prompts"):
        assert hasattr(ar.BatchGenerator, name), name
    assert {"uid", "token", "finish_reason"} <= set(ar.GenerationBatch.Response.__dataclass_fields__)


def test_the_wired_limit_is_a_name_of_the_module_that_the_constructor_calls() -> None:
    assert "wired_limit(model, [self._stream])" in inspect.getsource(ar.BatchGenerator.__init__)
    assert parameters(ar.wired_limit) == ["model", "streams"]
    assert "set_wired_limit" not in inspect.getsource(ar)


def test_a_logits_processor_is_called_with_the_prompt_and_then_with_each_last_token() -> None:
    assert "processor.process_last_token(" in inspect.getsource(ar.GenerationBatch._step)
    assert "mx.array(self._token_context[i]), sample_logits" in inspect.getsource(ar.PromptProcessingBatch.generate)


def test_the_sampler_sees_normalised_logits_and_nothing_goes_past_it() -> None:
    for function in (ar.GenerationBatch._step, ar.PromptProcessingBatch.generate):
        assert "logits - mx.logsumexp(logits, axis=-1, keepdims=True)" in inspect.getsource(function)
    assert not hasattr(language.LanguageModel, "fused_greedy_decode")


def test_masks_are_made_in_one_method_of_the_text_model() -> None:
    assert parameters(language.Gemma4TextModel._make_masks) == ["self", "h", "cache", "mm_token_type_ids"]
    assert "self._make_masks(h, cache, mm_token_type_ids)" in inspect.getsource(language.Gemma4TextModel.__call__)


def test_logits_are_made_in_one_method_of_the_language_model() -> None:
    assert parameters(language.LanguageModel.logits_from_hidden) == ["self", "hidden"]
    assert "out = self.logits_from_hidden(out)" in inspect.getsource(language.LanguageModel.__call__)


def test_a_prompt_with_images_that_see_both_ways_is_never_cut() -> None:
    source = inspect.getsource(language.LanguageModel.chunked_prefill_policy)
    assert "if has_visual and not has_audio:\n                return False" in source


def test_a_query_takes_its_rope_offset_as_a_copy() -> None:
    assert "offset = mx.array(cache.offset)" in inspect.getsource(language.Attention.__call__)


def test_the_model_encodes_and_embeds_by_the_names_we_call() -> None:
    assert {"input_ids", "pixel_values"} <= set(parameters(gemma4.Model.get_input_embeddings))
    assert parameters(gemma4.Model.encode_image)[1] == "pixel_values"
    assert parameters(load_model)[:2] == ["model_path", "lazy"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_loaded_model_has_the_parts_we_reach_into(
    architecture: Architecture, tiny: Callable[[Architecture], Path]
) -> None:
    model = Gemma.load(tiny(architecture)).model
    assert isinstance(model.language_model, WholeLogits)
    assert isinstance(model.language_model.model, ReferenceMasks)
    assert (model.audio_tower is None) == (architecture != "e")
    assert (model.config.image_token_id, model.config.audio_token_id) == (1018, 1019)
    embedded = model.get_input_embeddings(mx.array([[2, 300, 301]]))
    assert embedded.inputs_embeds.shape == (1, 3, 128)
    assert (embedded.per_layer_inputs is None) == (architecture != "e")
