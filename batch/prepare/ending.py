"""How a row ends that went wrong: failed, or, where a recording's beginning was heard, planned as far as that."""

from collections.abc import Sequence

from batch.errors import ErrorKind
from batch.frames.reader import Row
from batch.records import RowFailed, RowPlanned, Span


def ending(row: Row, spans: Sequence[Span], kind: ErrorKind, message: str) -> RowPlanned | RowFailed:
    """`spans`: the segments whose requests came out, the first ones of the recording."""
    if not spans:
        return RowFailed(row.shard, row.row, kind, message)
    message = f"{message} (after {spans[-1].end_s:.1f} s)"
    return RowPlanned(row.shard, row.row, len(spans), tuple(spans), error_kind=kind, error_message=message)
