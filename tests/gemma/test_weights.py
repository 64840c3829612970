"""The PLE policy and the checks before a job, on checkpoints that are headers only and on real ones."""

import json
import shutil
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from batch.errors import ModelError
from batch.gemma.weights import (
    PLE_SAFE,
    PLEGrade,
    missing_files,
    modalities,
    ple_grade,
    preflight,
    problems,
)
from tests.gemma.tiny import DEMO, Architecture

ATTENTION = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
MLP = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
EXPERTS = tuple(f"experts.switch_glu.{name}_proj" for name in ("gate", "up", "down"))
PLE_LAYER = ("per_layer_input_gate", "per_layer_projection")
PLE_TOP = ("embed_tokens", "embed_tokens_per_layer", "per_layer_model_projection")
LAYERS = 3


def _layers(*modules: str) -> list[str]:
    return [f"language_model.model.layers.{layer}.{module}" for layer in range(LAYERS) for module in modules]


def _top(*modules: str) -> list[str]:
    return [f"language_model.model.{module}" for module in modules]


SAFE = _layers(*ATTENTION, *MLP)
PLE = [*_top(*PLE_TOP), *_layers(*PLE_LAYER)]
TEXT_E = [*SAFE, *PLE, *_layers("input_layernorm", "layer_scalar")]
TEXT_MOE = [*SAFE, *_layers(*EXPERTS, "router.proj", "router.per_expert_scale"), *_top("embed_tokens")]
TEXT_DENSE = [*SAFE, *_top("embed_tokens")]
VISION = [f"vision_tower.encoder.layers.{layer}.self_attn.q_proj.linear" for layer in range(LAYERS)]
AUDIO = [f"audio_tower.layers.{layer}.self_attn.q_proj.linear" for layer in range(LAYERS)]
PROJECTIONS = ["embed_vision.embedding_projection", "embed_audio.embedding_projection"]
SEES_AND_HEARS = [*VISION, *AUDIO, *PROJECTIONS]


def _checkpoint(
    folder: Path,
    modules: Iterable[str],
    quantised: Iterable[str] = (),
    *,
    bits: int = 4,
    prefix: str = "",
    **config: Any,
) -> Path:
    """A checkpoint folder whose weights are all of one number; `config` goes into config.json."""
    folder.mkdir()
    for name in ("tokenizer.json", "processor_config.json", "chat_template.jinja"):
        shutil.copy(DEMO / name, folder / name)
    names = [f"{prefix}{module}.weight" for module in modules]
    names += [f"{prefix}{module}.{part}" for module in quantised for part in ("scales", "biases")]
    header = {name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(names)}
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(4 * len(names)))
    described = {
        "model_type": "gemma4",
        "vision_config": {"num_hidden_layers": LAYERS},
        "audio_config": {"num_hidden_layers": LAYERS},
        **({"quantization": {"group_size": 64, "bits": bits, "mode": "affine"}} if quantised else {}),
        **config,
    }
    (folder / "config.json").write_text(json.dumps(described))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "model"


# ---------------------------------------------------------------- grades
def test_a_checkpoint_without_quantised_modules_is_safe(folder: Path) -> None:
    assert ple_grade(_checkpoint(folder, TEXT_E)) == PLEGrade("safe", "nothing is quantised")


def test_only_attention_and_mlp_quantised_is_safe(folder: Path) -> None:
    assert ple_grade(_checkpoint(folder, TEXT_E, SAFE)) == PLEGrade(
        "safe", "quantised modules: 21, all in attention, MLP and experts"
    )


@pytest.mark.parametrize("module", [*PLE, "embed_audio.embedding_projection", VISION[0]])
def test_one_module_outside_the_policy_below_8_bit_is_unsafe(folder: Path, module: str) -> None:
    grade = ple_grade(_checkpoint(folder, [*TEXT_E, *SEES_AND_HEARS], [*SAFE, module]))
    folded = (
        module.removeprefix("language_model.model.").replace(".0.", ".*.").replace(".1.", ".*.").replace(".2.", ".*.")
    )
    assert grade == PLEGrade(
        "unsafe",
        f"quantised modules: 22; outside attention, MLP and experts: 1 ({folded} at 4 bit)",
    )


