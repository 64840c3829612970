"""Safetensors files written and read piece by piece, so that no tensor needs to be in memory whole.

The header is written first, because every type and shape is known beforehand; then each tensor's bytes arrive in
order, whichever tensor they belong to.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from batch.durable import translated
from batch.errors import ModelError
from batch.gemma.headers import BITS
from batch.gemma.skeleton import Shape


@dataclass(frozen=True, slots=True)
class Block:
    """A run of bytes of one file."""

    file: Path
    start: int
    nbytes: int

    def pieces(self, most: int) -> Iterator[bytes]:
        """The bytes, at most so many at once. Raises ModelError where the file cannot be read or ends too early."""
        try:
            with self.file.open("rb") as stream:
                stream.seek(self.start)
                left = self.nbytes
                while left:
                    piece = stream.read(min(most, left))
                    if not piece:
                        raise ModelError(f"{self.file}: ends {left:,} bytes too early; download it again")
                    left -= len(piece)
                    yield piece
        except OSError as exc:
            raise ModelError(f"{self.file}: cannot be read: {exc.strerror}") from exc


class TensorFile:
    """One new safetensors file. Raises OutputError where it cannot be written."""

    def __init__(self, path: Path, tensors: Mapping[str, tuple[str, Shape]]) -> None:
        self._path = path
        entries: dict[str, object] = {"__metadata__": {"format": "mlx"}}
        self._cursor: dict[str, int] = {}
        end = 0
        for name, (dtype, shape) in tensors.items():
            start, end = end, end + nbytes(dtype, shape)
            entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
            self._cursor[name] = start
        header = json.dumps(entries, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)  # so that tensors lie at multiples of eight
        self._data = 8 + len(header)
        with translated(path, self._data + end):
            self._stream: BinaryIO = path.open("xb")
            self._stream.write(struct.pack("<Q", len(header)) + header)
            self._stream.truncate(self._data + end)

    def append(self, name: str, data: bytes) -> None:
        """The next bytes of one tensor."""
        with translated(self._path, len(data)):
            self._stream.seek(self._data + self._cursor[name])
            self._stream.write(data)
        self._cursor[name] += len(data)

    def __enter__(self) -> "TensorFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with translated(self._path):
            self._stream.close()


def nbytes(dtype: str, shape: Sequence[int]) -> int:
    """Of a tensor, in safetensors' words for types."""
    return BITS[dtype] * prod(shape) // 8
