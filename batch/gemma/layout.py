"""What a conversion will write: every tensor of the result, where its bytes lie in the source, what becomes of them.

Which modules are quantised is the policy of `weights.py`, and nothing else decides it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from batch.errors import ModelError
from batch.gemma.config_repair import repaired
from batch.gemma.headers import Tensor, read_headers, read_json, weight_files
from batch.gemma.inspect import inspect
from batch.gemma.names import FUSED, SINGLE, targets, unused
from batch.gemma.precision import DTYPES
from batch.gemma.skeleton import Shape, skeleton
from batch.gemma.tensor_file import Block, nbytes
from batch.gemma.weights import MODEL_TYPE, PLE_SAFE, canonical

FLOATS = ("BF16", "F16", "F32")
# mode: (bits it has, group sizes it has, the first being the default). MLX's own table (mlx.core.quantize).
MODES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "affine": ((4, 8), (64, 32, 128)),
    "mxfp4": ((4,), (32,)),
    "mxfp8": ((8,), (32,)),
    "nvfp4": ((4,), (16,)),
}

Bits = Literal["4", "8", "bf16"]


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How the policy's modules are stored, in the words of config.json."""

    bits: int
    group_size: int
    mode: str

    def as_config(self) -> dict[str, Any]:
        return {"group_size": self.group_size, "bits": self.bits, "mode": self.mode}


@dataclass(frozen=True, slots=True)
class Output:
    """One tensor of the result before quantisation: where its bytes lie, and what becomes of them."""

    name: str
    shape: Shape
    source_dtype: str
    dtype: str
    blocks: tuple[Block, ...]
    axes: tuple[int, ...] | None  # transposition of the source's layout
    source_shape: Shape
    quantised: Quantisation | None

    def stored(self) -> dict[str, tuple[str, Shape]]:
        """Name -> (type, shape) of what is written."""
        how = self.quantised
        if how is None:
            return {self.name: (self.dtype, self.shape)}
        module = self.name.removesuffix(".weight")
        *rows, columns = self.shape
        groups: Shape = (*rows, columns // how.group_size)
        written = {self.name: ("U32", (*rows, columns * how.bits // 32))}
        if how.mode == "affine":
            return written | {f"{module}.scales": (self.dtype, groups), f"{module}.biases": (self.dtype, groups)}
        return written | {f"{module}.scales": ("U8", groups)}


def quantisation(
    bits: Bits, group_size: int | None, mode: str, dtype: str | None
) -> tuple[Quantisation | None, str | None]:
    """The settings, checked against what MLX has. Raises ModelError for those that contradict each other."""
    if dtype is not None and dtype not in DTYPES:
        raise ModelError(f"--dtype {dtype!r}: choose one of {', '.join(DTYPES)}")
    if bits == "bf16":
        if group_size is not None or mode != "affine" or dtype not in (None, "bfloat16"):
            raise ModelError(
                "--bits bf16 quantises nothing and writes bfloat16: leave --group-size, --mode, --dtype out"
            )
        return None, "bfloat16"
    if mode not in MODES:
        raise ModelError(f"--mode {mode!r}: choose one of {', '.join(MODES)}")
    widths, groups = MODES[mode]
    if int(bits) not in widths:
        raise ModelError(f"--mode {mode} stores {widths[0]} bits; with --bits {bits} use --mode affine")
    if group_size is not None and group_size not in groups:
        raise ModelError(f"--group-size {group_size}: --mode {mode} has {', '.join(map(str, sorted(groups)))}")
    return Quantisation(int(bits), group_size or groups[0], mode), dtype


def plan(source: Path, how: Quantisation | None, dtype: str | None) -> tuple[list[Output], dict[str, Any]]:
    """Every tensor of the result, in the order of the model's layers, and the source's config, repaired."""
    config = read_json(source / "config.json")
    model_type = config.get("model_type")
    if model_type != MODEL_TYPE:
        raise ModelError(f"{source}: model_type is {model_type!r}; only {MODEL_TYPE!r} checkpoints can be converted")
    headers = {file: read_headers(file) for file in weight_files(source)}
    config = repaired(config, {name: tensor for file in headers.values() for name, tensor in file.items()})
    found = inspect(source, config=config)
    if any(path.quantised for path in found.paths) or "quantization" in config:
        raise ModelError(f"{source}: is quantised already; convert the checkpoint it was made from")
    if found.problems:
        raise ModelError(f"{source}: cannot be converted: {'; '.join(found.problems)}")
    expected = skeleton(config)
    places: dict[str, list[tuple[int, Path, str, Tensor]]] = {}
    for file, tensors in headers.items():
        for tensor_name, tensor in tensors.items():
            if not unused(tensor_name, config):
                for part, target in enumerate(targets(tensor_name)):
                    places.setdefault(target, []).append((part, file, tensor_name, tensor))
    outputs = [
        _output(target, expected[target], found_at, how, dtype)
        for target, found_at in sorted(places.items(), key=lambda item: _in_layer_order(item[0]))
    ]
    return outputs, config


def _in_layer_order(name: str) -> tuple[Any, ...]:
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in name.split("."))


def _output(
    target: str,
    shape: Shape,
    found_at: Sequence[tuple[int, Path, str, Tensor]],
    how: Quantisation | None,
    dtype: str | None,
) -> Output:
    found_at = sorted(found_at, key=lambda place: _expert(place[2]))
    blocks = tuple(block for place in found_at for block in _blocks(*place))
    tensor = found_at[0][3]
    if sum(block.nbytes for block in blocks) != nbytes(tensor.dtype, shape):
        raise ModelError(f"{target}: has another shape than config.json says ({list(tensor.shape)}, not {list(shape)})")
    source_shape = tensor.shape if len(blocks) == 1 else shape
    is_float = tensor.dtype in FLOATS
    applies = how is not None and PLE_SAFE.fullmatch(target.removesuffix(".weight"))
    if how and applies and (not is_float or shape[-1] % how.group_size):
        raise ModelError(
            f"{target}: {tensor.dtype} rows of {shape[-1]} numbers cannot be quantised in groups of {how.group_size}; "
            "choose another --group-size"
        )
    return Output(
        name=target,
        shape=shape,
        source_dtype=tensor.dtype,
        dtype=DTYPES[dtype] if dtype and is_float else tensor.dtype,
        blocks=blocks,
        axes=_axes(source_shape, shape),
        source_shape=source_shape,
        quantised=how if applies else None,
    )


def _expert(name: str) -> int:
    single = SINGLE.fullmatch(canonical(name))
    return int(single["expert"]) if single else 0


def _blocks(part: int, file: Path, name: str, tensor: Tensor) -> Iterator[Block]:
    """Where a target's bytes lie. Fused experts [experts, gate rows + up rows, columns] take one run per expert."""
    fused = FUSED.fullmatch(canonical(name))
    if not fused or fused["name"] != "gate_up_proj":
        yield Block(file, tensor.start, tensor.nbytes)
        return
    half = tensor.nbytes // tensor.shape[0] // 2
    for expert in range(tensor.shape[0]):
        yield Block(file, tensor.start + (2 * expert + part) * half, half)


def _axes(have: Shape, want: Shape) -> tuple[int, ...] | None:
    """PyTorch keeps channels second, MLX last: the convolutions of the audio tower are turned."""
    if have == want:
        return None
    axes = (0, *range(2, len(have)), 1)
    if len(have) in (3, 4) and tuple(have[axis] for axis in axes) == want:
        return axes
    raise ModelError(f"a tensor of shape {list(have)} cannot become {list(want)}")
