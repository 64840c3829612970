"""A checkpoint in Hugging Face's or MLX's form -> one in MLX's form, quantised by the policy of `weights.py` alone.

Tensors are streamed a few megabytes at a time (a row of a matrix is quantised by itself, so pieces change
nothing): memory stays far below the largest layer, and no piece comes near Metal's watchdog of five seconds.
The result is written aside, inspected, and moved into place; a source that cannot be converted leaves nothing.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from batch import __version__
from batch.durable import free_bytes, size, sync_file, sync_folder, translated, write_text
from batch.errors import ModelError
from batch.gemma.config_repair import with_dtype
from batch.gemma.headers import BITS, INDEX
from batch.gemma.inspect import Inspection, inspect
from batch.gemma.layout import Bits, Output, Quantisation, plan, quantisation
from batch.gemma.model_card import model_card
from batch.gemma.tensor_file import TensorFile, nbytes

PIECE_BYTES = 8 * 1024**2
SHARD_BYTES = 5 * 10**9
SPARE_BYTES = 64 * 1024**2  # tokenizer, config and card, and what a file system keeps for itself
COPIED = (".json", ".jinja", ".model", ".txt")
Progress = Callable[[int, int], None]  # bytes written, bytes in all


def convert(
    source: Path,
    destination: Path,
    bits: Bits,
    *,
    group_size: int | None = None,
    mode: str = "affine",
    dtype: str | None = None,
    name: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Inspection:
    """Convert `source` into the new folder `destination`; returns what `inspect` says of it.

    `dtype` (float32, bfloat16, float16) casts what is not quantised, and the rest before it is; None keeps
    each tensor's own. `name` is what the card calls the source. Raises ModelError for a source that is no whole,
    unquantised Gemma 4, and for settings that do not fit it; OutputError where it cannot be written.
    """
    how, dtype = quantisation(bits, group_size, mode, dtype)
    if destination.exists() or destination.is_symlink():
        raise ModelError(
            f"{destination}: is there already; convert never overwrites: remove it, or name another folder"
        )
    outputs, config = plan(source, how, dtype)
    _refuse_a_full_disk(destination, outputs)
    staged = destination.with_name(f".{destination.name}.converting")
    try:
        with translated(staged):
            shutil.rmtree(staged, ignore_errors=True)  # of a conversion that was killed
            staged.mkdir(parents=True)
        _write_weights(staged, outputs, progress)
        _write_rest(source, staged, config, how, dtype)
        found = _verified(staged, how, destination)
        card = model_card(name or source.name, found, how.as_config() if how else None, __version__)
        write_text(staged / "README.md", card)
        with translated(destination):
            for file in staged.iterdir():
                sync_file(file)
            staged.rename(destination)
            sync_folder(destination.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return found


def _refuse_a_full_disk(destination: Path, outputs: Sequence[Output]) -> None:
    need = sum(nbytes(*entry) for output in outputs for entry in output.stored().values()) + SPARE_BYTES
    free = free_bytes(destination.absolute())
    if free < need:
        raise ModelError(
            f"{destination}: the result needs {size(need)}, and {size(free)} are free there; make space, "
            "or name a folder on another disk"
        )


def _write_weights(folder: Path, outputs: Sequence[Output], progress: Progress) -> None:
    shards = _shards(outputs)
    total = sum(nbytes(*entry) for output in outputs for entry in output.stored().values())
    weight_map: dict[str, str] = {}
    done = 0
    for number, shard in enumerate(shards, start=1):
        file = "model.safetensors" if len(shards) == 1 else f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {name: entry for output in shard for name, entry in output.stored().items()}
        weight_map |= dict.fromkeys(tensors, file)
        with TensorFile(folder / file, tensors) as stream:
            for output in shard:
                for tensor, data in _written(output):
                    stream.append(tensor, data)
                    done += len(data)
                progress(done, total)
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    write_text(folder / INDEX, json.dumps(index, indent=2) + "\n")


def _shards(outputs: Sequence[Output]) -> list[list[Output]]:
    shards: list[list[Output]] = [[]]
    held = 0
    for output in outputs:
        need = sum(nbytes(*entry) for entry in output.stored().values())
        if shards[-1] and held + need > SHARD_BYTES:
            shards.append([])
            held = 0
        shards[-1].append(output)
        held += need
    return shards


def _written(output: Output) -> Iterator[tuple[str, bytes]]:
    """The bytes of a tensor, or of its quantised form, as they come."""
    if output.quantised is None and output.axes is None and output.dtype == output.source_dtype:
        for block in output.blocks:
            yield from ((output.name, piece) for piece in block.pieces(PIECE_BYTES))
        return
    # Late: MLX is needed for arithmetic only, and planning, with all its refusals, is done before.
    from batch.gemma.arithmetic import cast, quantise, transpose

    if output.axes is not None:  # convolutions are small: whole
        data = b"".join(piece for block in output.blocks for piece in block.pieces(PIECE_BYTES))
        turned = transpose(data, output.source_dtype, output.source_shape, output.axes)
        yield output.name, cast(turned, output.source_dtype, output.dtype)
        return
    row = nbytes(output.source_dtype, output.shape[-1:]) if output.quantised else BITS[output.source_dtype] // 8
    most = max(1, PIECE_BYTES // row) * row
    names = list(output.stored())
    for block in output.blocks:
        for piece in block.pieces(most):
            values = cast(piece, output.source_dtype, output.dtype)
            if output.quantised is None:
                yield output.name, values
            else:
                how = output.quantised
                parts = quantise(values, output.dtype, output.shape[-1], how.group_size, how.bits, how.mode)
                yield from zip(names, parts, strict=True)


def _write_rest(
    source: Path, folder: Path, config: Mapping[str, Any], how: Quantisation | None, dtype: str | None
) -> None:
    written = with_dtype(config, dtype) if dtype else dict(config)
    if how:
        written |= {"quantization": how.as_config(), "quantization_config": how.as_config()}
    write_text(folder / "config.json", json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    for file in sorted(source.iterdir()):
        ours = file.name == "config.json" or file.name.endswith(".index.json")
        if file.is_file() and file.suffix in COPIED and not ours:
            with translated(folder / file.name, file.stat().st_size):
                shutil.copyfile(file, folder / file.name)


def _verified(folder: Path, how: Quantisation | None, destination: Path) -> Inspection:
    """The result as `inspect` sees it. Raises ModelError where that is not what was meant."""
    found = inspect(folder, model=str(destination))
    wrong = [problem.replace(str(folder), destination.name) for problem in found.problems]
    if found.ple is None or found.ple.grade not in ("safe", "none") or found.ple.router == "quantised":
        wrong.append(f"the PLE grade is {found.ple.grade if found.ple else 'not known'}")
    if how and not any(path.quantised for path in found.paths):
        wrong.append("nothing was quantised")
    if wrong:
        raise ModelError(f"{destination}: the conversion failed its own inspection: {'; '.join(wrong)}")
    return found
