"""The runner's side of what is sent along (shipping.py): a thread that reads what assignments want, one after the
other, so that the job's loop never waits for a disk."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from batch import wire
from batch.ask import media_columns
from batch.config.job import JobConfig
from batch.errors import BatchError, RowError
from batch.executors.dask.shipping import Shipment, shipped_folders
from batch.executors.dask.words import Message
from batch.frames.reader import Row, RowsEnded
from batch.media.xmp import MAX_BYTES as SIDECAR_BYTES
from batch.media.xmp import sidecar_names
from batch.reading.process import TableReader
from batch.records import Assignment, RowFailed, WorkerJob
from batch.source.medium import inside
from batch.source.path_map import FILE_URL
from batch.source.table import row_values

MESSAGE_BYTES = 128 * 1024**2
"""What a shipment should come to. A node has two, which is photos enough for some 40 slots, and the scheduler keeps
both in memory as long as they are in work."""
FIRST_ROWS, MOST_ROWS = 4, 256
LARGEST_BYTES = 1024**3
"""Of one file: an audio book of 40 hours. It is one message."""


class Packing:
    """Leaves a message `packed` with every shipment, or `unreadable` with the error, where the source is out of
    reach. `folders` here, and what each is called on nodes."""

    def __init__(self, job: WorkerJob, leave: Callable[[Message], None]) -> None:
        self._packer = Packer(job)
        self.folders = {str(here): there for here, there in self._packer.folders.items()}
        self._leave = leave
        self._wanted: queue.SimpleQueue[tuple[str, int, Assignment] | None] = queue.SimpleQueue()
        self.most_rows = FIRST_ROWS
        threading.Thread(target=self._run, name="packing", daemon=True).start()

    def want(self, address: str, life: int, assignment: Assignment) -> None:
        """For the worker number `life` of a node."""
        self._wanted.put((address, life, assignment))

    def close(self) -> None:
        self._wanted.put(None)
        self._packer.close()

    def _run(self) -> None:
        try:
            while (item := self._wanted.get()) is not None:
                address, life, assignment = item
                shipment = self._packer.pack(assignment)
                self._learn(shipment.nbytes / len(assignment.rows))
                self._leave(
                    {"op": "packed", "address": address, "life": life, "assignment": assignment, "shipment": shipment}
                )
        except BatchError as error:
            self._leave({"op": "unreadable", "error": error})

    def _learn(self, row_bytes: float) -> None:
        """Small rows may go many at once; it grows slowly, and shrinks at once."""
        self.most_rows = max(1, min(MOST_ROWS, 2 * self.most_rows, int(MESSAGE_BYTES / max(1.0, row_bytes))))


class Packer:
    """Reads rows as a worker would: tables in a process of their own."""

    def __init__(self, job: WorkerJob) -> None:
        """`job`: the runner's own, with paths as they are here."""
        config = JobConfig.model_validate_json(job.config)
        self._needed = pa.ipc.read_schema(pa.py_buffer(job.needed_schema))
        columns = media_columns(config, self._needed.names)
        self._columns = tuple(dict.fromkeys(name for names in columns.values() for name in names))
        self.folders = shipped_folders(config)
        self._reader = TableReader(job, config)

    def pack(self, assignment: Assignment) -> Shipment:
        """Raises SourceError where the source is out of reach, WorkerError where no reader comes up."""
        frames: list[bytes] = []
        files: dict[str, bytes] = {}
        try:
            for row in self._reader.read(assignment):
                if isinstance(row, RowFailed):
                    frames.append(wire.encode(row))
                    continue
                named = self._files(row)
                heavy = next((path for path in named.values() if path.stat().st_size > LARGEST_BYTES), None)
                if heavy is None:
                    files |= {name: path.read_bytes() for name, path in named.items()}
                frames.append(wire.encode(row if heavy is None else _refused(row, heavy)))
        except RowError as error:
            frames.append(wire.encode(RowsEnded(error.kind, error.message)))
        return Shipment(b"".join(frames), files)

    def _files(self, row: Row) -> dict[str, Path]:
        """Those that the row names, and their sidecars, by their path in the node's folder. What is not there, or not
        allowed, is left out: the node then says so of the row."""
        values = row_values(row.needed, self._needed) if self._columns else {}
        own = os.path.dirname(row.row_id.rpartition("#")[0])  # noqa: PTH120 - of a row's id, no path of a machine
        files: dict[str, Path] = {}
        for text in (text for name in self._columns for text in named_files(values.get(name))):
            for folder, there in self.folders.items():
                for path in self._meant(text, folder, own):
                    files[f"{there}/{path.relative_to(folder).as_posix()}"] = path
                    files |= {f"{there}/{beside.relative_to(folder).as_posix()}": beside for beside in _sidecars(path)}
        return files

    def _meant(self, text: str, folder: Path, own: str) -> Iterator[Path]:
        """The files of this folder that a row's text may mean."""
        for root in dict.fromkeys((folder / own, folder)):
            path = Path(os.path.normpath(root / text))
            lies_inside = path.is_relative_to(folder) and inside(os.path.realpath(path), tuple(self.folders))
            if lies_inside and path.is_file():
                yield path

    def close(self) -> None:
        self._reader.close()


def named_files(value: Any) -> Iterator[str]:
    """The paths in a media column's value; not its bytes, nor its URLs."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from named_files(item)
    elif isinstance(value, dict):
        if value.get("bytes") is None:
            yield from named_files(value.get("path"))
    elif isinstance(value, str) and value and "\0" not in value:
        if value.startswith(FILE_URL):
            yield unquote(urlsplit(value).path)
        elif "://" not in value and not value.startswith("data:"):
            yield value


def _sidecars(picture: Path) -> Iterator[Path]:
    for path in map(picture.with_name, sidecar_names(picture)):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= SIDECAR_BYTES:
            yield path


def _refused(row: Row, path: Path) -> RowFailed:
    size = path.stat().st_size
    return RowFailed(
        row.shard,
        row.row,
        "too_large",
        f"{path.name} has {size:,} bytes, and executor.ship_media sends files of {LARGEST_BYTES:,} at the most: "
        "give the nodes access to the source instead",
    )
