"""Rows that came with their assignment, where this machine cannot read the source (executors/dask/shipping.py)."""

from collections.abc import Iterator
from pathlib import Path

from batch import wire
from batch.child import read_frame
from batch.errors import RowError
from batch.frames.reader import Row, RowsEnded
from batch.records import Assignment, RowFailed


class ShippedRows:
    """Reads as TableReader does. A row that could not be sent is a RowFailed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, assignment: Assignment) -> Iterator[Row | RowFailed]:
        """Raises RowError where the sender could read no more of them."""
        with rows_file(self._folder, assignment.shard.index).open("rb") as file:
            while (frame := read_frame(file)) is not None:
                record = wire.decode(*frame)
                if isinstance(record, RowsEnded) and record.error_kind is not None:
                    raise RowError(record.error_kind, record.error_message)
                yield record

    def close(self) -> None:
        """Nothing is open."""


def rows_file(folder: Path, shard: int) -> Path:
    """Where the rows of a shard's assignment lie: frames, one behind the other."""
    return folder / f"{shard}.rows"
