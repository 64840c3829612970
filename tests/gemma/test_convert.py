"""Conversions of tiny checkpoints in Hugging Face's form: what is quantised, what is not, who can load the result."""

import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx_vlm import convert as stock_convert
from mlx_vlm.utils import load_model

from batch.durable import free_bytes
from batch.errors import ModelError, OutputError
from batch.gemma import convert as convert_module
from batch.gemma import layout
from batch.gemma.convert import convert
from batch.gemma.headers import read_headers
from batch.gemma.layout import Bits
from batch.gemma.weights import PLE_SAFE
from tests.commands import ROOT, run_command
from tests.gemma import hugging_face, tiny
from tests.gemma.hugging_face import DType
from tests.gemma.rows import answer, mixed
from tests.gemma.shapes import sparse_tree, write_header
from tests.gemma.tiny import ARCHITECTURES, Architecture

ALL_BITS: tuple[Bits, ...] = ("4", "8", "bf16")
FORMS: dict[str, tuple[DType, int]] = {"float32, one file": ("float32", 1), "bfloat16, three files": ("bfloat16", 3)}
GRADES = {"e": "safe", "moe": "none", "dense": "none"}
Usage = namedtuple("Usage", "total used free")
Source = Callable[..., Path]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A checkpoint in Hugging Face's form, built once a session."""
    root = tmp_path_factory.mktemp("huggingface")

    @cache
    def built(architecture: Architecture, form: str) -> Path:
        dtype, shards = FORMS[form]
        return hugging_face.build(root / f"{architecture}-{dtype}-{shards}", architecture, dtype, shards=shards)

    return lambda architecture, form="float32, one file": built(architecture, form)


def tensors(folder: Path) -> dict[str, mx.array]:
    found: dict[str, mx.array] = {}
    for file in folder.glob("*.safetensors"):
        loaded = mx.load(str(file))
        assert isinstance(loaded, dict)
        found |= loaded
    return found


def bits_of(array: mx.array) -> tuple[str, tuple[int, ...], bytes]:
    """Type, shape and content."""
    flat = mx.contiguous(array).reshape(-1)
    return str(array.dtype), tuple(array.shape), np.asarray(flat.view(mx.uint8)).tobytes()


def in_mlx_form(architecture: Architecture, dtype: str) -> dict[str, mx.array]:
    """The weights a conversion starts from, by mlx-vlm's names and layouts."""
    return {name: mx.array(value).astype(getattr(mx, dtype)) for name, value in tiny.weights(architecture).items()}


def nothing_left(folder: Path, *kept: str) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(kept)


# ---------------------------------------------------------------- what comes out
@pytest.mark.parametrize("bits", ALL_BITS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_only_the_policys_modules_are_quantised_and_stock_mlx_vlm_loads_the_rest_bit_by_bit(
    tmp_path: Path, source: Source, architecture: Architecture, form: str, bits: Bits
) -> None:
    found = convert(source(architecture, form), tmp_path / "out", bits)
    assert found.ple is not None
    assert (found.ple.grade, found.ple.router, found.problems) == (
        GRADES[architecture], "kept" if architecture == "moe" else "none", (),
    )  # fmt: skip
    load_model(tmp_path / "out", strict=True)

    dtype = "bfloat16" if bits == "bf16" else FORMS[form][0]
    expected, written = in_mlx_form(architecture, dtype), tensors(tmp_path / "out")
    quantised = {name.removesuffix(".scales") for name in written if name.endswith(".scales")}
    policy = {name.removesuffix(".weight") for name in expected if PLE_SAFE.fullmatch(name.removesuffix(".weight"))}
    assert quantised == (set() if bits == "bf16" else policy)
    kept = {name for name in expected if name.removesuffix(".weight") not in quantised}
    assert {name: bits_of(written[name]) for name in kept} == {name: bits_of(expected[name]) for name in kept}
    assert set(written) - kept == {f"{name}.{part}" for name in quantised for part in ("weight", "scales", "biases")}
    for module in quantised:
        packed = mx.quantize(expected[f"{module}.weight"], group_size=64, bits=int(bits))
        for part, value in zip(("weight", "scales", "biases"), packed, strict=True):
            assert bits_of(written[f"{module}.{part}"]) == bits_of(value)


@pytest.mark.filterwarnings("ignore:At least one mel filter")
def test_the_result_is_bit_by_bit_what_stock_mlx_vlm_makes_by_the_same_policy(tmp_path: Path, source: Source) -> None:
    """From a config that needs no repair."""
    theirs, folder = tmp_path / "theirs", tmp_path / "hf"
    shutil.copytree(source("moe", "bfloat16, three files"), folder)
    config = json.loads((folder / "config.json").read_text())
    config["text_config"] |= {"global_head_dim": 128, "num_global_key_value_heads": 1}
    (folder / "config.json").write_text(json.dumps({**config, "audio_config": None, "eoa_token_id": 1021}))
    stock_convert(
        str(folder), str(theirs), quantize=True, q_bits=4, q_group_size=32,
        quant_predicate=lambda path, module: bool(PLE_SAFE.fullmatch(path)),
    )  # fmt: skip
    convert(folder, tmp_path / "ours", "4", group_size=32)
    ours = {name: bits_of(value) for name, value in tensors(tmp_path / "ours").items()}
    assert ours == {name: bits_of(value) for name, value in tensors(theirs).items()}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("bits", "mode"), [("4", "mxfp4"), ("8", "mxfp8"), ("4", "nvfp4"), ("8", "affine")])
