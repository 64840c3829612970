"""Records as frames (wire.py) in one piece of bytes, as messages and tasks carry them."""

import io
from typing import Any

from batch import wire
from batch.child import read_frame


def read_frames(data: bytes) -> list[Any]:
    """The records of frames that lie one behind the other."""
    stream, records = io.BytesIO(data), []
    while (frame := read_frame(stream)) is not None:
        records.append(wire.decode(*frame))
    return records
