"""Headers and index: what is read without reading weights, and what a damaged file is called."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from batch.errors import ModelError
from batch.gemma.headers import Tensor, read_headers, read_index, tensor_names, weight_files

ENTRY = {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}


def _write(path: Path, header: Any, data: bytes = bytes(12), length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def test_a_header_gives_names_types_shapes_and_bytes(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"format": "mlx"},
        "b": {"dtype": "U32", "shape": [], "data_offsets": [12, 16]},
        "a": ENTRY,
        "none": {"dtype": "F32", "shape": [0, 5], "data_offsets": [16, 16]},
        "four": {"dtype": "F4", "shape": [4], "data_offsets": [16, 18]},
    }
    path = _write(tmp_path / "model.safetensors", header, bytes(18))
    assert read_headers(path) == {
        "a": Tensor("BF16", (2, 3), 12), "b": Tensor("U32", (), 4), "none": Tensor("F32", (0, 5), 0),
        "four": Tensor("F4", (4,), 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "its header says 0 bytes, the file has 0"),
        (b"PK\x03\x04", "its header says 0 bytes, the file has 4"),
        (struct.pack("<Q", 10**15) + b"{}", "its header says 1000000000000000 bytes, the file has 10"),
        (struct.pack("<Q", 4) + b"{}", "its header says 4 bytes, the file has 10"),
        (struct.pack("<Q", 2) + b"[]", "its header is no JSON object"),
    ],
)
def test_what_is_no_safetensors_file_is_said_so(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_headers(path)
    assert str(caught.value) == f"{path}: is not a whole safetensors file: {message}; download it again"


def test_a_header_that_is_no_json_is_said_so(tmp_path: Path) -> None:
    for text in (b"{\xff}", b"{oh}", b"[" * 200_000):
        with pytest.raises(ModelError, match=r"model.safetensors: is not a whole safetensors file: its header is not"):
            read_headers(_write(tmp_path / "model.safetensors", text))


def test_a_file_that_was_cut_short_says_how_much_is_missing(tmp_path: Path) -> None:
    path = _write(tmp_path / "model.safetensors", {"a": ENTRY}, bytes(7))
    with pytest.raises(ModelError) as caught:
        read_headers(path)
    assert str(caught.value) == (f"{path}: is cut short: its tensors need 12 bytes, 7 are there; download it again")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a": ENTRY, "b": ENTRY}, "its tensors leave a gap or overlap at byte 12"),
        ({"a": {**ENTRY, "data_offsets": [2, 14]}}, "its tensors leave a gap or overlap at byte 0"),
        ({"a": {**ENTRY, "shape": [2, 2]}}, "tensor 'a' (BF16 [2, 2]) has bytes 0 to 12"),
        ({"a": {**ENTRY, "shape": [-2, -3]}}, "tensor 'a' (BF16 [-2, -3]) has bytes 0 to 12"),
        ({"a": {**ENTRY, "data_offsets": ["0", "12"]}}, "tensor 'a' (BF16 [2, 3]) has bytes 0 to 12"),
        ({"a": {**ENTRY, "dtype": "Q4_K"}}, "tensor 'a' is described as"),
        ({"a": {"dtype": "BF16"}}, "tensor 'a' is described as"),
        ({"a": [1]}, "tensor 'a' is described as"),
        ({}, "12 bytes follow the last tensor"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(tmp_path: Path, header: Any, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_headers(_write(tmp_path / "model.safetensors", header))
    assert f"is not a whole safetensors file: {message}" in str(caught.value)


def test_a_folder_is_read_by_its_index_or_without_one_whole(tmp_path: Path) -> None:
    _write(tmp_path / "model-2.safetensors", {"b": ENTRY})
    _write(tmp_path / "model-1.safetensors", {"a": ENTRY})
    _write(tmp_path / "consolidated.safetensors", {"c": ENTRY})
    assert [file.name for file in weight_files(tmp_path)] == ["model-1.safetensors", "model-2.safetensors"]
    assert set(read_headers(tmp_path)) == tensor_names(tmp_path) == {"a", "b"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors", "z": "model-3.safetensors"}}))
    assert tensor_names(tmp_path) == {"a", "z"}
    with pytest.raises(ModelError, match=r"model-3.safetensors: is missing; the checkpoint is incomplete"):
        read_headers(tmp_path)


def test_a_folder_without_weights_is_said_so(tmp_path: Path) -> None:
    assert read_index(tmp_path) is None
    with pytest.raises(ModelError, match=r"holds no \*.safetensors files; it needs a Gemma 4 checkpoint in MLX form"):
        read_headers(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no JSON object"),
        ("{}", "names no tensors"),
        ('{"weight_map": {"a": "../../etc/passwd"}}', "places tensor 'a' in '../../etc/passwd'"),
        ('{"weight_map": {"a": 5}}', "places tensor 'a' in 5"),
    ],
)
def test_a_broken_index_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        read_index(tmp_path)
    assert message in str(caught.value)
