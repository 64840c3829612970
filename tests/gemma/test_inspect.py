"""What `inspect` says: of the twelve published variants by config and index, of whole folders, of damaged ones."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
from mlx_vlm import convert as stock_convert

from batch.errors import ModelError
from batch.gemma.inspect import Inspection, inspect, inspection_object, inspection_text
from batch.gemma.outline import fetch_outline
from batch.gemma.published import PRECISIONS, SIZES, config_of, quantised_form, tensors_of
from batch.gemma.registry import PUBLISHED
from batch.gemma.skeleton import skeleton
from tests.commands import ROOT
from tests.gemma import hugging_face
from tests.gemma.shapes import config_and_index, nbytes, sparse_tree
from tests.gemma.tiny import DEMO, Architecture, build
from tests.source.hub.server import Hub, serving

TWELVE = [(size, precision) for size in SIZES for precision in PRECISIONS]
# Counted by hand from the dimensions: (attention + MLP + expert + router) modules, parameters in millions.
# E2B: 35 x (q, o) + 15 x (k, v); 35 x 3.  26B: 30 x (q, k, o) + 25 v; 30 x 3; 30 x 3; 30.
MODULES = {"e2b": 70 + 30 + 105, "e4b": 84 + 48 + 126, "26b-a4b": 90 + 25 + 90 + 90 + 30, "31b": 180 + 50 + 180}
MILLIONS = {"e2b": 5104.3, "e4b": 7941.1, "26b-a4b": 25805.9, "31b": 31273.1}
SECONDS, MEGABYTES = 2.0, 200


def paths(found: Inspection) -> dict[str, tuple[int, int, tuple[int, ...]]]:
    """Path -> tensors, quantised modules, bits."""
    return {row.path: (row.tensors, row.quantised, row.bits) for row in found.paths}


# ---------------------------------------------------------------- config and index alone
@pytest.mark.parametrize(("size", "precision"), TWELVE)
def test_config_and_index_of_a_published_variant_suffice(tmp_path: Path, size: str, precision: str) -> None:
    found = inspect(config_and_index(tmp_path / "model", size, precision))
    quantised = 0 if precision == "bf16" else MODULES[size]
    small = size.startswith("e")
    assert found.ple is not None
    assert (found.ple.grade, found.ple.router) == (
        "safe" if small else "none",
        "none" if size != "26b-a4b" else "kept" if precision == "bf16" else "quantised",
    )
    assert sum(row.quantised for row in found.paths) == quantised
    assert round(found.parameters / 1e6, 1) == MILLIONS[size]
    assert found.nbytes == nbytes(tensors_of(size, precision))
    # E4B as published has 0.1 GB more: keys and values of layers that share another's.
    assert found.nbytes / 1e9 == pytest.approx(PUBLISHED[f"{size}-{precision}"], rel=0.01)
    assert (found.vision, found.audio, found.missing, found.unexpected) == (True, small, (), ())
    assert found.problems == (
        "tokenizer.json is missing", "processor_config.json is missing", "chat_template.jinja is missing",
        "model-1.safetensors is missing",
    )  # fmt: skip
    assert (found.complete, found.processor) == (False, False)


def test_the_table_of_a_variant_says_each_path(tmp_path: Path) -> None:
    found = inspect(config_and_index(tmp_path / "model", "26b-a4b", "4bit"))
    assert paths(found) == {
        "attention": (3 * 115, 115, (4,)),
        "mlp": (3 * 90, 90, (4,)),
        "experts": (3 * 90, 90, (4,)),
        "router": (30 * 5, 30, (4, 16)),  # its scales are no module of its own
        "embeddings": (1, 0, (16,)),
        "vision": (27 * 13 + 5, 0, (16,)),
        "norms": (30 * 10 + 1, 0, (16,)),
    }
    found = inspect(config_and_index(tmp_path / "small", "e2b", "bf16"))
    assert {row.path: round(row.parameters / 1e6) for row in found.paths} == {
        "attention": 278, "mlp": 1557, "embeddings": 403, "ple": 2390, "vision": 169, "audio": 307, "norms": 0,
    }  # fmt: skip


def test_keys_of_layers_that_share_anothers_are_told_apart_and_counted_for_nothing(tmp_path: Path) -> None:
    """As the published E2B and E4B have them: mlx-vlm passes them over."""
    entries = tensors_of("e4b", "bf16")
    whole = skeleton(
        {**config_of("e4b"), "text_config": {**config_of("e4b")["text_config"], "num_kv_shared_layers": 0}}
    )
    entries |= {name: ("BF16", shape) for name, shape in whole.items() if ".self_attn." in name}
    found = inspect(config_and_index(tmp_path / "model", "e4b", "bf16", entries))
    assert paths(found)["unused"] == (18 * 3, 0, (16,))
    assert (round(found.parameters / 1e6, 1), found.unexpected) == (MILLIONS["e4b"], ())
    assert found.nbytes / 1e9 == pytest.approx(16.0, abs=0.05)
    assert not [problem for problem in found.problems if "total_size" in problem]


def test_one_quantised_table_makes_the_index_unsafe(tmp_path: Path) -> None:
    entries = tensors_of("e2b", "4bit")
    table = "language_model.model.embed_tokens_per_layer"
    entries |= quantised_form(table, entries[f"{table}.weight"][1], 4, 64)
    found = inspect(config_and_index(tmp_path / "model", "e2b", "4bit", entries))
    assert found.ple is not None
    assert found.ple.grade == "unsafe"
    assert paths(found)["ple"] == (35 * 2 + 2 + 2, 1, (4, 16))
    assert found.nbytes == nbytes(entries)


def test_a_lacking_tensor_and_an_unknown_one_are_said_and_never_guessed(tmp_path: Path) -> None:
    entries = tensors_of("31b", "bf16")
    lost = "language_model.model.layers.59.mlp.up_proj.weight"
    del entries[lost]
    entries["language_model.model.layers.0.mlp.secret_proj.weight"] = ("BF16", (1, 1))
    found = inspect(config_and_index(tmp_path / "model", "31b", "bf16", entries))
    assert found.missing == (lost,)
    assert found.unexpected == ("language_model.model.layers.0.mlp.secret_proj.weight",)
    assert paths(found)["unknown"] == (1, 0, ())
    assert found.problems[-2:] == (
        f"tensors that mlx-vlm's model needs and the checkpoint lacks: {lost}",
        "tensors that mlx-vlm's model does not know: language_model.model.layers.0.mlp.secret_proj.weight",
    )


def test_a_wrong_total_size_is_a_problem_with_or_without_the_weights(tmp_path: Path, huggingface: Path) -> None:
    small = config_and_index(tmp_path / "model", "e2b", "8bit")
    real = nbytes(tensors_of("e2b", "8bit"))
    for folder, said in ((small, "config.json and the tensor names"), (huggingface, "the headers")):
        path = folder / "model.safetensors.index.json"
        index = json.loads(path.read_text())
        total = index["metadata"]["total_size"]
        index["metadata"]["total_size"] = 17
        path.write_text(json.dumps(index))
        assert f"the index says total_size 17 bytes; {said} come to {total:,}" in inspect(folder).problems
    assert total != real


# ---------------------------------------------------------------- whole folders
@pytest.fixture
def huggingface(tmp_path: Path) -> Path:
    return hugging_face.build(tmp_path / "hf", "e", "bfloat16", shards=3)


@pytest.mark.parametrize("architecture", ["e", "moe", "dense"])
def test_a_checkpoint_in_mlx_form_has_no_problem(
    tiny: Callable[[Architecture], Path], architecture: Architecture
) -> None:
    found = inspect(tiny(architecture))
    assert found.problems == ()
    assert (found.complete, found.processor, found.vision, found.audio) == (True, True, True, architecture == "e")
    assert {bits for row in found.paths for bits in row.bits} == {32}
    header = sum(file.stat().st_size for file in tiny(architecture).glob("*.safetensors")) - found.nbytes
    assert 0 < header < 64_000


@pytest.mark.filterwarnings("ignore:At least one mel filter")
@pytest.mark.parametrize(
    ("architecture", "grade", "router"),
    [("e", "unsafe", "none"), ("moe", "none", "quantised"), ("dense", "none", "none")],
)
def test_stock_conversions_are_graded_unsafe_or_remarked(
    tmp_path: Path, architecture: Architecture, grade: str, router: str
) -> None:
    source = hugging_face.build(tmp_path / "hf", architecture)
    config = json.loads((source / "config.json").read_text())
    repair = {"global_head_dim": 128, "num_global_key_value_heads": None if architecture == "e" else 1}
    config = {"audio_config": None, "eoa_token_id": 1021, **config, "text_config": {**config["text_config"], **repair}}
    (source / "config.json").write_text(json.dumps(config))
    stock_convert(str(source), str(tmp_path / "stock"), quantize=True, q_bits=4)
    found = inspect(tmp_path / "stock")
    assert found.ple is not None
    assert (found.ple.grade, found.ple.router, found.problems) == (grade, router, ())


def test_json_and_text_say_the_same(tiny: Callable[[Architecture], Path]) -> None:
    found = inspect(tiny("moe"), model="mine", revision="abc")
    shown = inspection_object(found)
    assert list(shown) == [
        "schema_version", "model", "revision", "architecture", "parameters", "bytes", "complete", "problems", "towers",
        "processor", "ple", "router", "paths", "missing", "unexpected",
    ]  # fmt: skip
    assert (shown["schema_version"], shown["towers"], shown["router"]) == (1, {"vision": True, "audio": False}, "kept")
    assert shown["architecture"] == "gemma4, 4 layers of 128, mixture of 8 experts"
    assert sum(row["bytes"] for row in shown["paths"]) == shown["bytes"] == found.nbytes
    assert shown["paths"][0] == {
        "path": "attention", "tensors": 15, "quantised": 0, "bits": [32], "parameters": 278528, "bytes": 4 * 278528,
    }  # fmt: skip
    text = inspection_text(found)
    assert text.startswith("mine at abc\narchitecture: gemma4, 4 layers of 128, mixture of 8 experts\n")
    assert "router: kept" in text


# ---------------------------------------------------------------- damage
def _corrupt(folder: Path) -> str:
    (folder / "model.safetensors").write_bytes(b"\xff" * 4096)
    return "is not a whole safetensors file: its header says"


def _cut(folder: Path) -> str:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    return "is cut short: its tensors need"


def _without(name: str) -> Callable[[Path], str]:
    def remove(folder: Path) -> str:
        (folder / name).unlink()
        return f"{name} is missing"

    return remove


def _other_family(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "gemma3"}))
    return "config.json says model_type 'gemma3'; only 'gemma4' runs"


def _other_dimensions(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["intermediate_size"] = 999
    (folder / "config.json").write_text(json.dumps(config))
    return "tensors of another shape than config.json says: language_model.model.layers.0.mlp.down_proj.weight"


def _nonsense_dimensions(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["hidden_size"] = None
    (folder / "config.json").write_text(json.dumps(config))
    return "config.json describes no Gemma 4 model"


@pytest.mark.parametrize(
    "damage",
    [_corrupt, _cut, _without("tokenizer.json"), _without("processor_config.json"), _without("chat_template.jinja"),
     _other_family, _other_dimensions, _nonsense_dimensions],
)  # fmt: skip
def test_damage_is_a_named_problem(tmp_path: Path, damage: Callable[[Path], str]) -> None:
    folder = build(tmp_path / "model", "dense")
    said = damage(folder)
    found = inspect(folder)
    assert [problem for problem in found.problems if said in problem]
    assert found.complete is False


def test_without_names_there_is_no_grade(tmp_path: Path) -> None:
    folder = build(tmp_path / "model", "e")
    _corrupt(folder)
    shown = inspection_object(inspect(folder))
    assert (shown["ple"]["grade"], shown["paths"], shown["bytes"]) == (None, [], 0)


def test_without_a_config_there_is_nothing_to_say(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config.json: is missing"):
        inspect(tmp_path)


# ---------------------------------------------------------------- the command
MEASURED = (
    "import sys, time; from batch.cli import main; from tests.peak_memory import peak_bytes\n"
    "try: main()\n"
    "finally: print(time.process_time(), peak_bytes() / 1e6, file=sys.stderr)\n"
)


def measured(*arguments: str | Path) -> tuple[int, str, float, float]:
    """Exit code, output, processor seconds and peak megabytes of a command."""
    command = [sys.executable, "-c", MEASURED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    seconds, megabytes = map(float, done.stderr.splitlines()[-1].split())
    return done.returncode, done.stdout, seconds, megabytes


def test_sixteen_gigabytes_are_inspected_in_two_seconds_and_200_megabytes(tmp_path: Path) -> None:
    folder = sparse_tree(tmp_path / "e4b", "e4b", "bf16", shards=4)
    code, output, seconds, megabytes = measured("inspect", folder, "--json", "--strict")
    shown = json.loads(output)
    assert (code, shown["complete"], shown["bytes"]) == (0, True, nbytes(tensors_of("e4b", "bf16")))
    assert shown["bytes"] > 15.8e9
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_strict_makes_a_problem_the_exit_code(tmp_path: Path) -> None:
    folder = config_and_index(tmp_path / "model", "e2b", "4bit")
    code, output, *_ = measured("inspect", folder)
    assert (code, "PLE: safe" in output, "tokenizer.json is missing" in output) == (0, True, True)
    assert measured("inspect", folder, "--strict")[0] == 1
    assert measured("inspect", "demo", "--strict")[0] == 0


# ---------------------------------------------------------------- on the Hub
@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.mark.network
def test_of_a_model_on_the_hub_only_settings_and_headers_are_fetched(tmp_path: Path, hub: Hub) -> None:
    files = {path.name: path.read_bytes() for path in DEMO.iterdir()}
    commit = hub.push("org/demo", files)
    folder = tmp_path / "outline"
    folder.mkdir()
    assert fetch_outline("org/demo", None, folder) == commit
    there, here = inspect(folder, model="x"), inspect(DEMO, model="x")
    assert there == here
    ranges = [asked for verb, path, asked in hub.requests if verb == "GET" and "/lfs/" in path]
    fetched = sum(int(last) - int(first) + 1 for first, last in (asked[6:].split("-") for asked in ranges if asked))
    assert len(ranges) == 2
    assert fetched < 100_000 < len(files["model.safetensors"])
    assert not [path for _, path, _ in hub.requests if path.endswith("/tokenizer.json")]


@pytest.mark.network
def test_a_hub_id_is_inspected_by_the_command_without_a_download(tmp_path: Path, hub: Hub) -> None:
    commit = hub.push("org/demo-qat", {path.name: path.read_bytes() for path in DEMO.iterdir()})
    environment: dict[str, Any] = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.url}
    command = [sys.executable, "-m", "batch", "inspect", "org/demo-qat", "--json", "--strict"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["model"], shown["revision"], shown["complete"]) == ("org/demo-qat", commit, True)
    assert not list((tmp_path / "home").rglob("*.safetensors"))