def test_every_mode_loads_in_stock_mlx_vlm(
    tmp_path: Path, source: Source, architecture: Architecture, bits: Bits, mode: str
) -> None:
    found = convert(source(architecture), tmp_path / "out", bits, mode=mode, dtype="bfloat16")
    load_model(tmp_path / "out", strict=True)
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    group = {"mxfp4": 32, "mxfp8": 32, "nvfp4": 16, "affine": 64}[mode]
    assert config["quantization"] == {"group_size": group, "bits": int(bits), "mode": mode}
    assert (found.problems, found.ple and found.ple.grade) == ((), GRADES[architecture])
    assert {row.bits for row in found.paths if row.quantised} == {(int(bits),)}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_of_a_converted_checkpoint_answer_together_as_alone(
    tmp_path: Path, source: Source, architecture: Architecture
) -> None:
    convert(source(architecture), tmp_path / "out", "4")
    rows = mixed(architecture, 55)[::13]
    alone = answer(tmp_path / "out", rows, slots=1)[0]
    assert answer(tmp_path / "out", rows, slots=8)[0] == alone
    assert len({tuple(tokens) for tokens in alone.values()}) > 3


def test_experts_that_stand_alone_become_the_same_checkpoint(tmp_path: Path, source: Source) -> None:
    single = hugging_face.build(tmp_path / "single", "moe", stacked=False)
    convert(single, tmp_path / "a", "4")
    convert(source("moe"), tmp_path / "b", "4")
    a, b = tensors(tmp_path / "a"), tensors(tmp_path / "b")
    assert {name: bits_of(value) for name, value in a.items()} == {name: bits_of(value) for name, value in b.items()}


def test_a_checkpoint_in_mlx_form_is_converted_as_well(tmp_path: Path, tiny: Callable[[Architecture], Path]) -> None:
    assert convert(tiny("e"), tmp_path / "out", "8").ple is not None
    load_model(tmp_path / "out", strict=True)


