"""Local table files as a source: Parquet, Arrow, and what becomes Arrow through conversion.py."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.errors import SourceError
from batch.records import SourceFile
from batch.source.conversion import TEXT_SUFFIXES
from batch.source.files import Files
from batch.source.folder import MediaKind
from batch.source.headers import UnreadableTable, table_header
from batch.source.listing import EDGE_BYTES, Found, Listing, suffix_of, unchanged
from batch.source.table import PARQUET_SUFFIXES, Header, unified_schema

TABLE_SUFFIXES = (*PARQUET_SUFFIXES, ".arrow", ".feather", ".ipc")
METADATA_NAMES = frozenset(("metadata.csv", "metadata.jsonl", "metadata.parquet"))
FILE_NAME = "file_name"
MAX_LINE = 1_000_000
READ_AT_ONCE = 64
"""Headers: one at a time, the process that reads them and this one would wait for each other."""
MOST_REFUSED = 10
"""Files are named at once; those behind are not looked at: one that ends its parser costs a new process."""
ALL_SUFFIXES = frozenset((*TABLE_SUFFIXES, *TEXT_SUFFIXES))


class TableSource:
    """Rows of table files, in the order of their paths."""

    def __init__(self, listing: Listing, inputs: Files, medium: MediaKind | None = None) -> None:
        """`listing`: the table files, those of other kinds already left out. `medium`: what the files are that
        column `file_name` names, in a folder with metadata."""
        self.inputs = inputs
        self._medium = medium
        self._listing = listing
        self._headers: dict[str, Header] = {}
        self._refused: dict[str, SourceError] = {}
        suffixes = {suffix_of(found.path) for found in listing.files}
        self.kind = "parquet" if suffixes <= set(PARQUET_SUFFIXES) else "arrow"

    @property
    def skipped(self) -> Counter[str]:
        return self._listing.skipped

    def notes(self) -> tuple[str, ...]:
        return self._listing.notes()

    def files(self, known: Sequence[SourceFile] = (), rows: int | None = None) -> tuple[SourceFile, ...]:
        """The files pinned, those `known` and as many others as make `rows`. Raises SourceError that names those that
        are no tables."""
        before = {file.path: file for file in known}
        have = sum(file.rows for file in known)
        at_once = READ_AT_ONCE if rows is None else 1
        pinned: list[SourceFile] = []
        refused: list[SourceError] = []
        for start in range(0, len(self._listing.files), at_once):
            some = self._listing.files[start : start + at_once]
            if rows is not None and have >= rows and self._headers:
                some = [found for found in some if found.path in before]
            self._read([found.path for found in some])
            read = [found for found in some if found.path in self._headers]
            refused += [self._refused[found.path] for found in some if found.path in self._refused]
            have += sum(self._headers[found.path].rows for found in read if found.path not in before)
            pinned += self._pinned(read, before)
            if len(refused) >= MOST_REFUSED:
                break
        if refused:
            raise SourceError(" ".join(map(str, refused[:MOST_REFUSED])))
        return tuple(pinned)

    def _pinned(self, read: Sequence[Found], before: Mapping[str, SourceFile]) -> Iterator[SourceFile]:
        same = {found.path for found in read if found.path in before and unchanged(found, before[found.path])}
        others = [found for found in read if found.path not in same]
        prints = dict(zip(others, self.inputs.prints(others, {}, EDGE_BYTES), strict=True))
        for found in read:
            if found.path in same:
                yield before[found.path]
                continue
            print_ = prints[found]
            if isinstance(print_, OSError):
                raise SourceError(f"{self._listing.where}/{found.on_disk} cannot be read: {print_.strerror or print_}.")
            yield SourceFile(found.path, found.size, print_, self._headers[found.path].rows)

    def _read(self, paths: Sequence[str]) -> None:
        missing = [path for path in paths if path not in self._headers]
        for path, header in zip(missing, self.inputs.headers(missing), strict=True):
            if isinstance(header, SourceError):
                self._refused[path] = header
            else:
                self._headers[path] = header

    def groups(self, file: SourceFile) -> tuple[int, ...]:
        return self._headers[file.path].groups

    @cached_property
    def schema(self) -> pa.Schema:
        """All columns of the files read so far (see `files`), in plain types."""
        if not self._headers:
            self.files()
        schema = unified_schema([(name, header.schema) for name, header in self._headers.items()])
        if self._medium is None:
            return schema
        # Said the way `datasets` says it, so that the plan finds the column as it finds others.
        feature = {FILE_NAME: {"_type": self._medium.capitalize()}}
        return schema.with_metadata({"huggingface": json.dumps({"info": {"features": feature}})})


def saved_files(folder: Path) -> list[str]:
    """The Arrow files of a `save_to_disk` folder. Raises SourceError for one that cannot be read as it lies."""
    state = folder / "state.json"
    try:
        content = json.loads(state.read_text(encoding="utf-8"))
        names = own_names(file["filename"] for file in content["_data_files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{state} is no readable `save_to_disk` state: {error}.") from error
    if content.get("_indices_data_files"):
        raise SourceError(f"{folder} was saved by an old `datasets`, with an index beside its rows. Save it again.")
    return names


def own_names(names: Iterable[Any]) -> list[str]:
    """Names that somebody's file gives of what lies beside it. Raises ValueError for one that leads elsewhere."""
    found = list(names)
    for name in found:
        if not isinstance(name, str) or name in ("", ".", "..") or any(sign in name for sign in "/\\\0"):
            raise ValueError(f"{name!r} is no name of a file beside it")
    return found


def names_files(path: Path) -> bool:
    """Whether a table is the metadata of an image or audio folder: one with a column `file_name`."""
    if path.name not in METADATA_NAMES:
        return False
    try:
        if path.suffix == ".parquet":
            return FILE_NAME in table_header(path, str(path)).schema.names
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            line = file.readline(MAX_LINE)
        names = json.loads(line) if path.suffix == ".jsonl" else [name.strip(' "\n\r') for name in line.split(",")]
        return FILE_NAME in names
    except (UnreadableTable, OSError, ValueError, TypeError, RecursionError):
        return False  # whoever reads it as a table will say what is wrong
