"""A source on another machine, through fsspec: `s3://bucket/prefix`, and whatever else fsspec knows.

Tables are read in ranges where they lie; a media file is fetched when its row is read, and travels in the row.
Credentials and endpoints are those of the file system's own configuration (AWS_*, FSSPEC_*).
"""

import glob
import posixpath
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa

from batch.errors import ConfigError, RowError, SourceError
from batch.records import SourceFile
from batch.source.conversion import TEXT_SUFFIXES, converted_text
from batch.source.folder import MEDIA_SUFFIXES
from batch.source.listing import Found, Judge, Listing, sort, suffix_of, unchanged
from batch.source.table import PARQUET_SUFFIXES, Header, ParquetTable, Table, open_table, read_header

MEDIUM = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""As `datasets` keeps media: the content, and the name it is known by."""
LARGEST_BYTES = 1024**3
"""Of one media file: it is held in memory whole."""
BUFFER_BYTES = 8 * 1024**2
"""Of one column: every read is a request, which takes as long as a few MB."""
ENTITY_TAGS = ("ETag", "etag", "md5Hash", "content_md5")
TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


class RemoteFiles:
    """Files below a URL, named as rows name them (relative, NFC)."""

    medium_type: pa.DataType = MEDIUM

    def __init__(self, url: str) -> None:
        """`url`: a folder, one file, or a pattern. Raises ConfigError where what fsspec needs for it is not installed,
        SourceError where it cannot be reached."""
        self._url = url
        with self._translated(url):
            try:
                self.fs, self.path = fsspec.url_to_fs(url)
            except (ImportError, ValueError) as error:
                raise ConfigError(f"source.path {url!r} cannot be opened: {error}. {_extra(url)}") from error
            self.path = self.path.rstrip("/")
            self.has_pattern = glob.has_magic(self.path)
            self.is_file = not self.has_pattern and not url.endswith("/") and bool(self.fs.isfile(self.path))
        self.root = self._root()
        self.where: str = f"{url.partition('://')[0]}://{self.root.lstrip('/')}"
        self._tags: dict[str, str] = {}

    def _root(self) -> str:
        if not self.has_pattern:
            return posixpath.dirname(self.path) if self.is_file else str(self.path)
        fixed = self.path.split("/")[:-1]
        first = next((index for index, part in enumerate(fixed) if glob.has_magic(part)), len(fixed))
        return "/".join(fixed[:first])

    # ------------------------------------------------------------ for planning
    def listing(self, judge: Judge) -> Listing:
        """Every file, in the order of paths, that `judge` does not refuse."""
        with self._translated(self._url):
            if self.is_file:
                infos = {self.path: self.fs.info(self.path)}
            elif self.has_pattern:
                infos = self.fs.glob(self.path, detail=True)
            else:
                infos = self.fs.find(self.path, detail=True)
        listing = Listing(self.where)
        names: dict[str, set[str]] = {}
        for path in infos:
            names.setdefault(posixpath.dirname(path), set()).add(posixpath.basename(path))
        for path, info in infos.items():
            if info.get("type") != "file":
                continue
            relative = path[len(self.root) :].lstrip("/")
            folder, name = posixpath.split(relative)
            if any(part.startswith(".") for part in relative.split("/")):
                reason: str | None = "hidden"
            elif not name or "" in folder.split("/")[1:]:
                reason = "no file name"
            else:
                reason = judge(name, frozenset(names[posixpath.dirname(path)]))
            if reason is not None:
                listing.skip(reason, relative)
                continue
            found = _found(relative, info)
            listing.files.append(found)
            if tag := _tag(info):
                self._tags[found.path] = tag
        sort(listing)
        return listing

    def prints(self, files: Sequence[Found], known: Mapping[str, SourceFile], edge_bytes: int) -> list[str | OSError]:
        """Fingerprints in order: by the store's own tag, or by size and both ends."""
        prints: list[str | OSError] = []
        for found in files:
            before = known.get(found.path)
            if before is not None and unchanged(found, before):
                prints.append(before.fingerprint)
                continue
            try:
                prints.append(f"{self._content(found, edge_bytes)}@{found.mtime_ns}")
            except RowError as error:
                prints.append(FileNotFoundError(error.message))
        return prints

    def _content(self, found: Found, edge_bytes: int) -> str:
        path = f"{self.root}/{found.on_disk}"
        with self._reading(found.path):
            tag = self._tags.get(found.path)
            digest = blake2b(str(found.size).encode(), digest_size=16)
            if tag is not None:
                digest.update(tag.encode())
            else:
                digest.update(self.fs.cat_file(path, 0, edge_bytes))
                if found.size > edge_bytes:
                    digest.update(self.fs.cat_file(path, max(edge_bytes, found.size - edge_bytes), found.size))
        return digest.hexdigest()

    def header(self, path: str) -> Header:
        """Of a table, from its footer alone. Raises SourceError."""
        name = f"{self.where}/{path}"
        try:
            if suffix_of(path) in TEXT_SUFFIXES:
                return read_header(self._converted(path), name)
            with self._reading(path), self._open(path) as file:
                return read_header(file, name)
        except RowError as error:
            raise SourceError(error.message) from error

    # ------------------------------------------------------------ for reading rows
    def open(self, path: str) -> Table:
        """Raises RowError missing_file where the file is gone, SourceError where the store is out of reach."""
        if suffix_of(path) in MEDIA_SUFFIXES:
            return RemoteMedium(self, path)
        if suffix_of(path) in TEXT_SUFFIXES:
            return open_table(self._converted(path))
        with self._reading(path):
            return ParquetTable(self._open(path), f"{self.where}/{path}", BUFFER_BYTES)

    def content(self, path: str) -> bytes:
        """Of a media file. Raises RowError, SourceError."""
        with self._reading(path):
            size = int(self.fs.info(self._spelled(path))["size"])
            if size > LARGEST_BYTES:
                raise RowError(
                    "too_large", f"{path!r} has {size:,} bytes; from afar {LARGEST_BYTES:,} are read at most"
                )
            return bytes(self.fs.cat_file(self._spelled(path)))

    def shown(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _open(self, path: str) -> Any:
        if suffix_of(path) not in PARQUET_SUFFIXES:
            raise SourceError(
                f"{self.where}/{path}: of tables from afar, Parquet, JSON and CSV are read. Copy this one to a disk"
            )
        return self.fs.open(self._spelled(path), "rb", cache_type="none")

    def _converted(self, path: str) -> Path:
        """The Arrow file of a JSON or CSV file, fetched where the cache does not know its content."""
        with self._reading(path):
            spelled = self._spelled(path)
            print_ = self._content(_found(spelled[len(self.root) + 1 :], self.fs.info(spelled)), LARGEST_BYTES)
            with tempfile.TemporaryDirectory(prefix="gemma4-batch-") as folder:
                local = Path(folder) / f"table{suffix_of(path)}"
                name = f"{self.where}/{path}"
                return converted_text(print_, name, local, lambda: self.fs.get_file(spelled, str(local)))

    def _spelled(self, path: str) -> str:
        """A store keeps names byte by byte: NFC as rows have it, or NFD as a Mac may have sent it."""
        whole = f"{self.root}/{path}"
        other = f"{self.root}/{unicodedata.normalize('NFD', path)}"
        return other if other != whole and not self.fs.exists(whole) else whole

    @contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        with self._translated(f"{self.where}/{path}"):
            try:
                yield
            except FileNotFoundError as error:
                raise RowError("missing_file", f"{path!r} is no longer in {self.where}") from error

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Whatever the store's library raises (it need not be an OSError) as SourceError, in words."""
        try:
            yield
        except (ConfigError, SourceError, RowError, FileNotFoundError):
            raise
        except Exception as error:
            line = (str(error).splitlines() or [""])[0]
            raise SourceError(
                f"{what} cannot be read ({type(error).__name__}: {line}). Check the address, the credentials and the "
                "network; the same command resumes."
            ) from error


class RemoteMedium:
    """A media file as a table of one row, whose content is fetched with it."""

    groups: tuple[int, ...] = (1,)
    names: Sequence[str] = ("image", "audio", "path")

    def __init__(self, files: RemoteFiles, path: str) -> None:
        self._files = files
        self._path = path

    def batches(
        self, start: int, columns: Sequence[str], most_rows: int | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The one row."""
        media = [name for name in columns if name != "path"]
        content = self._files.content(self._path) if media else b""
        arrays = [
            pa.array([{"bytes": content, "path": self._files.shown(self._path)}], MEDIUM)
            if name in media
            else pa.array([self._path], pa.string())
            for name in columns
        ]
        yield 0, pa.RecordBatch.from_arrays(arrays, names=list(columns))

    def close(self) -> None:
        """Nothing is open."""


def _found(relative: str, info: Mapping[str, Any]) -> Found:
    return Found(unicodedata.normalize("NFC", relative), relative, int(info.get("size") or 0), _time_ns(info))


def _tag(info: Mapping[str, Any]) -> str | None:
    return next((str(info[key]) for key in ENTITY_TAGS if info.get(key)), None)


def _time_ns(info: Mapping[str, Any]) -> int:
    value = next((info[key] for key in TIMES if info.get(key)), 0)
    return round((value.timestamp() if isinstance(value, datetime) else float(value)) * 1e9)


def _extra(url: str) -> str:
    return "Install the extra: pip install 'gemma4-batch[s3]'" if url.startswith(("s3://", "s3a://")) else ""