def test_the_whole_ple_path_quantised_names_its_modules(folder: Path) -> None:
    assert ple_grade(_checkpoint(folder, TEXT_E, [*SAFE, *PLE])) == PLEGrade(
        "unsafe",
        "quantised modules: 30; outside attention, MLP and experts: 9 (embed_tokens at 4 bit, "
        "embed_tokens_per_layer at 4 bit, layers.*.per_layer_input_gate at 4 bit, "
        "layers.*.per_layer_projection at 4 bit, per_layer_model_projection at 4 bit)",
    )


def test_the_ple_path_at_8_bit_is_guarded(folder: Path) -> None:
    grade = ple_grade(_checkpoint(folder, TEXT_E, [*SAFE, *PLE], bits=8))
    assert (grade.grade, "embed_tokens at 8 bit" in grade.reason) == ("guarded", True)


def test_bits_are_taken_per_module_where_the_config_says_so(folder: Path) -> None:
    eight = {module: {"group_size": 64, "bits": 8} for module in PLE}
    mixed = {"group_size": 64, "bits": 4, **eight}
    assert ple_grade(_checkpoint(folder, TEXT_E, [*SAFE, *PLE], quantization=mixed)).grade == "guarded"
    del mixed[PLE[-1]]
    (folder / "config.json").write_text(json.dumps({"model_type": "gemma4", "quantization": mixed}))
    assert ple_grade(folder).grade == "unsafe"


def test_a_width_that_is_not_known_is_not_guessed(folder: Path) -> None:
    grade = ple_grade(_checkpoint(folder, TEXT_E, [PLE[0]], quantization=None))
    assert grade == PLEGrade(
        "unsafe", "quantised modules: 1; outside attention, MLP and experts: 1 (embed_tokens at unknown bit)"
    )


def test_a_checkpoint_trained_for_quantisation_is_guarded(tmp_path: Path) -> None:
    for name in ("gemma-4-E4B-it-qat-4bit", "models--mlx-community--gemma-4-E4B-it-qat-4bit"):
        (tmp_path / name).mkdir()
        grade = ple_grade(_checkpoint(tmp_path / name / "snapshot", TEXT_E, PLE))
        assert grade.grade == ("guarded" if name.startswith("models--") else "unsafe")
    assert ple_grade(_checkpoint(tmp_path / "e4b-QAT", TEXT_E, PLE)).grade == "guarded"
    assert ple_grade(_checkpoint(tmp_path / "aqatic", TEXT_E, PLE)).grade == "unsafe"


def test_names_of_other_quantisation_formats_count_too(folder: Path) -> None:
    modules = [*TEXT_E, "x"]
    _checkpoint(folder, modules)
    for suffix in ("weight_packed", "weight_scale", "qweight"):
        shutil.rmtree(folder)
        path = _checkpoint(folder, [])
        _rename(path, [f"{module}.{suffix}" for module in PLE])
        assert ple_grade(path).grade == "unsafe"


def _rename(path: Path, names: list[str]) -> None:
    """Give the checkpoint an index with these names alone; no weight file is needed for a grade."""
    (path / "model.safetensors").unlink()
    index = {"weight_map": dict.fromkeys(names, "model.safetensors")}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))


def test_config_and_index_suffice_for_a_grade(folder: Path) -> None:
    path = _checkpoint(folder, [], SAFE)
    _rename(path, [*(f"{module}.weight" for module in TEXT_E), *(f"{module}.scales" for module in SAFE)])
    assert ple_grade(path).grade == "safe"
    assert problems(path) == ["model.safetensors is missing"]


def test_hugging_face_names_are_judged_as_mlx_names(folder: Path) -> None:
    modules = [name.replace("language_model.model.", "language_model.") for name in [*TEXT_E, *SEES_AND_HEARS]]
    quantised = [name.replace("language_model.model.", "language_model.") for name in SAFE]
    path = _checkpoint(folder, modules, quantised, prefix="model.")
    assert ple_grade(path) == PLEGrade("safe", "quantised modules: 21, all in attention, MLP and experts")
    assert modalities(path) == {"image", "audio"}


