"""The rows a reader process reads, and what it and its worker say to each other."""

from dataclasses import dataclass

from batch.errors import ErrorKind


@dataclass(frozen=True, slots=True)
class Row:
    """One input row as it was read: Arrow IPC bytes (a one-row batch, without schema) of the columns
    the task needs, and of those the output keeps. `variation` and `anew` as in Assignment."""

    shard: int
    row: int
    row_id: str
    needed: bytes
    kept: bytes
    variation: int = 0
    anew: bool = False


@dataclass(frozen=True, slots=True)
class ReaderJob:
    """The first frame to a reader. Fields as in WorkerJob; `most_rows` of a table at once, where reading more took too
    much memory before."""

    config: str
    needed_schema: bytes
    kept_schema: bytes
    most_rows: int | None = None


@dataclass(frozen=True, slots=True)
class ReaderReady:
    """The reader is up: whatever ends it from here on is a file's doing, or somebody's."""


@dataclass(frozen=True, slots=True)
class RowsTaken:
    """So many rows more, of so many bytes, have left the reader's hands: it may read on."""

    rows: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class RowsEnded:
    """All rows of the assignment were sent; or, with an error, those that are missing cannot be read."""

    error_kind: ErrorKind | None = None
    error_message: str = ""
