"""What whoever opens a source asks of a header reader, and what it answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeaderReaderReady:
    """source/header_reader.py is up: whatever ends it from here on is a file's doing, or somebody's."""


@dataclass(frozen=True, slots=True)
class HeaderWanted:
    """Of the table at `path`, or of a Parquet file that ends in `footer`. `name` is what messages call it."""

    name: str
    path: str = ""
    footer: bytes = b""


@dataclass(frozen=True, slots=True)
class HeaderFound:
    """The fields of source.table.Header; `schema` as Arrow IPC."""

    rows: int
    groups: tuple[int, ...]
    schema: bytes


@dataclass(frozen=True, slots=True)
class HeaderRefused:
    """There is none; `errno` where the system says so (of the file), 0 where the table does."""

    message: str
    errno: int = 0