def test_an_architecture_without_ple_has_no_grade(folder: Path) -> None:
    assert ple_grade(_checkpoint(folder, TEXT_DENSE, SAFE)) == PLEGrade(
        "none", "no per-layer embeddings in this architecture; quantised modules: 21"
    )


def test_a_quantised_router_is_a_remark_of_its_own(tmp_path: Path) -> None:
    quantised = [*SAFE, *_layers(*EXPERTS)]
    assert ple_grade(_checkpoint(tmp_path / "kept", TEXT_MOE, quantised)) == PLEGrade(
        "none", "no per-layer embeddings in this architecture; quantised modules: 30", "kept"
    )
    with_router = [*quantised, *_layers("router.proj")]
    assert ple_grade(_checkpoint(tmp_path / "published", TEXT_MOE, with_router)) == PLEGrade(
        "none",
        "no per-layer embeddings in this architecture; quantised modules: 33; router.proj is quantised too",
        "quantised",
    )


@pytest.fixture
def convert() -> Callable[..., None]:
    from mlx_vlm import convert

    return convert  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore:At least one mel filter")
def test_real_conversions_are_told_apart(
    tmp_path: Path, tiny: Callable[[Architecture], Path], convert: Callable[..., None]
) -> None:
    """Stock mlx-vlm quantises the PLE path; by our policy it does not. The counts are those of the demo model."""

    def graded(source: Path, name: str, **how: Any) -> PLEGrade:
        convert(str(source), str(tmp_path / name), quantize=True, **how)
        assert problems(tmp_path / name) == []
        return ple_grade(tmp_path / name)

    by_policy = {"q_bits": 4, "quant_predicate": lambda path, module: bool(PLE_SAFE.fullmatch(path))}
    assert graded(DEMO, "safe", **by_policy) == PLEGrade(
        "safe", "quantised modules: 36, all in attention, MLP and experts"
    )
    stock = graded(DEMO, "stock", q_bits=4)
    assert (stock.grade, stock.reason.split(" (")[0]) == (
        "unsafe", "quantised modules: 52; outside attention, MLP and experts: 16"
    )  # fmt: skip
    assert graded(DEMO, "eight", q_bits=8).grade == "guarded"
    moe = graded(tiny("moe"), "moe", q_bits=4)
    assert (moe.grade, moe.router) == ("none", "quantised")
    moe = graded(tiny("moe"), "moe-safe", **by_policy)
    assert (moe.grade, moe.router) == ("none", "kept")


# ---------------------------------------------------------------- media
def test_a_checkpoint_with_both_towers_sees_and_hears(folder: Path) -> None:
    assert modalities(_checkpoint(folder, [*TEXT_E, *SEES_AND_HEARS])) == {"image", "audio"}


@pytest.mark.parametrize("stripped", [AUDIO, AUDIO[1:2], ["embed_audio.embedding_projection"]])
def test_a_stripped_audio_tower_is_absent_and_refused(folder: Path, stripped: list[str]) -> None:
    kept = [name for name in [*TEXT_E, *SEES_AND_HEARS] if name not in stripped]
    path = _checkpoint(folder, kept)
    assert modalities(path) == {"image"}
    assert preflight(path, {"image"}, allow_unsafe=False).grade == "safe"
    with pytest.raises(ModelError, match=r"this job needs audio input, and .*the tower was stripped; use a model that"):
        preflight(path, {"audio"}, allow_unsafe=False)


def test_a_model_that_was_never_made_to_hear_is_refused_for_audio(folder: Path) -> None:
    path = _checkpoint(folder, [*TEXT_DENSE, *VISION, *PROJECTIONS[:1]], audio_config=None)
    with pytest.raises(ModelError) as caught:
        preflight(path, {"audio", "image"}, allow_unsafe=False)
    assert str(caught.value) == (
        f"{path}: this job needs audio input, and the checkpoint cannot take it: config.json has no audio_config; "
        "use a model that hears (E2B or E4B), such as model: e4b-4bit"
    )


