"""What whoever opens a source asks of a converter process, and what it answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableToConvert:
    """A JSON or CSV file for source/converter.py, which writes into `folder`. `name` is what messages call it."""

    path: str
    name: str
    folder: str


@dataclass(frozen=True, slots=True)
class TableConverted:
    """Its Arrow file is there."""
