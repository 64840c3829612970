"""The media of a row, found again in the source: table rows read in order, paths and bytes told apart.

Nothing is fetched: a URL has no preview, nor has a source that lies elsewhere (S3), and a Hub dataset is read as far
as it is on this disk.
"""

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.config.job import JobConfig
from batch.errors import RowError
from batch.source.medium import Media, media_of
from batch.source.source import media_roots, open_inputs
from batch.source.table import Table, conform, plain_schema
from batch.tasks import Medium

EDGE_BYTES = 64 * 1024


class RowMedia:
    """Media of the rows of one job, best asked for in the order of the source: one stream, kept open."""

    def __init__(self, config: JobConfig) -> None:
        """`config`: with the media columns as the plan chose them."""
        self._config = config
        self._columns: dict[Medium, tuple[str, ...]] = {
            "image": config.source.image_column or (),
            "audio": config.source.audio_column or (),
        }
        self._inputs = open_inputs(config.source)
        self._path: str | None = None
        self._table: Table | None = None
        self._batches: Iterator[tuple[int, pa.RecordBatch]] | None = None
        self._reading: list[str] = []
        self._first = 0
        self._read: Sequence[str] = ()
        self._batch: pa.RecordBatch | None = None

    def of(self, medium: Medium, path: str, position: int) -> tuple[Media, ...]:
        """The images or recordings of one row, in column order. Raises RowError, SourceError."""
        values = [value for value in self._values(path, position, self._columns[medium]) if value is not None]
        source = self._config.source
        roots = media_roots(source, f"{path}#{position}") if values else ()
        return tuple(
            found for value in values for found in media_of(value, roots=roots, allow_hosts=source.allow_hosts)
        )

    def _values(self, path: str, position: int, columns: Sequence[str]) -> list[Any]:
        if not (self._config.source.is_local or self._config.source.dataset):
            raise RowError("url_refused", "a preview fetches nothing")
        if self._table is None or self._path != path:
            self.close()
            self._table, self._path = self._inputs.open(path), path
        present = [name for name in columns if name in set(self._table.names)]
        if not present:
            return []
        if present != self._reading:  # the batch at hand has other columns
            self._batches, self._batch, self._reading = None, None, present
        batch, index = self._at(self._table, position, present)
        return [batch.column(name)[index].as_py() for name in present]

    def _at(self, table: Table, position: int, columns: Sequence[str]) -> tuple[pa.RecordBatch, int]:
        ends = list(accumulate(table.groups))
        reached = self._first + (self._batch.num_rows if self._batch is not None else 0)
        skips = bisect_right(ends, position) > bisect_right(ends, reached)  # row groups between need not be read
        if self._batches is None or position < self._first or skips or columns != self._read:
            self._batches, self._batch, self._read = table.batches(position, columns), None, columns
        while self._batch is None or position >= self._first + self._batch.num_rows:
            try:
                self._first, batch = next(self._batches)
            except StopIteration:
                self._batches = None
                raise RowError("missing_file", f"{self._path!r} has no row {position} any more") from None
            except Exception:
                self._batches = None  # a generator that raised is over
                raise
            self._batch = conform(batch, plain_schema(batch.schema))
        return self._batch, position - self._first

    def close(self) -> None:
        if self._table is not None:
            self._table.close()
        self._table = self._path = self._batches = self._batch = None


def opened(medium: Media) -> bytes | Path:
    """What a decoder reads. Raises RowError url_refused for a URL: previews fetch nothing."""
    if medium.url is not None:
        raise RowError("url_refused", "a preview fetches nothing")
    return medium.data if medium.data is not None else Path(medium.path or "")


def digest(source: bytes | Path) -> str:
    """Of size, begin and end: tells different media apart without reading hours of sound."""
    if isinstance(source, bytes):
        size, edges = len(source), source[:EDGE_BYTES] + source[-EDGE_BYTES:]
    else:
        with source.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            edges = file.read(EDGE_BYTES)
            file.seek(max(0, size - EDGE_BYTES))
            edges += file.read(EDGE_BYTES)
    return blake2b(size.to_bytes(8, "little") + edges, digest_size=12).hexdigest()