# ---------------------------------------------------------------- preflight
def test_the_model_that_ships_is_whole_safe_sees_and_hears() -> None:
    assert problems(DEMO) == []
    assert modalities(DEMO) == {"image", "audio"}
    assert preflight(DEMO, {"image", "audio"}, allow_unsafe=False) == PLEGrade("safe", "nothing is quantised")


@pytest.mark.parametrize(
    ("architecture", "grade", "media"),
    [("e", "safe", {"image", "audio"}), ("moe", "none", {"image"}), ("dense", "none", {"image"})],
)
def test_every_architecture_passes(
    tiny: Callable[[Architecture], Path], architecture: Architecture, grade: str, media: set[str]
) -> None:
    assert preflight(tiny(architecture), media, allow_unsafe=False).grade == grade
    assert modalities(tiny(architecture)) == media


def test_an_unsafe_checkpoint_is_refused_unless_it_is_allowed(folder: Path) -> None:
    path = _checkpoint(folder, [*TEXT_E, *SEES_AND_HEARS], PLE[:1])
    with pytest.raises(ModelError) as caught:
        preflight(path, set(), allow_unsafe=False)
    assert str(caught.value) == (
        f"{path}: its per-layer embeddings were quantised below 8 bit: quantised modules: 1; outside "
        "attention, MLP and experts: 1 (embed_tokens at 4 bit); use a PLE-safe checkpoint, such as model: e4b-4bit, "
        "or make one of the unquantised original (gemma4-batch convert SRC DST --bits 4); model.allow_unsafe_ple: true "
        "runs it all the same"
    )
    assert preflight(path, set(), allow_unsafe=True).grade == "unsafe"


@pytest.mark.parametrize(
    "name", ["tokenizer.json", "config.json", "processor_config.json", "chat_template.jinja", "model.safetensors"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    path = _checkpoint(folder, TEXT_E)
    (path / name).unlink()
    assert missing_files(path) == [name]
    with pytest.raises(ModelError) as caught:
        preflight(path, set(), allow_unsafe=False)
    assert str(caught.value) == f"{path}: cannot be used as a model: {name} is missing"


@pytest.mark.parametrize("name", ["tokenizer_config.json", "chat_template.json"])
def test_a_chat_template_in_a_json_file_counts(folder: Path, name: str) -> None:
    path = _checkpoint(folder, TEXT_E)
    (path / "chat_template.jinja").unlink()
    (path / name).write_text('{"chat_template": "{{ messages }}"}')
    assert missing_files(path) == []


@pytest.mark.parametrize("model_type", ["gemma3", "gemma4_unified", None])
def test_another_model_family_is_refused(folder: Path, model_type: str | None) -> None:
    path = _checkpoint(folder, TEXT_E, model_type=model_type)
    assert problems(path) == [f"config.json says model_type {model_type!r}; only 'gemma4' runs"]


def test_every_problem_is_told_at_once(folder: Path) -> None:
    path = _checkpoint(folder, TEXT_E, model_type="gemma3")
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-3])
    (path / "tokenizer.json").unlink()
    need, have = 4 * len(TEXT_E), 4 * len(TEXT_E) - 3
    assert problems(path) == [
        "tokenizer.json is missing",
        "config.json says model_type 'gemma3'; only 'gemma4' runs",
        f"{weights}: is cut short: its tensors need {need} bytes, {have} are there; download it again",
    ]


def test_tensors_that_the_index_promises_must_be_there(folder: Path) -> None:
    path = _checkpoint(folder, TEXT_E)
    names = {f"{name}.weight": "model.safetensors" for name in TEXT_E}
    index = path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}))
    assert problems(path) == []
    index.write_text(json.dumps({"weight_map": {**names, "gone": "model.safetensors", "far": "model-2.safetensors"}}))
    assert problems(path) == [
        "model-2.safetensors is missing",
        "tensors of the index that are in no file: 1, such as gone",
    ]


def test_a_broken_config_is_named(folder: Path) -> None:
    path = _checkpoint(folder, TEXT_E)
    (path / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"config.json: is not JSON"):
        preflight(path, set(), allow_unsafe=False)