def test_pieces_and_shards_change_nothing(tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(source("moe"), tmp_path / "whole", "4", dtype="bfloat16")
    monkeypatch.setattr(convert_module, "PIECE_BYTES", 10_000)
    monkeypatch.setattr(convert_module, "SHARD_BYTES", 400_000)
    convert(source("moe"), tmp_path / "pieces", "4", dtype="bfloat16")
    names = sorted(file.name for file in (tmp_path / "pieces").glob("*.safetensors"))
    assert len(names) > 2
    assert names[0] == f"model-00001-of-{len(names):05}.safetensors"
    whole, pieces = tensors(tmp_path / "whole"), tensors(tmp_path / "pieces")
    assert {name: bits_of(value) for name, value in pieces.items()} == {
        name: bits_of(value) for name, value in whole.items()
    }
    load_model(tmp_path / "pieces", strict=True)


def test_dtype_casts_what_is_not_quantised_and_the_config_says_so(tmp_path: Path, source: Source) -> None:
    convert(source("dense"), tmp_path / "out", "4", dtype="float16")
    assert {tensor.dtype for tensor in read_headers(tmp_path / "out").values()} == {"F16", "U32"}
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert (config["dtype"], config["text_config"]["dtype"]) == ("float16", "float16")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_transformers_left_out_of_the_config_is_put_back(
    tmp_path: Path, source: Source, architecture: Architecture
) -> None:
    convert(source(architecture), tmp_path / "out", "bf16")
    written = json.loads((tmp_path / "out" / "config.json").read_text())
    right = tiny.config(architecture)
    heads = right["text_config"].get("num_global_key_value_heads")
    assert written["text_config"]["global_head_dim"] == 128
    assert written["text_config"].get("num_global_key_value_heads") == heads
    assert (written["audio_config"], written["eoa_token_id"]) == (right["audio_config"], 1021)


def test_processor_tokenizer_and_template_are_copied_byte_by_byte(tmp_path: Path, source: Source) -> None:
    folder = source("e")
    convert(folder, tmp_path / "out", "4", name="org/source@abc")
    for name in ("processor_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
                 "generation_config.json"):  # fmt: skip
        assert (tmp_path / "out" / name).read_bytes() == (folder / name).read_bytes()
    card = (tmp_path / "out" / "README.md").read_text()
    assert "Converted from `org/source@abc`" in card
    assert "4 bit, groups of 64, mode affine" in card
    assert "| ple | 14 | 0 | 32 | 0.5 | 2.2 |" in card


# ---------------------------------------------------------------- what is refused
def refused(source: Path, destination: Path, bits: Bits = "4", **how: Any) -> str:
    with pytest.raises((ModelError, OutputError)) as caught:
        convert(source, destination, bits, **how)
    return str(caught.value)


def test_nothing_is_ever_overwritten(tmp_path: Path, source: Source) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    assert "is there already; convert never overwrites" in refused(source("e"), tmp_path / "out")
    assert nothing_left(tmp_path / "out", "mine.txt")


def _cut(folder: Path) -> str:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    return "is cut short: its tensors need"


def _corrupt(folder: Path) -> str:
    (folder / "model.safetensors").write_bytes(b"\xff" * 4096)
    return "is not a whole safetensors file: its header says"


def _family(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "gemma3"}))
    return "model_type is 'gemma3'; only 'gemma4' checkpoints can be converted"


def _total_size(folder: Path) -> str:
    names = dict.fromkeys(read_headers(folder), "model.safetensors")
    index = {"metadata": {"total_size": 5}, "weight_map": names}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return "cannot be converted: the index says total_size 5 bytes; the headers come to 3,127,312"


def _unknown(folder: Path) -> str:
    mx.save_safetensors(str(folder / "extra.safetensors"), {"model.secret.weight": mx.zeros((2, 2))})
    return "cannot be converted: tensors that mlx-vlm's model does not know: secret.weight"


def _without(name: str) -> Callable[[Path], str]:
    def remove(folder: Path) -> str:
        (folder / name).unlink()
        return f"{name}"

    return remove


@pytest.mark.parametrize(
    "damage",
    [_cut, _corrupt, _family, _total_size, _unknown, _without("tokenizer.json"), _without("processor_config.json"),
     _without("config.json"), _without("model.safetensors")],
)  # fmt: skip
def test_a_source_that_is_not_whole_is_refused_and_nothing_is_written(
    tmp_path: Path, source: Source, damage: Callable[[Path], str]
) -> None:
    folder = tmp_path / "hf"
    shutil.copytree(source("dense"), folder)
    said = damage(folder)
    assert said in refused(folder, tmp_path / "out")
    assert nothing_left(tmp_path, "hf")


def test_a_quantised_source_is_refused(tmp_path: Path, source: Source) -> None:
    convert(source("dense"), tmp_path / "once", "8")
    assert "is quantised already; convert the checkpoint it was made from" in refused(
        tmp_path / "once", tmp_path / "two"
    )


