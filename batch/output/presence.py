"""Is the job folder still there, and the one that we began in?

An external disk may be unplugged, a volume turned read-only, a folder deleted while a job runs. SQLite and open files
do not always notice: what is written to a deleted file goes nowhere, without an error. So the job looks by itself.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from batch import durable
from batch.errors import OutputError, OutputLost
from batch.ledger.schema import LEDGER_NAME

LOOK_EVERY_S = 1.0
PROBE = ".probe"


class Presence:
    """Remembers, when made, which volume the folder is on and which file its ledger is."""

    def __init__(self, folder: Path, ledger: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._ledger = ledger
        self._now_s = now_s
        self._looked_s = now_s()
        with durable.translated(folder):
            self._volume = folder.stat().st_dev
            self._file = _identity(ledger)

    def check(self) -> None:
        """`look`, every LOOK_EVERY_S seconds at most."""
        if self._now_s() - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = self._now_s()
            self.look()

    def look(self) -> None:
        """Raises OutputLost where the volume went away or turned read-only (it may come back), OutputError where the
        folder or its ledger was deleted or replaced (nothing more can be recorded)."""
        if self._volume_of(self._folder) != self._volume:
            raise OutputLost(
                f"the volume of {str(self._folder)!r} is not there any more. Connect it again, then give the same "
                "command again: it resumes where it stopped"
            )
        if not self._folder.is_dir():
            raise OutputError(
                f"{str(self._folder)!r} was deleted or moved while the job ran, and its ledger with it. Put it back "
                "and give the same command again; without it, that command begins anew"
            )
        with durable.translated(self._folder):
            if os.statvfs(self._folder).f_flag & os.ST_RDONLY:
                raise OutputLost(
                    f"the volume of {str(self._folder)!r} is read-only now. Make it writable, then give the same "
                    "command again: it resumes where it stopped"
                )
        if _identity(self._ledger) != self._file:
            raise OutputError(
                f"{str(self._ledger)!r} was deleted or replaced while the job ran. Put it back, or make it anew from "
                f"the finished parts with `gemma4-batch repair {self._folder}`, then give the same command again"
            )

    @staticmethod
    def _volume_of(path: Path) -> int:
        """Of a folder that is not there: the one it would be on. A vanished mount point leaves its parent's."""
        while not path.exists() and path != path.parent:
            path = path.parent
        return path.stat().st_dev


def _identity(file: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        status = file.stat()
        return status.st_dev, status.st_ino
    return None


def usable(folder: Path, home: Path) -> bool:
    """Can the job go on in its folder: is its ledger (in `home`) there, and can a file be written beside it?"""
    with contextlib.suppress(OSError):
        for place in {folder, home}:
            probe = place / PROBE
            probe.write_bytes(b"x")
            durable.sync_file(probe)
            probe.unlink()
        return (home / LEDGER_NAME).is_file()
    return False
