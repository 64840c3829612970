"""Which folders may become a job's, and how `--fresh` clears one: only files of ours move, and nothing is deleted."""

import contextlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

from batch import durable
from batch.errors import OutputError
from batch.ledger import volume
from batch.ledger.lock import LOCK_NAME, FolderLock
from batch.ledger.schema import LEDGER_NAME, beside
from batch.output import manifest, parts

OURS = (manifest.NAME, manifest.CARD, manifest.JOB, "report.html", "report_files", "export", "logs")
IGNORED = frozenset((".DS_Store", LOCK_NAME, volume.POINTER))
PART = re.compile(r"part-\d{7,}\.parquet|\.part-\d{7,}\.\d+")


def check(folder: Path) -> None:
    """Raises OutputError when `folder` holds anything and no ledger: it is not ours to write into."""
    if not folder.exists() or (volume.home(folder) / LEDGER_NAME).exists():
        return
    if not folder.is_dir():
        raise OutputError(f"output.path {str(folder)!r} is a file. Choose a folder that does not exist yet")
    strangers = sorted(path.name for path in folder.iterdir() if not _ignored(path.name))
    if strangers:
        shown = ", ".join(repr(name) for name in strangers[:3]) + (", ..." if len(strangers) > 3 else "")
        way_out = (
            f"its ledger is lost, it seems: `gemma4-batch repair {folder}` makes a new one of the finished parts"
            if _data_files(folder)
            else "choose a folder that is empty or does not exist yet"
        )
        raise OutputError(f"output.path {str(folder)!r} is not empty ({shown}) and has no ledger: {way_out}")


def _ignored(name: str) -> bool:
    # A first start that was cut short leaves the ledger's staged file; an earlier --fresh leaves .old-*.
    return name in IGNORED or name.startswith((".old-", f".{LEDGER_NAME}.new"))


def set_aside(folder: Path) -> Path | None:
    """Move a job's files into `.old-<time>` beside them, for `--fresh`. The folder they went to, None without a ledger.

    The manifest goes first, so that it never names parts that are gone, and the ledger last: cut short, also by a
    power cut, the same command goes on. Raises LedgerLocked while a runner is at work, OutputError when a file cannot
    be moved.
    """
    home = volume.home(folder)
    ledger = home / LEDGER_NAME
    if not ledger.exists():
        return None
    with durable.translated(folder):
        lock = FolderLock(home, folder)
    try:
        with durable.translated(folder):
            old = folder / time.strftime(".old-%Y%m%d-%H%M%S")
            while old.exists():
                old = old.with_name(old.name + "x")
            durable.make_folder(old / parts.DATA)  # it is there before anything is moved to it
            for name in OURS:
                _move([folder / name], old)
            data = _data_files(folder)
            _move(data, old / parts.DATA)
            with contextlib.suppress(OSError):  # somebody else's files stay, and the folder with them
                (folder / parts.DATA).rmdir()
                durable.sync_folder(folder)
            # On a network volume the ledger is elsewhere, and stays there: a rename does not cross disks.
            kept = old if home == folder else home / old.name
            durable.make_folder(kept)
            # A journal that stays behind would be taken for that of the next ledger.
            _move(beside(ledger), kept)
            _move([ledger], kept)
    finally:
        lock.release()
    return old


def _move(paths: Sequence[Path], to: Path) -> None:
    """Those that are there, durably."""
    moved = [path for path in paths if path.exists()]
    for path in moved:
        path.rename(to / path.name)
    if moved:
        durable.sync_folder(to)
        durable.sync_folder(moved[0].parent)


def _data_files(folder: Path) -> list[Path]:
    data = folder / parts.DATA
    return sorted(path for path in data.iterdir() if PART.fullmatch(path.name)) if data.is_dir() else []
