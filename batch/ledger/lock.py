"""One runner per job folder: an flock on `ledger.lock`, which the kernel drops when its holder dies.

The text in the file (pid, host, boot) is for messages only; nothing is ever decided by it.
"""

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from pathlib import Path

from batch.errors import LedgerError, LedgerLocked
from batch.machine.boot import boot_id

LOCK_NAME = "ledger.lock"
TRIES = 6
PAUSE_S = 0.05
"""`held` takes the lock for an instant to learn of it; a runner that starts just then waits for that long."""


class FolderLock:
    """Held from construction until `release`. Raises LedgerLocked when another process has it.

    `home` is where the ledger lies: the job's `folder`, unless that is on a network volume.
    """

    def __init__(self, home: Path, folder: Path | None = None) -> None:
        self._path = home / LOCK_NAME
        self._folder = folder or home
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take()
        except BaseException:
            os.close(self._descriptor)
            raise

    def _take(self) -> None:
        for left in reversed(range(TRIES)):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                if exc.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise LedgerError(
                        f"{str(self._path)!r} cannot be locked ({exc.strerror}): this volume has no file locks, so two "
                        "runners could not be kept apart. Put output.path on a local disk"
                    ) from exc
                if not left:
                    raise LedgerLocked(self._in_use()) from exc
                time.sleep(PAUSE_S)
            else:
                self._sign()
                return

    def _sign(self) -> None:
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "boot": boot_id()})
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def _in_use(self) -> str:
        who = holder(self._path.parent)
        return (
            f"{str(self._folder)!r} is being worked on by process {who.get('pid', 'unknown')} on "
            f"{who.get('host', 'an unknown host')}. Wait for it, or stop it, or choose another output.path; "
            f"`gemma4-batch status {self._folder}` shows its progress"
        )

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def holder(folder: Path) -> dict[str, object]:
    """Who signed the lock last: pid, host, boot. Empty when nobody did."""
    with contextlib.suppress(OSError, ValueError):
        signed = json.loads((folder / LOCK_NAME).read_text())
        return signed if isinstance(signed, dict) else {}
    return {}


def held(folder: Path) -> bool:
    """Is a runner at work on this folder?"""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
