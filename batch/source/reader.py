"""Shards -> Rows: one stream through one file at a time, kept open from shard to shard.

Rows leave one by one as Arrow IPC messages, needed and kept columns apart. A file is never read again for
the next shard, and a row group that no wanted row lies in is not read at all.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

import pyarrow as pa

from batch.errors import RowError
from batch.frames.reader import Row
from batch.records import Assignment, Shard
from batch.source.table import Inputs, Table, conform, serialize_row


class RowReader:
    """Reads assignments, best in ascending order (going back restarts at the row group's begin)."""

    def __init__(self, inputs: Inputs, needed: pa.Schema, kept: pa.Schema, most_rows: int | None = None) -> None:
        """`needed`, `kept`: the input columns wanted, under their input names, in the plan's types. `most_rows` of a
        Parquet file are decoded at once (None: as many as its header says fit)."""
        self._inputs = inputs
        self._most_rows = most_rows
        self._needed = needed.remove_metadata()
        self._kept = kept.remove_metadata()
        self._columns = tuple(dict.fromkeys((*needed.names, *kept.names)))
        self._path: str | None = None
        self._stream: _Stream | None = None

    def read(self, assignment: Assignment) -> Iterator[Row]:
        """The wanted rows, in order. Raises RowError where the file has no more readable rows for this
        assignment, SourceError where the source is out of reach."""
        for row, path, position in positions(assignment.shard, assignment.rows):
            stream = self._at(path)
            index = stream.seek(position)
            yield Row(
                shard=assignment.shard.index,
                row=row,
                row_id=f"{path}#{position}",
                needed=serialize_row(stream.needed, index),
                kept=serialize_row(stream.kept, index),
            )

    def _at(self, path: str) -> "_Stream":
        if self._stream is None or self._path != path:
            self.close()
            table = self._inputs.open(path)
            self._stream = _Stream(path, table, self._columns, self._needed, self._kept, self._most_rows)
            self._path = path
        return self._stream

    def close(self) -> None:
        """Closes the open file; reading on opens it again."""
        if self._stream is not None:
            self._stream.close()
        self._stream = self._path = None


class _Stream:
    """A position in an open table: the batch that holds it, as needed and kept columns."""

    needed: pa.RecordBatch
    kept: pa.RecordBatch

    def __init__(
        self,
        path: str,
        table: Table,
        columns: tuple[str, ...],
        needed: pa.Schema,
        kept: pa.Schema,
        most_rows: int | None,
    ) -> None:
        self._path = path
        self._most_rows = most_rows
        self._table = table
        there = set(table.names)
        self._columns = [name for name in columns if name in there]
        self._schemas = (needed, kept)
        self._ends = list(accumulate(table.groups))
        self._batches: Iterator[tuple[int, pa.RecordBatch]] | None = None
        self._batch: pa.RecordBatch | None = None  # not conformed yet
        self._first = self._end = 0  # rows of the current batch

    def seek(self, position: int) -> int:
        """Moves to the batch with row `position`; returns the row's index in it."""
        rows = self._ends[-1] if self._ends else 0
        if position >= rows:
            raise RowError("missing_file", f"{self._path!r} has no row {position} any more: it ends after {rows}")
        if self._batches is None or position < self._first or self._group(position) > self._group(self._end):
            self._batches = self._table.batches(position, self._columns, self._most_rows)
            self._first = self._end = 0
        try:
            while not self._first <= position < self._end:
                self._first, self._batch = next(self._batches)
                self._end = self._first + self._batch.num_rows
        except Exception:
            self._batches = None  # a generator that raised is over; the next assignment begins anew
            raise
        if self._batch is not None:
            self.needed, self.kept = (conform(self._batch, schema) for schema in self._schemas)
            self._batch = None
        return position - self._first

    def _group(self, position: int) -> int:
        return bisect_right(self._ends, position)

    def close(self) -> None:
        self._batches = None
        self._table.close()


def positions(shard: Shard, rows: tuple[int, ...]) -> Iterator[tuple[int, str, int]]:
    """(row of the shard, file, position in the file) of each row asked for."""
    ends = list(accumulate(part.stop - part.start for part in shard.slices))
    for row in rows:
        index = bisect_right(ends, row)
        part = shard.slices[index]
        yield row, part.path, part.stop - (ends[index] - row)
