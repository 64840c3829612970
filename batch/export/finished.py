"""A job's output as an export reads it: its parts in order, and the config they were made by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from batch.config.job import JobConfig, load_config
from batch.errors import OutputError
from batch.output import manifest, parts
from batch.tasks import TASKS, Task

BATCH_ROWS = 1024
PLACE = "export"


@dataclass(frozen=True)
class Finished:
    """The parts of a job folder. Those of a job that is still running are as good as any: each is whole."""

    folder: Path
    config: JobConfig
    paths: tuple[Path, ...]

    @property
    def task(self) -> Task:
        return TASKS[self.config.task]

    @property
    def complete(self) -> bool:
        return (self.folder / manifest.NAME).exists()

    @property
    def place(self) -> Path:
        """Where exports go that were given no other place."""
        return self.folder / PLACE

    @cached_property
    def schema(self) -> pa.Schema:
        schema: pa.Schema = pq.read_schema(self.paths[0])
        return schema.remove_metadata()

    def batches(self, columns: Sequence[str] | None = None, *, every: bool = False) -> Iterator[pa.RecordBatch]:
        """Rows in input order; only those whose status is ok, or `every` one."""
        for path in self.paths:
            with pq.ParquetFile(path) as part:
                names = part.schema_arrow.names if columns is None else [*columns]
                read = names if every else [*dict.fromkeys((*names, "status"))]
                for batch in part.iter_batches(BATCH_ROWS, columns=read):
                    wanted = batch if every else batch.filter(pc.equal(batch.column("status"), "ok"))
                    if wanted.num_rows:
                        yield wanted.select(names)

    def rows(self, columns: Sequence[str] | None = None, *, every: bool = False) -> Iterator[dict[str, Any]]:
        """The same, one by one."""
        for batch in self.batches(columns, every=every):
            yield from batch.to_pylist()

    def total(self) -> int:
        return sum(int(pq.read_metadata(path).num_rows) for path in self.paths)


def open_finished(folder: Path) -> Finished:
    """The output of the job in `folder`. Raises OutputError where there is none yet."""
    paths = tuple(sorted((folder / parts.DATA).glob("part-*.parquet")))
    if not (folder / manifest.JOB).is_file():
        raise OutputError(f"{str(folder)!r} has no {manifest.JOB}, so no job was begun there. Give a job's folder")
    if not paths:
        raise OutputError(f"the job in {str(folder)!r} has no finished part yet. Run it, or wait for its first one")
    return Finished(folder, load_config(folder / manifest.JOB), paths)
