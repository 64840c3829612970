"""Every state in which a power cut may leave a job folder, from what recorder.py saw.

The file system is the worst that POSIX allows: a name that came or went counts only once its folder was synced, and
without that each may or may not be there, in any order; a file's content counts only once the file was synced, and
without that it is any earlier content, or torn. Promised are only: a rename is seen done or not done, synced is synced,
and SQLite keeps its transactions in order, the durable ones for certain (https://sqlite.org/wal.html).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from pathlib import Path

from batch.ledger.schema import LEDGER_NAME
from tests.faults.recorder import (
    Enter,
    LedgerDurable,
    Operation,
    Recorder,
    Remove,
    Rename,
    SyncFile,
    SyncFolder,
    Transaction,
    Write,
)

SECTOR_BYTES = 512
LARGE_BYTES = 16 * 1024
PAGE_BYTES = 16 * 1024
Naming = Enter | Remove | Rename


@dataclass(frozen=True)
class State:
    """`files`: name -> content, None for a folder. `ledger` is None where there is none yet."""

    after: int
    files: tuple[tuple[str, bytes | None], ...]
    ledger: tuple[bytes, bytes] | None

    @property
    def key(self) -> bytes:
        digest = hashlib.sha256()
        for name, content in self.files:
            digest.update(name.encode() + b"\0" + (b"folder" if content is None else hashlib.sha256(content).digest()))
        for content in self.ledger or ():
            digest.update(hashlib.sha256(content).digest())
        return digest.digest()

    def make(self, folder: Path) -> None:
        """As a folder on this disk."""
        folder.mkdir()
        for name, content in self.files:
            path = folder / name
            if content is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(content)
        if self.ledger is not None:
            for suffix, content in zip(("", "-wal"), self.ledger, strict=True):
                if content:
                    (folder / (LEDGER_NAME + suffix)).write_bytes(content)


def crash_states(recorder: Recorder) -> Iterator[State]:
    """All states, each once: after every prefix of the operations, with every choice of what was not synced."""
    seen: set[bytes] = set()
    for after in range(len(recorder.operations) + 1):
        for state in _states_after(recorder, after):
            if state.key not in seen:
                seen.add(state.key)
                yield state


def _states_after(recorder: Recorder, after: int) -> Iterator[State]:
    done = recorder.operations[:after]
    names_before, files_before, ledger_before = recorder.before
    certain, open_ = _namings(done)
    contents = _contents(done, files_before)
    ledgers = _ledgers(done, ledger_before)
    for chosen in _subsets(open_):
        names = _named(names_before, done, certain | set(chosen))
        ledger_file = names.pop(LEDGER_NAME, None) if recorder.at_work else None
        has_ledger = recorder.at_work and (bool(ledger_before[0]) or ledger_file is not None)
        there = [name for name in sorted(names) if _reachable(name, names)]
        choices = [[None] if names[name] is None else contents[names[name]] for name in there]  # type: ignore[index]
        for content in product(*choices):
            files = tuple(zip(there, content, strict=True))
            for ledger in ledgers if has_ledger else (None,):
                yield State(after, files, ledger)


def _namings(done: Sequence[Operation]) -> tuple[set[int], list[int]]:
    """Positions of the operations on names that are certain, and of those that may have been lost."""
    certain, open_ = set(), []
    for position, operation in enumerate(done):
        if isinstance(operation, SyncFolder):
            now = [at for at in open_ if _folder(done[at]) == operation.folder]
            certain.update(now)
            open_ = [at for at in open_ if at not in now]
        elif isinstance(operation, Enter | Remove | Rename):
            open_.append(position)
    return certain, open_


def _folder(operation: Operation) -> str:
    name = operation.to if isinstance(operation, Rename) else getattr(operation, "name", "")
    return name.rpartition("/")[0]


def _subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def _named(before: Mapping[str, int | None], done: Sequence[Operation], happened: set[int]) -> dict[str, int | None]:
    names = dict(before)
    for position, operation in enumerate(done):
        if position not in happened:
            continue
        match operation:
            case Enter(name, file):
                names[name] = file
            case Remove(name):
                names.pop(name, None)
            case Rename(name, to, None):
                for inner in [inner for inner in names if inner == name or inner.startswith(f"{name}/")]:
                    names[to + inner[len(name) :]] = names.pop(inner)
            case Rename(name, to, file):
                if names.get(name) == file:
                    del names[name]
                names[to] = file
            case _:
                pass
    return names


def _reachable(name: str, names: Mapping[str, int | None]) -> bool:
    folder = name.rpartition("/")[0]
    return not folder or (folder in names and _reachable(folder, names))


def _contents(done: Sequence[Operation], before: Mapping[int, bytes]) -> dict[int, list[bytes]]:
    """What each file may hold: what was synced last, or anything written since, whole or torn."""
    may: dict[int, list[bytes]] = {file: [content] for file, content in before.items()}
    for operation in done:
        match operation:
            case Enter(_, int(file)):
                may.setdefault(file, [b""])
            case Write(file, content):
                may[file] = list(dict.fromkeys([*may.get(file, [b""]), content, *tears(content)]))
                may[file].remove(content)
                may[file].append(content)  # the latest is last: what a sync makes certain
            case SyncFile(file):
                may[file] = may[file][-1:]
            case _:
                pass
    return may


def tears(content: bytes) -> Iterator[bytes]:
    """Cut at every sector, each sector alone not written (zeros), none written, and one bit wrong at the end. Of a
    larger file (a new ledger, of which nobody reads a torn one) by pages of it."""
    size = SECTOR_BYTES if len(content) <= LARGE_BYTES else PAGE_BYTES
    for at in range(0, len(content), size):
        yield content[:at]
        yield content[:at] + bytes(min(size, len(content) - at)) + content[at + size :]
    yield bytes(len(content))
    yield content[:-1]
    yield content[:-1] + bytes([content[-1] ^ 1]) if content else b""


def _ledgers(done: Sequence[Operation], before: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The transactions that may be the last one kept."""
    may = [before]
    for operation in done:
        if isinstance(operation, Transaction):
            may.append(operation.ledger)
        elif isinstance(operation, LedgerDurable):
            may = may[-1:]
    return may
