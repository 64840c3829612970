"""What plans and readers ask of wherever the files of a source lie: a folder (local.py), or a store (remote.py)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from batch.errors import SourceError
from batch.records import SourceFile
from batch.source.listing import Found
from batch.source.table import Header, Inputs


class Files(Inputs, Protocol):
    """Files below a root, by the path rows know them by."""

    medium_type: pa.DataType
    """How a row holds a file that is the row's medium."""

    def prints(self, files: Sequence[Found], known: Mapping[str, SourceFile], edge_bytes: int) -> list[str | OSError]:
        """Fingerprints in order; a file whose size and time are as known is not opened. A refusal in place of some."""

    def headers(self, paths: Sequence[str]) -> list[Header | SourceError]:
        """Of tables, in order; a refusal in place of some. Raises SourceError where they are out of reach."""
