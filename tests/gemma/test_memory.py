import json
import math
import shutil
import struct
import time
from math import prod
from pathlib import Path
from typing import Any

import pytest

from batch.config.job import JobConfig
from batch.errors import ModelError
from batch.gemma.headers import read_headers
from batch.gemma.memory import Need, check_memory, fits, loaded_bytes, need
from batch.gemma.registry import checked_model
from batch.gemma.slots import RESERVE_BYTES, SLOT_BYTES, cache_bytes
from tests.gemma.test_slots import E4B
from tests.gemma.tiny import DEMO

GIB = 1024**3
E4B_4BIT_BYTES = 10_300_000_000
LAYERS = 42


def published_like(folder: Path) -> Path:
    """E4B's dimensions with weights of the published 4-bit checkpoint's size, as a file of holes."""
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "processor_config.json", "chat_template.jinja"):
        shutil.copy(DEMO / name, folder / name)
    config: dict[str, Any] = {
        "model_type": "gemma4", "vision_config": {"num_hidden_layers": 16, "position_embedding_size": 10240},
        "audio_config": {"num_hidden_layers": 12}, **E4B,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    modules = ("self_attn.q_proj", "self_attn.k_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
    names = [f"language_model.model.layers.{layer}.{module}.weight" for layer in range(LAYERS) for module in modules]
    names += [f"vision_tower.encoder.layers.{layer}.self_attn.q_proj.linear.weight" for layer in range(16)]
    names += [f"audio_tower.layers.{layer}.self_attn.q_proj.linear.weight" for layer in range(12)]
    names += ["embed_vision.embedding_projection.weight", "embed_audio.embedding_projection.weight"]
    names += ["language_model.model.embed_tokens_per_layer.weight"]
    each = E4B_4BIT_BYTES // len(names) // 2 * 2
    header = {
        name: {"dtype": "BF16", "shape": [each // 2], "data_offsets": [each * place, each * (place + 1)]}
        for place, name in enumerate(names)
    }
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + each * len(names))
    return folder


@pytest.fixture(scope="module")
def e4b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_like(tmp_path_factory.mktemp("published") / "e4b-4bit")


def test_a_need_is_weights_cache_per_slot_media_and_working_memory(e4b: Path) -> None:
    needed = need(e4b, "auto")
    assert needed.weights == pytest.approx(E4B_4BIT_BYTES, rel=1e-6)
    assert needed == Need(needed.weights, needed.weights + RESERVE_BYTES, cache_bytes(E4B) + SLOT_BYTES)
    assert needed.total(3) == needed.fixed + 3 * needed.slot


def test_a_larger_image_budget_adds_nothing_since_fewer_are_encoded_together(e4b: Path) -> None:
    assert need(e4b, "auto", 1120).fixed == need(e4b, "auto", 280).fixed


def test_floats_are_counted_in_the_dtype_they_are_cast_to_and_packed_weights_as_they_are(tmp_path: Path) -> None:
    numbers = sum(prod(tensor.shape) for tensor in read_headers(DEMO).values())
    assert (loaded_bytes(DEMO, "auto"), loaded_bytes(DEMO, "float32")) == (2 * numbers, 4 * numbers)
    header = {
        "a.weight": {"dtype": "U32", "shape": [8, 2], "data_offsets": [0, 64]},
        "a.scales": {"dtype": "BF16", "shape": [8, 1], "data_offsets": [64, 80]},
    }
    text = json.dumps(header).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(80))
    assert [loaded_bytes(tmp_path, dtype) for dtype in ("auto", "bfloat16", "float32")] == [80, 80, 96]


@pytest.mark.parametrize(("machine", "slots"), [(16, 2), (24, 44), (96, 256)])
def test_as_many_slots_are_chosen_as_fit_the_machine(e4b: Path, machine: int, slots: int) -> None:
    assert check_memory(e4b, "auto", machine=machine * GIB) == slots


def test_a_machine_too_small_is_refused_with_the_figures(e4b: Path) -> None:
    with pytest.raises(ModelError) as caught:
        check_memory(e4b, "auto", machine=8 * GIB)
    assert str(caught.value) == (
        f"{e4b}: needs about 12.6 GB to run one request at a time (weights 10.3 GB, media and working memory 2.1 GB, "
        "0.2 GB for each request that runs), and this machine can give 6.4 GB of its 8.6 GB (engine.memory says it "
        "otherwise); use a smaller checkpoint, such as model: e2b-4bit (7.6 GB), or a machine with more memory"
    )


def test_more_slots_than_fit_are_refused_with_the_number_that_does(e4b: Path) -> None:
    assert check_memory(e4b, "auto", slots=2, machine=16 * GIB) == 2
    with pytest.raises(ModelError, match=r"engine\.slots is 8, which needs about 13\.7 GB .*: 2 fit; set"):
        check_memory(e4b, "auto", slots=8, machine=16 * GIB)


def test_what_the_config_allows_counts_instead_of_the_machine(e4b: Path) -> None:
    assert check_memory(e4b, "auto", memory=14 * GIB, machine=8 * GIB) == 16
    with pytest.raises(ModelError, match=r"and engine\.memory allows 10\.7 GB"):
        check_memory(e4b, "auto", memory=10 * GIB, machine=96 * GIB)


def test_the_demonstration_model_fits_every_machine() -> None:
    assert check_memory(DEMO, "float32", machine=GIB) >= 8
    assert fits(DEMO, "auto") is None


def job(model: Path, **engine: Any) -> JobConfig:
    return JobConfig.model_validate(
        {"task": "transcribe", "model": str(model), "source": {"path": "x"}, "output": {"path": "y"}, "engine": engine}
    )


def test_a_job_is_checked_from_headers_in_less_than_a_second(e4b: Path) -> None:
    """Grade, modality and memory of ten gigabytes. Processor time: other work on the machine does not count."""
    began = time.process_time()
    checked = checked_model(job(e4b, memory="64GiB"))
    assert time.process_time() - began < 1
    assert checked.ple is not None
    assert checked.ple.grade == "safe"


def test_a_job_that_does_not_fit_is_refused_before_anything_is_loaded(e4b: Path) -> None:
    with pytest.raises(ModelError, match=r"needs about 12\.6 GB .* engine\.memory allows 4\.3 GB"):
        checked_model(job(e4b, memory="4GiB"))
    with pytest.raises(ModelError, match=r"engine\.slots is 900"):
        checked_model(job(e4b, memory="64GiB", slots=900))


def test_a_config_without_what_is_reckoned_with_is_named(e4b: Path, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    shutil.copy(DEMO / "model.safetensors", folder)
    (folder / "config.json").write_text('{"model_type": "gemma4"}')
    with pytest.raises(ModelError, match=r"config\.json: no 'text_config'; download the model again"):
        need(folder, "auto")


def test_rounding_never_gives_half_a_slot() -> None:
    needed = Need(weights=10, fixed=20, slot=7)
    assert [needed.fitting(budget) for budget in (19, 26, 27, 41)] == [-1, 0, 1, math.floor(21 / 7)]
