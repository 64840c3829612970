"""Records as frames between processes: a length, JSON, and bytes beside it. No pickle anywhere.

A frame is two little-endian uint32 (length of the JSON, length of the blob), the JSON `[kind, record]`,
then the blob. Bytes fields of a record travel in the blob, so a photo is never base64. A frame cut
short by a killed writer reads as the end of the stream.
"""

import struct
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from batch import records
from batch.frames import converter, header_reader, preparer, previewer, reader

HEADER = struct.Struct("<II")
MAX_FRAME_BYTES = 2**31
RECORDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        records.WorkerJob, records.Assignment, records.Acknowledge, records.Drain,
        records.WorkerReady, records.WorkerFailed, records.RowRead, records.RowPlanned, records.RowFailed,
        records.RequestStarted, records.RequestRepeated,
        records.RequestFinished, records.AssignmentFinished, records.Telemetry, records.WorkerRetired,
        records.WorkerDied, records.WorkerEnded,
        reader.ReaderJob, reader.ReaderReady, reader.Row, reader.RowsTaken,
        reader.RowsEnded,
        converter.TableToConvert, converter.TableConverted, header_reader.HeaderReaderReady,
        header_reader.HeaderWanted, header_reader.HeaderFound, header_reader.HeaderRefused,
        preparer.PreparerJob, preparer.PreparerReady, preparer.PrepareRow,
        preparer.PreparerProgress, preparer.SegmentFound, preparer.PreparedHeader,
        preparer.ArenaFree,
        previewer.PreviewJob, previewer.PreviewTask, previewer.PreviewBegun,
        previewer.PreviewDone,
    )
}  # fmt: skip


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: Any, blobs: list[bytes]) -> Any:
    """The value as JSON can say it; bytes move to `blobs` and leave their length."""
    if isinstance(value, bytes):
        blobs.append(value)
        return {"bytes": len(value)}
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: _plain(getattr(value, name), blobs) for name in _field_names(kind)}
    if isinstance(value, (tuple, list)):
        return [_plain(item, blobs) for item in value]
    return value


def _restore(value: Any, take: Callable[[int], bytes]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"bytes"}:
            return take(value["bytes"])
        return {name: _restore(item, take) for name, item in value.items()}
    if isinstance(value, list):
        return [_restore(item, take) for item in value]
    return value


def encode(record: object) -> bytes:
    """One frame. Raises KeyError for a type that no peer would know."""
    name = type(record).__name__
    if RECORDS.get(name) is not type(record):
        raise KeyError(f"{name} does not cross processes; add it to wire.RECORDS")
    blobs: list[bytes] = []
    text = to_json([name, _plain(record, blobs)])
    blob = b"".join(blobs)
    return HEADER.pack(len(text), len(blob)) + text + blob


def decode(text: bytes, blob: bytes) -> Any:
    """The record of one frame's JSON and blob."""
    name, plain = from_json(text)
    position = 0

    def take(length: int) -> bytes:
        nonlocal position
        position += length
        return blob[position - length : position]

    return _adapter(RECORDS[name]).validate_python(_restore(plain, take) if blob or b'"bytes"' in text else plain)
