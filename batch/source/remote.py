"""A source on another machine (store.py): tables are read in ranges where they lie; a media file is fetched when its
row is read, and travels in the row."""

import posixpath
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.errors import RowError, SourceError
from batch.records import SourceFile
from batch.source.conversion import TEXT_SUFFIXES, converted_text
from batch.source.folder import MEDIA_SUFFIXES
from batch.source.headers import UnreadableTable, table_header
from batch.source.listing import Found, Judge, Listing, sort, suffix_of, unchanged
from batch.source.store import Store, StoreFile
from batch.source.table import PARQUET_SUFFIXES, Header, ParquetTable, Table, open_table, read_header

MEDIUM = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""As `datasets` keeps media: the content, and the name it is known by."""
BUFFER_BYTES = 8 * 1024**2
"""Of one column: every read is a request, which takes as long as a few MB."""
ENTITY_TAGS = ("ETag", "etag", "md5Hash", "content_md5")
TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


class RemoteFiles:
    """Files below a URL, named as rows name them (relative, NFC)."""

    medium_type: pa.DataType = MEDIUM

    def __init__(self, url: str) -> None:
        """See Store."""
        self.store = Store(url)
        self._tags: dict[str, str] = {}

    # ------------------------------------------------------------ for planning
    def listing(self, judge: Judge) -> Listing:
        """Every file, in the order of paths, that `judge` does not refuse."""
        infos = self.store.list()
        names: defaultdict[str, set[str]] = defaultdict(set)
        for path in infos:
            names[posixpath.dirname(path)].add(posixpath.basename(path))
        beside = {folder: frozenset(some) for folder, some in names.items()}
        listing = Listing(self.store.where)
        for path, info in infos.items():
            reason = _odd(path) or judge(posixpath.basename(path), beside[posixpath.dirname(path)])
            if reason is not None:
                listing.skip(reason, path)
                continue
            listing.files.append(found := _found(path, info))
            if tag := next((str(info[key]) for key in ENTITY_TAGS if info.get(key)), None):
                self._tags[found.path] = tag
        sort(listing)
        return listing

    def prints(self, files: Sequence[Found], known: Mapping[str, SourceFile], edge_bytes: int) -> list[str | OSError]:
        """Fingerprints in order: by the store's own tag, or by size and both ends."""
        prints: list[str | OSError] = []
        for found in files:
            before = known.get(found.path)
            try:
                same = before is not None and unchanged(found, before)
                prints.append(before.fingerprint if before and same else self._print(found, edge_bytes))
            except RowError as error:
                prints.append(FileNotFoundError(error.message))
        return prints

    def _print(self, found: Found, edge_bytes: int) -> str:
        digest = blake2b(str(found.size).encode(), digest_size=16)
        if tag := self._tags.get(found.path):
            digest.update(tag.encode())
        else:
            digest.update(self.store.read(found.on_disk, 0, edge_bytes))
            if found.size > edge_bytes:
                digest.update(self.store.read(found.on_disk, max(edge_bytes, found.size - edge_bytes), found.size))
        return f"{digest.hexdigest()}@{found.mtime_ns}"

    def headers(self, paths: Sequence[str]) -> list[Header | SourceError]:
        """See Files. Only the footers are fetched."""
        return [self._header(path) for path in paths]

    def _header(self, path: str) -> Header | SourceError:
        name = f"{self.store.where}/{path}"
        try:
            if suffix_of(path) in TEXT_SUFFIXES:
                return read_header(self._converted(path), name)  # what a conversion wrote is ours
            return table_header(self._file(path), name)
        except UnreadableTable as error:
            return error
        except RowError as error:
            raise SourceError(error.message) from error

    # ------------------------------------------------------------ for reading rows
    def open(self, path: str) -> Table:
        """Raises RowError missing_file where the file is gone, SourceError where the store is out of reach."""
        if suffix_of(path) in MEDIA_SUFFIXES:
            return RemoteMedium(self.store, path)
        if suffix_of(path) in TEXT_SUFFIXES:
            return open_table(self._converted(path))
        return ParquetTable(self._file(path), f"{self.store.where}/{path}", BUFFER_BYTES)

    def _file(self, path: str) -> StoreFile:
        if suffix_of(path) not in PARQUET_SUFFIXES:
            raise SourceError(
                f"{self.store.where}/{path}: from afar, tables of Parquet, JSON and CSV are read. Copy it to a disk"
            )
        return StoreFile(self.store, self.store.spelled(path))

    def _converted(self, path: str) -> Path:
        """The Arrow file of a JSON or CSV file, fetched where the cache does not know its content."""
        spelled = self.store.spelled(path)
        found = _found(spelled, self.store.info(spelled))
        key = self._print(found, found.size)
        with tempfile.TemporaryDirectory(prefix="gemma4-batch-") as folder:
            local = Path(folder) / f"table{suffix_of(path)}"
            name = f"{self.store.where}/{path}"
            return converted_text(key, name, local, lambda: self.store.fetch(spelled, local))


class RemoteMedium:
    """A media file as a table of one row, whose content is fetched with it."""

    groups: tuple[int, ...] = (1,)
    names: Sequence[str] = ("image", "audio", "path")

    def __init__(self, store: Store, path: str) -> None:
        self._store = store
        self._path = path

    def batches(
        self, start: int, columns: Sequence[str], most_rows: int | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The one row."""
        media = [name for name in columns if name != "path"]
        content = self._store.medium(self._path) if media else b""
        medium = {"bytes": content, "path": f"{self._store.root}/{self._path}"}
        arrays = [
            pa.array([medium], MEDIUM) if name in media else pa.array([self._path], pa.string()) for name in columns
        ]
        yield 0, pa.RecordBatch.from_arrays(arrays, names=list(columns))

    def close(self) -> None:
        """Nothing is open."""


def _odd(path: str) -> str | None:
    """Why a name alone rules a file out. Stores take any text for a name."""
    parts = path.split("/")
    if any(part in ("", "..") for part in parts):
        return "no file name"
    return "hidden" if any(part.startswith(".") for part in parts) else None


def _found(spelled: str, info: Mapping[str, Any]) -> Found:
    time = next((info[key] for key in TIMES if info.get(key)), 0)
    time_ns = round((time.timestamp() if isinstance(time, datetime) else float(time)) * 1e9)
    return Found(unicodedata.normalize("NFC", spelled), spelled, int(info.get("size") or 0), time_ns)
