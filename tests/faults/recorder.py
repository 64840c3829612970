"""Records what a run of our code does to a job folder: every file operation, and every transaction of the ledger.

Names, contents and flushes are seen at the system's boundary (`os`), and what C++ code writes by itself by looking at
the folder before each of them. The ledger is SQLite's business: of it are kept its state after each transaction, and
the moments at which it is on the drive (a commit with synchronous=FULL, a checkpoint). Where no runner is at work
(`--fresh`, `repair`) it is a file like others; what SQLite writes beside it is synced when SQLite says so.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from batch.ledger.schema import LEDGER_NAME

LOCK = "ledger.lock"  # decides nothing: the kernel's flock does
OF_THE_LEDGER = (LEDGER_NAME, f"{LEDGER_NAME}-wal")
SHARED_MEMORY = "-shm"  # decides nothing either: SQLite makes it anew


# ---------------------------------------------------------------- operations, in the order in which they were made
@dataclass(frozen=True)
class Enter:
    """A name comes to a folder. `file` numbers what it leads to; None: a folder."""

    name: str
    file: int | None


@dataclass(frozen=True)
class Remove:
    name: str


@dataclass(frozen=True)
class Rename:
    """`file` None: a folder, with all that is in it."""

    name: str
    to: str
    file: int | None


@dataclass(frozen=True)
class Write:
    """A file has this content now."""

    file: int
    content: bytes


@dataclass(frozen=True)
class SyncFile:
    file: int


@dataclass(frozen=True)
class SyncFolder:
    """`folder` is relative; "" is the job folder itself."""

    folder: str


@dataclass(frozen=True)
class Transaction:
    """The ledger's files as they are after it: (ledger.sqlite, its WAL)."""

    ledger: tuple[bytes, bytes]


@dataclass(frozen=True)
class LedgerDurable:
    """Every transaction so far is on the drive."""


Operation = Enter | Remove | Rename | Write | SyncFile | SyncFolder | Transaction | LedgerDurable


