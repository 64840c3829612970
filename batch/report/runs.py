"""Rows of data in files of a bounded size, one run of rows after the other."""

from pathlib import Path
from typing import Any

from batch.report import scripts

CHARS_A_RUN = 1_000_000  # a file of long transcripts ends early: it is loaded while somebody waits


class Runs:
    """Files of one kind. `names`: those written."""

    def __init__(self, folder: Path, kind: str, most_rows: int) -> None:
        self.names: list[str] = []
        self._folder = folder
        self._kind = kind
        self._most_rows = most_rows
        self._ends: list[int] = []
        self._rows: list[str] = []
        self._chars = 0

    def add(self, row: Any) -> None:
        """The next row, as JSON can say it."""
        self._rows.append(scripts.json_script(row))
        self._chars += len(self._rows[-1])
        if len(self._rows) >= self._most_rows or self._chars >= CHARS_A_RUN:
            self._write()

    def end(self) -> list[int]:
        """Write what is left. Where each run ends, as a row number."""
        if self._rows:
            self._write()
        return self._ends

    def _write(self) -> None:
        data = f"[{','.join(self._rows)}]"
        self.names.append(scripts.write(self._folder, self._kind, len(self._ends), data))
        self._ends.append((self._ends[-1] if self._ends else 0) + len(self._rows))
        self._rows, self._chars = [], 0
