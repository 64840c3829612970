"""What a person asks of an export, and what came of it."""

from dataclasses import dataclass

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`out`: a file, a folder, a dataset on the Hub, or `-` for standard output; None is the form's own place.

    `every`: also rows that are not ok. `overwrite`: files that are there may be replaced. `undo`, `replace` are for
    sidecars (xmp.py), `private` is for the Hub.
    """

    out: str | None = None
    every: bool = False
    overwrite: bool = False
    dry_run: bool = False
    undo: bool = False
    replace: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """`rows` went to `where`, in `files` files; `notes` are for a person."""

    where: str
    rows: int
    files: int
    notes: tuple[str, ...] = ()
