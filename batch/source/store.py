"""A place on another machine, through fsspec: `s3://bucket/prefix`, and whatever else fsspec knows.

Credentials and endpoints are those of the file system's own configuration (AWS_*, FSSPEC_*).
"""

import glob
import posixpath
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from batch.errors import ConfigError, RowError, SourceError
from batch.ranged_file import RangedFile

LARGEST_BYTES = 1024**3
"""Of one media file: it is held in memory whole."""


class Store:
    """What lies below a URL, by path relative to its root. Its library may raise anything: here it is SourceError, in
    words, or RowError missing_file."""

    def __init__(self, url: str) -> None:
        """`url`: a folder, one file, or a pattern. Raises ConfigError where what fsspec needs is not installed."""
        self.url = url
        with self._translated(url):
            try:
                self._fs, self._path = fsspec.url_to_fs(url)
            except (ImportError, ValueError) as error:
                raise ConfigError(f"source.path {url!r} cannot be opened: {error}. {_extra(url)}") from error
            self._path = self._path.rstrip("/")
            self.has_pattern = glob.has_magic(self._path)
            self.is_file = not self.has_pattern and not url.endswith("/") and bool(self._fs.isfile(self._path))
        self.root = self._root()
        self.where: str = f"{url.partition('://')[0]}://{self.root.lstrip('/')}"

    def _root(self) -> str:
        if not self.has_pattern:
            return posixpath.dirname(self._path) if self.is_file else str(self._path)
        fixed = self._path.split("/")[:-1]
        first = next((index for index, part in enumerate(fixed) if glob.has_magic(part)), len(fixed))
        return "/".join(fixed[:first])

    def list(self) -> dict[str, dict[str, Any]]:
        """What the store says of every file that the URL means, by path as it is spelled there."""
        with self._translated(self.url):
            if self.is_file:
                infos = {self._path: self._fs.info(self._path)}
            elif self.has_pattern:
                infos = self._fs.glob(self._path, detail=True)
            else:
                infos = self._fs.find(self._path, detail=True)
        files = {path: info for path, info in infos.items() if info.get("type") == "file"}
        return {path[len(self.root) :].lstrip("/"): info for path, info in files.items()}

    def spelled(self, path: str) -> str:
        """A store keeps names byte by byte: NFC as rows have it, or NFD as a Mac may have sent it."""
        other = unicodedata.normalize("NFD", path)
        with self._reading(path):
            return other if other != path and not self._fs.exists(f"{self.root}/{path}") else path

    def info(self, spelled: str) -> dict[str, Any]:
        with self._reading(spelled):
            return dict(self._fs.info(f"{self.root}/{spelled}"))

    def read(self, spelled: str, start: int | None = None, stop: int | None = None) -> bytes:
        """One request."""
        with self._reading(spelled):
            return bytes(self._fs.cat_file(f"{self.root}/{spelled}", start=start, end=stop))

    def medium(self, path: str) -> bytes:
        """The content of a media file. Raises RowError too_large."""
        spelled = self.spelled(path)
        size = int(self.info(spelled)["size"])
        if size > LARGEST_BYTES:
            raise RowError("too_large", f"{path!r} has {size:,} bytes; from afar {LARGEST_BYTES:,} are read at most")
        return self.read(spelled)

    def fetch(self, spelled: str, target: Path) -> None:
        with self._reading(spelled):
            self._fs.get_file(f"{self.root}/{spelled}", str(target))

    @contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        with self._translated(f"{self.where}/{path}"):
            try:
                yield
            except FileNotFoundError as error:
                raise RowError("missing_file", f"{path!r} is no longer in {self.where}") from error

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except (ConfigError, SourceError, RowError):
            raise
        except Exception as error:
            line = (str(error).splitlines() or [""])[0]
            raise SourceError(
                f"{what} cannot be read ({type(error).__name__}: {line}). Check the address, the credentials and the "
                "network; the same command resumes."
            ) from error


class StoreFile(RangedFile):
    """A file of a store. What goes wrong is a SourceError or RowError, never an OSError: those would tell of damage in
    the file."""

    def __init__(self, store: Store, spelled: str) -> None:
        super().__init__(int(store.info(spelled)["size"]))
        self._store = store
        self._spelled = spelled

    def fetch(self, start: int, stop: int) -> bytes:
        return self._store.read(self._spelled, start, stop)


def _extra(url: str) -> str:
    return "Install the extra: pip install 'gemma4-batch[s3]'" if url.startswith(("s3://", "s3a://")) else ""
