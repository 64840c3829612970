"""Opens the files of a local source by their row path, without listing anything: what a worker needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from batch.errors import RowError, SourceError
from batch.records import SourceFile
from batch.source.conversion import TEXT_SUFFIXES, converted_file
from batch.source.folder import MEDIA_SUFFIXES, MediaFile, on_disk
from batch.source.headers import table_headers
from batch.source.listing import Found, fingerprints, suffix_of
from batch.source.table import Header, Table, open_table, read_header


class LocalFiles:
    """Files below `root`, named as rows name them (POSIX, NFC, relative)."""

    medium_type: pa.DataType = pa.string()

    def __init__(self, root: Path) -> None:
        self.root = root

    def prints(self, files: Sequence[Found], known: Mapping[str, SourceFile], edge_bytes: int) -> list[str | OSError]:
        """See Files."""
        return fingerprints(self.root, files, known, edge_bytes)

    def headers(self, paths: Sequence[str]) -> list[Header | SourceError]:
        """See Files."""
        found = {path: self._own_header(path) for path in paths if suffix_of(path) in TEXT_SUFFIXES}
        others = [path for path in paths if path not in found]
        read = table_headers([(self.local(path), str(self.root / path)) for path in others])
        for path, header in zip(others, read, strict=True):
            found[path] = self._refusal(path, header) if isinstance(header, OSError) else header
        return [found[path] for path in paths]

    def _own_header(self, path: str) -> Header | SourceError:
        """Of what a conversion wrote, which is ours."""
        try:
            return read_header(self.local(path), str(self.root / path))
        except SourceError as error:
            return error
        except OSError as error:
            return self._refusal(path, error)

    def _refusal(self, path: str, error: OSError) -> SourceError:
        return SourceError(f"{self.root / path} cannot be read: {error.strerror or error}.")

    def open(self, path: str) -> Table:
        """A table to read rows from. Raises RowError missing_file where the file went but its folder did not,
        SourceError where nothing is there any more (an unplugged drive is no fault of a row)."""
        if suffix_of(path) in MEDIA_SUFFIXES:
            if not self.root.exists():
                raise self._gone()
            return MediaFile(self.root, path)
        try:
            return open_table(self.local(path))
        except FileNotFoundError as error:
            if not self.root.exists():
                raise self._gone() from error
            raise RowError("missing_file", f"{path!r} is no longer in {self.root}") from error
        except OSError as error:
            raise SourceError(f"{self.root / path} cannot be opened: {error}.") from error

    def _gone(self) -> SourceError:
        return SourceError(f"{self.root} is gone; mount it again: the same command resumes.")

    def local(self, path: str) -> Path:
        """The file that holds the rows: itself, or its Arrow conversion (made anew where the cache lacks it)."""
        file = self.root / on_disk(self.root, path)
        return converted_file(file) if suffix_of(path) in TEXT_SUFFIXES else file