@pytest.mark.parametrize(
    ("bits", "how", "said"),
    [
        ("bf16", {"group_size": 32}, "--bits bf16 quantises nothing"),
        ("bf16", {"dtype": "float32"}, "--bits bf16 quantises nothing"),
        ("4", {"mode": "mxfp8"}, "--mode mxfp8 stores 8 bits; with --bits 4 use --mode affine"),
        ("4", {"mode": "gptq"}, "--mode 'gptq': choose one of affine, mxfp4, mxfp8, nvfp4"),
        ("4", {"group_size": 48}, "--group-size 48: --mode affine has 32, 64, 128"),
        ("4", {"dtype": "int8"}, "--dtype 'int8': choose one of bfloat16, float16, float32"),
        ("4", {"group_size": 128}, "rows of 64 numbers cannot be quantised in groups of 128; choose another"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    tmp_path: Path, source: Source, bits: Bits, how: dict[str, Any], said: str
) -> None:
    assert said in refused(source("moe"), tmp_path / "out", bits, **how)
    assert nothing_left(tmp_path)


def test_a_disk_that_is_too_small_is_said_before_anything_is_written(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 5000, 5000))
    assert free_bytes(tmp_path) == 5000
    said = refused(source("e"), tmp_path / "out")
    assert "the result needs 71.9 MB, and 5 kB are free there; make space, or name a folder on another disk" in said
    assert nothing_left(tmp_path)


def test_a_conversion_that_fails_midway_leaves_nothing(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights change under the reader after they were planned."""
    folder = tmp_path / "hf"
    shutil.copytree(source("dense"), folder)

    def cut_now(done: int, total: int) -> None:
        if done > total // 3:
            os.truncate(folder / "model.safetensors", 1_000_000)

    assert "bytes too early; download it again" in refused(folder, tmp_path / "out", progress=cut_now)
    assert nothing_left(tmp_path, "hf")


def test_what_a_killed_conversion_left_is_cleared_by_the_next(tmp_path: Path, source: Source) -> None:
    (tmp_path / ".out.converting").mkdir()
    (tmp_path / ".out.converting" / "model.safetensors").write_bytes(b"half")
    convert(source("dense"), tmp_path / "out", "4")
    assert nothing_left(tmp_path, "out")


def test_a_result_that_is_not_what_was_meant_is_never_moved_into_place(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a policy that takes everything, its own inspection stops the conversion."""
    everything = type("Everything", (), {"fullmatch": staticmethod(lambda name: ".per_layer_" in name)})
    monkeypatch.setattr(layout, "PLE_SAFE", everything)
    said = refused(source("e"), tmp_path / "out")
    assert "the conversion failed its own inspection: the PLE grade is unsafe" in said
    assert nothing_left(tmp_path)


def test_the_command_converts_and_shows_the_table(tmp_path: Path, source: Source) -> None:
    done = run_command("convert", source("moe"), tmp_path / "out", "--bits", "4", "--group-size", "32")
    assert done.returncode == 0, done.stderr
    assert "router: kept" in done.stdout
    assert run_command("inspect", tmp_path / "out", "--strict").stdout == done.stdout
    again = run_command("convert", source("moe"), tmp_path / "out", "--bits", "4")
    assert (again.returncode, "never overwrites" in again.stderr) == (1, True)


# ---------------------------------------------------------------- memory
PEAK = (
    "import sys; from pathlib import Path; from batch.gemma.convert import convert\n"
    "from tests.peak_memory import peak_bytes\n"
    "convert(Path(sys.argv[1]), Path(sys.argv[2]), '4')\n"
    "print(peak_bytes())\n"
)


def peak_bytes(source: Path, destination: Path) -> int:
    command = [sys.executable, "-c", PEAK, str(source), str(destination)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
def test_a_whole_e2b_is_converted_in_half_a_gigabyte(tmp_path: Path) -> None:
    """10 GB of shapes, of which one table is 4.7 GB. Needs 8 GB of disk."""
    folder = sparse_tree(tmp_path / "e2b", "e2b", "bf16", shards=3)
    assert peak_bytes(folder, tmp_path / "out") < 512 * 1024**2


def test_memory_stays_far_below_the_largest_tensor(tmp_path: Path, source: Source) -> None:
    """A tiny model with a table of 0.3 GB."""
    folder = tmp_path / "wide"
    shutil.copytree(source("e"), folder)
    config = json.loads((folder / "config.json").read_text())
    config["text_config"] |= {"vocab_size_per_layer_input": 200_000, "global_head_dim": 128}
    (folder / "config.json").write_text(json.dumps(config))
    entries = {name: (tensor.dtype, tensor.shape) for name, tensor in read_headers(folder).items()}
    table = "model.language_model.embed_tokens_per_layer.weight"
    entries[table] = ("F32", (200_000, entries[table][1][1]))
    write_header(folder / "model.safetensors", entries)
    assert peak_bytes(folder, tmp_path / "out") < 250 * 1024**2
