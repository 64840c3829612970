"""Published checkpoints as their shapes alone: config and index, or sparse files that hold headers and nothing else."""

import json
import shutil
import struct
from math import prod
from pathlib import Path

from batch.gemma.headers import BITS
from batch.gemma.published import config_of, tensors_of
from batch.gemma.skeleton import Shape
from tests.gemma.tiny import DEMO

Entries = dict[str, tuple[str, Shape]]


def nbytes(entries: Entries) -> int:
    return sum(BITS[dtype] // 8 * prod(shape) for dtype, shape in entries.values())


def config_and_index(folder: Path, size: str, precision: str, entries: Entries | None = None) -> Path:
    """config.json and the index of a published variant, and nothing else."""
    entries = tensors_of(size, precision) if entries is None else entries
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config_of(size, precision)))
    index = {"metadata": {"total_size": nbytes(entries)}, "weight_map": dict.fromkeys(entries, "model-1.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def sparse_tree(folder: Path, size: str, precision: str, shards: int) -> Path:
    """A whole folder, whose weight files have headers and holes."""
    entries = tensors_of(size, precision)
    config_and_index(folder, size, precision, entries)
    for name in ("tokenizer.json", "tokenizer_config.json", "processor_config.json", "chat_template.jinja"):
        shutil.copy(DEMO / name, folder / name)
    names = list(entries)
    place: dict[str, str] = {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        held = {name: entries[name] for name in names[number::shards]}
        place |= dict.fromkeys(held, file)
        write_header(folder / file, held)
    index = {"metadata": {"total_size": nbytes(entries)}, "weight_map": place}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def write_header(file: Path, entries: Entries) -> None:
    """A safetensors file of the right length, with zeros for weights that take no room on the disk."""
    header, end = {}, 0
    for name, (dtype, shape) in entries.items():
        start, end = end, end + BITS[dtype] // 8 * prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + end)