class Recorder:
    """`operations` of what runs inside `recording`. What is there before counts as being on the drive. `at_work`: a
    runner is, and the ledger SQLite's business."""

    def __init__(self, folder: Path, *, at_work: bool = True) -> None:
        self.folder = folder
        self.at_work = at_work
        self.operations: list[Operation] = []
        self.files: dict[int, bytes] = {}
        self.names: dict[str, int | None] = {}
        self.ledger = self._ledger_files()
        self._inodes: dict[int, int] = {}
        self._full = False
        self._pending: list[Callable[[], None]] = []  # what is to be noted once the last statement is done
        self._look()
        self.before = (dict(self.names), dict(self.files), self.ledger)
        self.operations.clear()

    @contextmanager
    def recording(self) -> Iterator["Recorder"]:
        real = {
            name: getattr(os, name) for name in ("fsync", "replace", "rename", "unlink", "remove", "mkdir", "rmdir")
        }
        patched = {
            "fsync": lambda descriptor: self._synced(real["fsync"], descriptor),
            "replace": lambda one, other, **_: self._renamed(real["replace"], one, other),
            "rename": lambda one, other, **_: self._renamed(real["rename"], one, other),
            **{
                name: lambda path, *a, _name=name, **k: self._changed(real[_name], path, *a, **k)
                for name in ("unlink", "remove", "mkdir", "rmdir")
            },
        }
        connect = sqlite3.connect

        def traced(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(path, *arguments, **options)
            place = Path(str(path))
            if self.at_work and place.name == LEDGER_NAME:
                connection.set_trace_callback(lambda said: self._statement(said, self._transaction, self._durable))
            elif place.is_relative_to(self.folder):
                name = place.relative_to(self.folder).as_posix()
                connection.set_trace_callback(lambda said: self._statement(said, None, lambda: self._database(name)))
            return connection

        with mock.patch.multiple(os, **patched), mock.patch.object(sqlite3, "connect", traced):
            yield self
        self._look()

    # ------------------------------------------------------------ what the code calls
    def _synced(self, real: Callable[..., Any], descriptor: int) -> None:
        self._look()
        real(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if not path.is_relative_to(self.folder):
            return
        name = path.relative_to(self.folder).as_posix()
        if path.is_dir():
            self.operations.append(SyncFolder("" if name == "." else name))
        elif self._ours(name):
            file = self.names[name]
            assert file is not None
            self.operations.append(SyncFile(file))

    def _renamed(self, real: Callable[..., Any], one: Any, other: Any) -> None:
        self._look()
        real(one, other)
        name, to = (Path(os.fspath(path)).relative_to(self.folder).as_posix() for path in (one, other))
        if not self._ours(name):
            return
        file = self.names.pop(name)
        if to == LEDGER_NAME and self.at_work:  # from now on SQLite's; until the folder is synced there may be none
            assert file is not None
            self.operations.append(Rename(name, to, file))
            self.operations.append(Transaction((self.files[file], b"")))
            return
        for inner in [inner for inner in self.names if inner.startswith(f"{name}/")]:
            self.names[to + inner[len(name) :]] = self.names.pop(inner)
        self.names[to] = file
        self.operations.append(Rename(name, to, file))

    def _changed(self, real: Callable[..., Any], path: Any, *arguments: Any, **options: Any) -> None:
        self._look()
        real(path, *arguments, **options)
        self._look()

    def _statement(self, statement: str, committed: Callable[[], None] | None, durable: Callable[[], None]) -> None:
        """Called before each: what it was told of last has been done by now."""
        self._settle()
        if statement.startswith("PRAGMA synchronous="):
            self._full = statement.endswith("FULL")
        if statement == "COMMIT" and committed is not None:
            self._pending.append(committed)
        if (statement == "COMMIT" and self._full) or statement.startswith("PRAGMA wal_checkpoint"):
            self._pending.append(durable)

    def _transaction(self) -> None:
        self.operations.append(Transaction(self._ledger_files()))

    def _durable(self) -> None:
        self.operations.append(LedgerDurable())

    def _database(self, name: str) -> None:
        """What SQLite wrote to this database and its journal is on the drive."""
        self._look()
        for file in (self.names.get(name), self.names.get(f"{name}-wal")):
            if file is not None:
                self.operations.append(SyncFile(file))

    # ------------------------------------------------------------ what is there
    def _ours(self, name: str) -> bool:
        if name.endswith((LOCK, SHARED_MEMORY)):
            return False
        return not (self.at_work and name in OF_THE_LEDGER)

    def _settle(self) -> None:
        pending, self._pending = self._pending, []
        for note in pending:
            note()

    def _ledger_files(self) -> tuple[bytes, bytes]:
        path = self.folder / LEDGER_NAME
        files = [file.read_bytes() if file.exists() else b"" for file in (path, Path(f"{path}-wal"))]
        return files[0], files[1]

    def _look(self) -> None:
        """Notes every name and content that is new, or gone, since the last look."""
        self._settle()
        found: dict[str, int | None] = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if not self._ours(name):
                continue
            found[name] = None if path.is_dir() else self._content(path)
            if name not in self.names:
                self.operations.append(Enter(name, found[name]))
        for name in self.names.keys() - found.keys():
            self.operations.append(Remove(name))
        self.names = found

    def _content(self, path: Path) -> int:
        inode, content = path.stat().st_ino, path.read_bytes()
        if inode not in self._inodes or path.relative_to(self.folder).as_posix() not in self.names:
            self._inodes[inode] = len(self.files)  # a number of an old file may come back for a new one
            self.files[self._inodes[inode]] = b""
        file = self._inodes[inode]
        if self.files[file] != content:
            self.files[file] = content
            self.operations.append(Write(file, content))
        return file
