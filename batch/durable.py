"""Bytes that survive a power cut: flush, rename, remove, each with its folder synced.

On macOS a plain `fsync` leaves data in the drive's own cache; `F_FULLFSYNC` flushes that too. Some volumes
(network shares, some FUSE drives) refuse it: then `fsync` is all there is, and `flush` says so.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from batch import killpoint
from batch.errors import OutputError, OutputLost

FULL_FSYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
NO_WRITING = (errno.EROFS, errno.EACCES, errno.EPERM)
# What a disk says that was unplugged, a share that went away, a volume that turned read-only after an error.
LOST = (errno.EROFS, errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT)


def flush(descriptor: int) -> bool:
    """Have the drive keep what was written. True when the drive's own cache was flushed as well."""
    if FULL_FSYNC is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, FULL_FSYNC)
            return True
    os.fsync(descriptor)
    return FULL_FSYNC is None


def sync_file(path: Path) -> bool:
    """Flush one file's content; see `flush`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return flush(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the drive keep the names in `folder`. Volumes that cannot sync a folder keep names by themselves."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flush(descriptor)
    except OSError as exc:
        if exc.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those it lies in, durably; one that is there is no error."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in reversed(missing):
        sync_folder(place.parent)


def replace(staged: Path, final: Path) -> None:
    """Rename `staged` over `final`: a reader sees the old file or the new one, also after a power cut."""
    staged.replace(final)
    killpoint.reached("file.renamed")
    sync_folder(final.parent)


def remove(path: Path) -> None:
    """Remove a file, durably; one that is not there is no error."""
    if path.exists():
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a small text file as a whole or not at all."""
    staged = path.with_name(f".{path.name}.new")
    with translated(path, len(text)):
        staged.write_text(text, encoding="utf-8")
        sync_file(staged)
        killpoint.reached("file.staged")
        replace(staged, path)


def sha256(path: Path) -> str | None:
    """Hex digest of a file's content, None when there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def translated(path: Path, needed: int | None = None) -> Iterator[None]:
    """Turn an OSError while writing `path` into an OutputError that says what is needed and where; OutputLost where
    the volume itself is the trouble.

    `needed` is the size in bytes of what is being written, where it is known.
    """
    try:
        yield
    except OSError as exc:
        kind = OutputLost if exc.errno in LOST else OutputError
        raise kind(explain(exc, path, needed)) from exc


def explain(exc: OSError, path: Path, needed: int | None = None) -> str:
    """The three-part message for a failed write."""
    if exc.errno in NO_SPACE:
        need = f"{size(needed)} are needed and " if needed else ""
        return (
            f"the disk is full: cannot write {str(path)!r} ({need}{size(free_bytes(path))} are free). "
            "Make space there and give the same command again: it resumes where it stopped"
        )
    if exc.errno in NO_WRITING:
        return (
            f"cannot write {str(path)!r}: {exc.strerror}. Make the folder writable, "
            "then give the same command again: it resumes where it stopped"
        )
    return f"cannot write {str(path)!r}: {exc}. When that is solved, the same command resumes where it stopped"


def free_bytes(path: Path) -> int:
    """Free bytes on the volume that holds `path` (or will)."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def file_bytes(path: Path) -> int:
    """Size of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def size(count: int) -> str:
    """`count` bytes in words: 3.2 GB."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB" if value < 1000 else f"{value:.0f} GB"
