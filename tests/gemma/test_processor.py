"""A request becomes Prepared as the checkpoint wants it, or is refused by name."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from batch.errors import ModelError, RowError
from batch.gemma.chat import Chat
from batch.gemma.features import image_pixels, mel_frames
from batch.gemma.processor import Processor
from batch.media.image import LoadedImage
from batch.prepared import Sampling
from batch.records import RequestKey
from tests.gemma.tiny import DEMO

KEY = RequestKey(1, 2, 3)
DEMO_PROCESSOR = Processor.load(DEMO)
PIXELS = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
IMAGE = LoadedImage(PIXELS, 200, 300, ("exif_used",))
CLIP = np.random.default_rng(1).normal(0, 0.1, 20_000).astype(np.float32)


def test_a_request_is_prepared_whole() -> None:
    sampling = Sampling(temperature=0.7, seed=9)
    prepared = DEMO_PROCESSOR.prepare(
        KEY, prompt="What?", system="Be brief.", images=[IMAGE, IMAGE], audio=[CLIP], soft_tokens=70, max_tokens=33,
        sampling=sampling, json_schema='{"type": "object"}',
    )  # fmt: skip
    ids = Chat.load(DEMO).encode("What?", "Be brief.", images=[60, 60], audio=[31])
    np.testing.assert_array_equal(prepared.token_ids, ids)
    assert prepared.token_ids.dtype == np.int32
    assert [image.shape for image in prepared.images] == [(3, 288, 480)] * 2
    np.testing.assert_array_equal(prepared.images[0], image_pixels(IMAGE, 70))
    assert len(prepared.audio) == 1
    np.testing.assert_array_equal(prepared.audio[0], mel_frames(CLIP))
    assert (prepared.key, prepared.max_tokens, prepared.sampling) == (KEY, 33, sampling)
    assert (prepared.json_schema, prepared.flags) == ('{"type": "object"}', ("exif_used",))


def test_a_checkpoint_without_an_audio_tower_says_so(tiny: Callable[[Any], Path]) -> None:
    processor = Processor.load(tiny("dense"))
    assert processor.modalities() == {"image"}
    assert DEMO_PROCESSOR.modalities() == {"image", "audio"}
    with pytest.raises(ModelError, match="no audio tower"):
        processor.prepare(KEY, prompt="What?", audio=[CLIP])


def test_a_prompt_may_fill_the_context_to_the_last_token_and_no_further() -> None:
    room = 4096 - len(DEMO_PROCESSOR.prepare(KEY, prompt="7" * 100).token_ids)
    assert len(DEMO_PROCESSOR.prepare(KEY, prompt="7" * 100, max_tokens=room).token_ids) + room == 4096
    with pytest.raises(RowError) as caught:
        DEMO_PROCESSOR.prepare(KEY, prompt="7" * 100, max_tokens=room + 1)
    assert caught.value.kind == "prompt_too_long"
    assert f"max_tokens {room + 1} that is more than the 4096" in caught.value.message


def test_an_image_longer_than_the_position_table_is_refused() -> None:
    thin = LoadedImage(np.zeros((8, 8000, 3), np.uint8), 8, 8000)
    assert DEMO_PROCESSOR.prepare(KEY, prompt="x", images=[thin], soft_tokens=70).images[0].shape == (3, 48, 3360)
    with pytest.raises(RowError) as caught:
        DEMO_PROCESSOR.prepare(KEY, prompt="x", images=[thin], soft_tokens=280)
    assert caught.value.kind == "too_large"


def test_a_budget_the_model_was_not_trained_with_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="soft_tokens 100"):
        DEMO_PROCESSOR.prepare(KEY, prompt="x", soft_tokens=100)


def edited(tmp_path: Path, file: str, edit: Callable[[dict[str, Any]], Any]) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    content = json.loads((folder / file).read_text())
    edit(content)
    (folder / file).write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("file", "edit", "message"),
    [
        ("config.json", lambda c: c.update(model_type="llama"), "model_type 'llama' is not supported"),
        ("config.json", lambda c: c.update(image_token_id=77), "says image_token is 77, the tokenizer 9"),
        ("config.json", lambda c: c["text_config"].pop("max_position_embeddings"), "no 'max_position_embeddings'"),
        ("processor_config.json", lambda c: c["image_processor"].update(patch_size=14), r"image_processor\.patch_size"),
        ("processor_config.json", lambda c: c["feature_extractor"].update(dither=0.1), r"feature_extractor\.dither"),
        ("tokenizer_config.json", lambda c: [c.pop("boi_token"), c["model_specific_special_tokens"].pop("boi_token")],
         "no boi_token"),
    ],
)  # fmt: skip
def test_a_checkpoint_that_wants_something_else_is_refused(tmp_path: Path, file: str, edit: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Processor.load(edited(tmp_path, file, edit))


def test_a_processor_config_as_mlx_vlm_rewrites_it_is_the_same_processor(tmp_path: Path) -> None:
    folder = shutil.copytree(DEMO, tmp_path / "converted")
    path = folder / "processor_config.json"
    config = json.loads(path.read_text())
    config["feature_extractor"] = {
        "feature_extractor_type": "Gemma4AudioFeatureExtractor", "sampling_rate": 16000, "num_mel_filters": 128,
        "fft_length": 512, "hop_length": 160, "chunk_duration": 8.0, "overlap_duration": 1.0,
    }  # fmt: skip
    config["image_processor"]["size"] = {"height": 224, "width": 224}
    path.write_text(json.dumps(config))
    assert Processor.load(folder).modalities() == {"image", "audio"}


def test_a_preparer_starts_without_mlx_torch_or_transformers() -> None:
    heavy = ("mlx", "mlx_vlm", "transformers", "torch")
    code = f"import sys, batch.gemma.processor; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
