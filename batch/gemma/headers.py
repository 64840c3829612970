"""What a checkpoint holds, from safetensors headers and the index alone: names, types, shapes. No weights are read.

Format: 8 bytes little-endian length, JSON of that length, then the tensors' bytes without gaps
(https://github.com/huggingface/safetensors#format).
"""

import json
import struct
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

from batch.errors import ModelError

INDEX = "model.safetensors.index.json"
MAX_HEADER_BYTES = 100_000_000  # the reference implementation's own limit
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a checkpoint; `dtype` in safetensors' words, such as BF16; `start` is its first byte's place."""

    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    start: int = field(default=0, compare=False)


def read_headers(path: Path) -> dict[str, Tensor]:
    """Every tensor of one safetensors file, or of all weight files of a folder, by name.

    Raises ModelError for a file that is missing, cut short or no safetensors file.
    """
    files = weight_files(path) if path.is_dir() else (path,)
    if not files:
        raise ModelError(f"{path}: holds no *.safetensors files; it needs a Gemma 4 checkpoint in MLX form")
    tensors: dict[str, Tensor] = {}
    for file in files:
        tensors |= _read_header(file)
    return tensors


def tensor_names(folder: Path) -> frozenset[str]:
    """The names the index gives, or where there is none, those in the headers."""
    index = read_index(folder)
    return frozenset(index) if index is not None else frozenset(read_headers(folder))


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files that make up the checkpoint: those the index names, else all but a consolidated copy."""
    index = read_index(folder)
    if index is not None:
        return tuple(folder / shard for shard in sorted(set(index.values())))
    return tuple(sorted(file for file in folder.glob("*.safetensors") if file.name != "consolidated.safetensors"))


def read_index(folder: Path) -> dict[str, str] | None:
    """Tensor name -> file name, or None where the checkpoint has no index. Raises ModelError for a broken one."""
    path = folder / INDEX
    if not path.exists():
        return None
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{path}: names no tensors (weight_map); download the checkpoint again")
    for name, shard in weight_map.items():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise ModelError(f"{path}: places tensor {name!r} in {shard!r}, which is no file name of this folder")
    return weight_map


def read_index_size(folder: Path) -> int | None:
    """The bytes of all tensors, as the index says them; None where it does not. Raises ModelError as `read_index`."""
    path = folder / INDEX
    metadata = read_json(path).get("metadata") if path.exists() else None
    size = metadata.get("total_size") if isinstance(metadata, dict) else None
    return size if isinstance(size, int) else None


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of the checkpoint. Raises ModelError where it is missing or something else."""
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError as exc:
        raise ModelError(f"{path}: is missing; the checkpoint is incomplete") from exc
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:
        raise ModelError(f"{path}: is not JSON ({exc}); download the checkpoint again") from exc
    if not isinstance(data, dict):
        raise ModelError(f"{path}: holds no JSON object; download the checkpoint again")
    return data


def _read_header(file: Path) -> dict[str, Tensor]:
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            start = stream.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
                raise _damaged(file, f"its header says {length} bytes, the file has {size}")
            entries = json.loads(stream.read(length))
    except FileNotFoundError as exc:
        raise ModelError(f"{file}: is missing; the checkpoint is incomplete") from exc
    except OSError as exc:
        raise ModelError(f"{file}: cannot be read: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:
        raise _damaged(file, f"its header is not JSON ({exc})") from exc
    if not isinstance(entries, dict):
        raise _damaged(file, "its header is no JSON object")
    entries.pop("__metadata__", None)
    spans: list[tuple[int, int]] = []
    tensors: dict[str, Tensor] = {}
    for name, entry in entries.items():
        tensor, span = _tensor(file, name, entry)
        tensors[name] = replace(tensor, start=8 + length + span[0])
        spans.append(span)
    _check_spans(file, spans, size - 8 - length)
    return tensors


def _tensor(file: Path, name: str, entry: Any) -> tuple[Tensor, tuple[int, int]]:
    """The tensor and where its bytes lie, checked against its shape."""
    try:
        dtype, shape = entry["dtype"], tuple(entry["shape"])
        start, stop = entry["data_offsets"]
        bits = BITS[dtype] * prod(shape)
    except (TypeError, KeyError, ValueError) as exc:
        raise _damaged(file, f"tensor {name!r} is described as {str(entry)[:80]}") from exc
    numbers = (*shape, start, stop)
    if any(not isinstance(number, int) or number < 0 for number in numbers) or (stop - start) * 8 != bits:
        raise _damaged(file, f"tensor {name!r} ({dtype} {list(shape)}) has bytes {start} to {stop}")
    return Tensor(dtype, shape, stop - start), (start, stop)


def _check_spans(file: Path, spans: list[tuple[int, int]], available: int) -> None:
    """Tensors fill the rest of the file exactly: a file cut short ends before the last one does."""
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            raise _damaged(file, f"its tensors leave a gap or overlap at byte {end}")
        end = stop
    if end > available:
        raise ModelError(
            f"{file}: is cut short: its tensors need {end:,} bytes, {available:,} are there; download it again"
        )
    if end < available:
        raise _damaged(file, f"{available - end} bytes follow the last tensor")


def _damaged(file: Path, what: str) -> ModelError:
    return ModelError(f"{file}: is not a whole safetensors file: {what}; download it again")
