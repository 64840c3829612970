"""How precisely each part of a checkpoint is stored: the table that `inspect` prints and the model card carries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from batch.gemma.headers import BITS, Tensor
from batch.gemma.names import ORDER, SINGLE, module_of, path_of, targets, unused
from batch.gemma.skeleton import Shape, skeleton
from batch.gemma.weights import canonical

DTYPES = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}


@dataclass(frozen=True, slots=True)
class PathReport:
    """One row of the precision table. `bits`: the widths its numbers are stored in; `quantised` counts modules."""

    path: str
    tensors: int
    quantised: int
    bits: tuple[int, ...]
    parameters: int
    nbytes: int


@dataclass
class _Count:
    tensors: int = 0
    quantised: int = 0
    bits: set[int] = field(default_factory=set)
    parameters: int = 0
    nbytes: int = 0


class StoredSizes:
    """What a tensor's type and shape must be, by config.json."""

    def __init__(self, config: Mapping[str, Any], expected: Mapping[str, Shape], names: Iterable[str]) -> None:
        text = config.get("text_config") or {}
        self._dtype = DTYPES.get(config.get("dtype") or config.get("torch_dtype") or text.get("dtype") or "", "BF16")
        self._settings = config.get("quantization") or config.get("quantization_config") or {}
        self._shapes = dict(expected)
        if expected:  # layers that share keys may bring some of their own all the same
            alone = skeleton({**config, "text_config": {**text, "num_kv_shared_layers": 0}})
            self._shapes = {**alone, **expected}
        self.quantised = {module for name in names for module, part in map(module_of, targets(name))
                          if part == "scales"}  # fmt: skip

    def shape(self, module: str) -> Shape | None:
        """The unquantised shape of a module's weight, or of a tensor that is no module's."""
        return self._shapes.get(f"{module}.weight", self._shapes.get(module))

    def bits(self, module: str) -> tuple[int, int, str] | None:
        """Width, group size and mode a module is quantised with; None where config.json does not say."""
        own = self._settings.get(module)
        settings = {**self._settings, **own} if isinstance(own, dict) else self._settings
        bits, group = settings.get("bits"), settings.get("group_size")
        mode = settings.get("mode", "affine")
        if not (isinstance(bits, int) and isinstance(group, int) and isinstance(mode, str)):
            return None
        return bits, group, mode

    def stored(self, target: str) -> tuple[str, Shape] | None:
        """Type and shape a tensor of the model has on disk; None where that cannot be known."""
        module, part = module_of(target)
        shape = self.shape(module)
        if shape is None or (part and module not in self.quantised and part != "weight"):
            return None
        if module not in self.quantised:
            return self._dtype, shape
        how = self.bits(module)
        if how is None or not shape:
            return None
        bits, group, mode = how
        *rows, columns = shape
        if part == "weight":
            return "U32", (*rows, columns * bits // 32)
        return self._dtype if mode == "affine" else "U8", (*rows, columns // group)

    def estimate(self, name: str) -> Tensor | None:
        """A tensor whose file is not here."""
        own = targets(name)
        stored = self.stored(own[0])
        if stored is None or SINGLE.fullmatch(canonical(name)):  # one expert of a stack: its share is not looked up
            return None
        dtype, shape = stored
        shape = (len(own), *shape) if len(own) > 1 else shape  # fused: gate and up have the same shape
        return Tensor(dtype, shape, BITS[dtype] * prod(shape) // 8)


def path_reports(
    known: Mapping[str, Tensor | None], sizes: StoredSizes, config: Mapping[str, Any], unexpected: set[str]
) -> tuple[PathReport, ...]:
    counts: dict[str, _Count] = defaultdict(_Count)
    for name, tensor in known.items():
        target = targets(name)[0]
        skip = unused(name, config)
        path = "unused" if skip else "unknown" if target in unexpected else path_of(target)
        _add(counts[path], target, tensor, sizes, counted=not skip)
    return tuple(
        PathReport(path, count.tensors, count.quantised, tuple(sorted(count.bits)), count.parameters, count.nbytes)
        for path, count in sorted(counts.items(), key=lambda item: ORDER.index(item[0]))
    )


def _add(count: _Count, target: str, tensor: Tensor | None, sizes: StoredSizes, *, counted: bool) -> None:
    module, part = module_of(target)
    count.tensors += 1
    count.nbytes += tensor.nbytes if tensor else 0
    if module not in sizes.quantised:
        if tensor:
            count.bits.add(BITS[tensor.dtype])
        count.parameters += (prod(tensor.shape) if tensor else 0) if counted else 0
    elif part == "weight":
        how, shape = sizes.bits(module), sizes.shape(module)
        count.quantised += 1
        count.parameters += prod(shape) if shape and counted else 0
        if how:
            count.bits.add(how[0])


def precision_table(paths: Iterable[PathReport]) -> str:
    """Path, tensors, quantised modules, bits, megaparameters, megabytes: one line each."""
    rows = [("path", "tensors", "quantised", "bits", "M parameters", "MB")]
    rows += [
        (row.path, str(row.tensors), str(row.quantised), "/".join(map(str, row.bits)) or "?",
         f"{row.parameters / 1e6:,.1f}", f"{row.nbytes / 1e6:,.1f}")
        for row in paths
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
