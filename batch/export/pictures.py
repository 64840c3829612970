"""The picture of each row, as bytes or as a file: what an export copies."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from batch.errors import RowError, SourceError
from batch.export.finished import Finished
from batch.plan import make_plan
from batch.records import Assignment, Shard, Slice
from batch.source.medium import Media, media_of
from batch.source.reader import RowReader
from batch.source.source import media_roots, open_inputs, open_source
from batch.source.table import row_values

# What files of these formats begin with, for pictures in tables that have no name.
SIGNATURES = (
    (b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
)  # fmt: skip


class Pictures:
    """Best asked for in the order of the rows. Raises SourceError, ConfigError where the source is gone or changed."""

    def __init__(self, finished: Finished) -> None:
        config = finished.config
        source = open_source(config.source, output_path=config.output.path, shard_media=finished.task.needs)
        plan = make_plan(config, source)
        self._source = plan.config.source
        self._columns = self._source.image_column or ()
        self._schema = pa.schema([plan.schema.field(name) for name in self._columns])
        self._reader = RowReader(open_inputs(self._source), self._schema, pa.schema([]))

    def of(self, row_id: str) -> Media | None:
        """The first picture of the row that is a file or bytes; None where there is none to be had."""
        path, _, position = row_id.rpartition("#")
        at = int(position)
        try:
            rows = list(self._reader.read(Assignment(Shard(0, (Slice(path, at, at + 1),)), (0,))))
            values = row_values(rows[0].needed, self._schema)
            found = _media(values.values(), media_roots(self._source, row_id), self._source.allow_hosts)
            return next((medium for medium in found if medium.url is None), None)
        except (RowError, SourceError):
            return None

    def close(self) -> None:
        self._reader.close()


def _media(values: Iterable[object], roots: Sequence[Path], hosts: Sequence[str]) -> Iterator[Media]:
    for value in values:
        yield from media_of(value, roots=roots, allow_hosts=hosts)


def suffix_of_bytes(data: bytes) -> str:
    """`.jpg` and so on; `.img` for what is none of the usual ones."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    if data[4:8] == b"ftyp":
        return ".avif" if data[8:12] in (b"avif", b"avis") else ".heic"
    return next((suffix for start, suffix in SIGNATURES if data.startswith(start)), ".img")
