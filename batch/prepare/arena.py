"""Arrays from a preparer to its worker through one shared file, and a small header beside it. No pickle.

The file has no name (memfd on Linux, an unlinked temporary file elsewhere) and is inherited as a file
descriptor. One request lies in it at a time: the child writes and sends the header, the parent copies
out and says so, and only then the child may write again. Small requests travel inside the header.
The parent reads, it does not map: a child that shortens the file cannot hurt it.
"""

import math
import os
import sys
import tempfile

import numpy as np
from numpy.typing import NDArray

from batch.frames.preparer import ArrayHeader, PreparedHeader
from batch.prepared import Prepared

INLINE_BYTES = 16 * 1024
DTYPES = ("int32", "float32", "uint8")


def make_arena() -> int:
    """A new, empty, nameless file; its descriptor is the caller's to close."""
    if sys.platform == "linux":
        return os.memfd_create("prepared", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def put(prepared: Prepared, arena: int) -> PreparedHeader:
    """The header of `prepared`; where its arrays are many bytes they are in the arena, else in the header."""
    arrays: tuple[NDArray[np.generic], ...] = (prepared.token_ids, *prepared.media)
    data = None
    if prepared.nbytes <= INLINE_BYTES:
        data = b"".join(array.tobytes() for array in arrays)
    else:
        position = 0
        for array in arrays:
            position += _write(arena, np.ascontiguousarray(array), position)
    return PreparedHeader(
        key=prepared.key,
        arrays=tuple(ArrayHeader(array.dtype.name, array.shape) for array in arrays),
        images=len(prepared.images),
        max_tokens=prepared.max_tokens,
        sampling=prepared.sampling,
        json_schema=prepared.json_schema,
        flags=prepared.flags,
        data=data,
        digest=prepared.digest,
        media_keys=prepared.media_keys,
    )


def take(header: PreparedHeader, arena: int) -> Prepared:
    """The request a header tells of, copied out. Raises ValueError where header and bytes do not fit."""
    position = 0
    arrays: list[NDArray[np.generic]] = []
    for told in header.arrays:
        if told.dtype not in DTYPES or any(side < 0 for side in told.shape):
            raise ValueError(f"an array of {told.dtype} {told.shape} in a prepared request")
        length = math.prod(told.shape) * np.dtype(told.dtype).itemsize
        if header.data is not None:
            flat = np.frombuffer(header.data[position : position + length], told.dtype)
        else:
            flat = _read(arena, length, position).view(told.dtype)
        arrays.append(flat.reshape(told.shape))
        position += length
    token_ids, *media = arrays
    return Prepared(
        header.key,
        token_ids,  # type: ignore[arg-type]  # dtypes were checked above
        tuple(media[: header.images]),  # type: ignore[arg-type]
        tuple(media[header.images :]),  # type: ignore[arg-type]
        header.max_tokens,
        header.sampling,
        header.json_schema,
        header.flags,
        header.digest,
        header.media_keys,
    )


def _write(arena: int, array: NDArray[np.generic], position: int) -> int:
    left = array.data.cast("B") if array.nbytes else memoryview(b"")
    while left:
        written = os.pwrite(arena, left, position)
        left, position = left[written:], position + written
    return array.nbytes


def _read(arena: int, length: int, position: int) -> NDArray[np.uint8]:
    if position + length > os.fstat(arena).st_size:
        raise ValueError(f"a prepared request of {position + length} bytes in a smaller arena")
    array = np.empty(length, np.uint8)
    left = array.data
    while left:
        read = os.preadv(arena, [left], position)
        if not read:
            raise ValueError("the arena was cut while it was read")
        left, position = left[read:], position + read
    return array
