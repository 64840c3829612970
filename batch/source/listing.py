"""The files below a folder, in a stable order, and what was left out and why. Reads names, no contents.

Paths are POSIX, NFC and relative, whatever form the disk keeps: that is the identity of a row. A file's
fingerprint comes from its size and its first and last bytes; its time only spares reading them again.
"""

import os
import stat
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from batch.records import SourceFile

LEDGER_NAME = "ledger.sqlite"  # a folder that holds one is a job's, not its input
PHOTOS_LIBRARY = ".photoslibrary"
SIDECAR_SUFFIXES = frozenset((".aae", ".xmp", ".thm", ".pp3", ".dop", ".json", ".txt", ".srt", ".vtt"))
EDGE_BYTES = 64 * 1024
SHOWN_NAMES = 3
READERS = 8
READ_AT_ONCE = 128
SF_DATALESS = 0x40000000  # macOS <sys/stat.h>: the contents are in iCloud
BLOCK_BYTES = 4096  # below this a file system may keep contents in the inode: zero blocks mean nothing
IN_ICLOUD = "in iCloud"
NOT_PERMITTED = "not permitted"
NOT_UTF8 = "not UTF-8"
NAMED = (IN_ICLOUD, NOT_PERMITTED, "outside the folder", "broken link", NOT_UTF8, "same name twice")


class Found(NamedTuple):
    """A listed file. `path` NFC; `on_disk` as the file system spells it; both relative to the root."""

    path: str
    on_disk: str
    size: int
    mtime_ns: int


def is_utf8(name: str) -> bool:
    """False for what a disk or a store may call a file, and no frame, table or message can."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


Judge = Callable[[str, frozenset[str]], str | None]
"""(file name, all names in its folder) -> why it is left out, or None."""


@dataclass
class Listing:
    """Files below a folder, `where`, sorted by path; `skipped` counts what was left out by reason, `names` names some.

    `elsewhere` are all that are in iCloud only (paths in NFC).
    """

    where: str
    files: list[Found] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    names: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: set[str] = field(default_factory=set)

    def skip(self, reason: str, name: str) -> None:
        self.skipped[reason] += 1
        if reason == IN_ICLOUD:
            self.elsewhere.add(unicodedata.normalize("NFC", name))
        if len(self.names[reason]) < SHOWN_NAMES:
            self.names[reason].append(name)

    def notes(self) -> tuple[str, ...]:
        """What a person should know: skipped files by reason, with names where they may be missed."""
        notes = []
        for reason, count in sorted(self.skipped.items()):
            named = ", ".join(map(repr, self.names[reason]))
            shown = f" ({named}{', ...' if count > SHOWN_NAMES else ''})" if reason in NAMED else ""
            notes.append(f"left out, {reason}: {count}{shown}{ADVICE.get(reason, '')}")
        return tuple(notes)


ADVICE = {
    IN_ICLOUD: "; download them in Finder or Photos, a later run adds them",
    NOT_PERMITTED: "; allow reading them (on a Mac: System Settings, Privacy & Security, Full Disk Access)",
}


def list_folder(root: Path, judge: Judge, *, leave_out: Path | None = None) -> Listing:
    """Every file below `root` that `judge` does not refuse. Links must lead to files inside `root`.

    Raises OSError where `root` itself cannot be listed.
    """
    excluded = os.path.realpath(leave_out) if leave_out else None
    walk = _Walk(root, Listing(str(root)), judge, os.path.realpath(root), excluded)
    while walk.folders:
        walk.visit(walk.folders.pop())
    sort(walk.listing)
    return walk.listing


@dataclass
class _Walk:
    root: Path
    listing: Listing
    judge: Judge
    real_root: str
    excluded: str | None
    folders: list[str] = field(default_factory=lambda: [""])

    def visit(self, folder: str) -> None:
        try:
            with os.scandir(self.root / folder) as scan:
                entries = list(scan)
        except OSError as error:
            if not folder:
                raise  # open_source says what to do
            self.listing.skip(NOT_PERMITTED if isinstance(error, PermissionError) else "unreadable folder", folder)
            return
        names = frozenset(entry.name for entry in entries)
        if folder and LEDGER_NAME in names:
            self.listing.skip("job folder", folder)
            return
        for entry in entries:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            reason = self._reason(entry, relative, names)
            if reason:
                self.listing.skip(reason, relative)

    def _reason(self, entry: os.DirEntry[str], relative: str, names: frozenset[str]) -> str | None:
        """Why the entry is left out; None or "" where it is not, or has been counted already."""
        hidden = _hidden(entry.name, self.listing, relative)
        if hidden is not None:
            return hidden
        if entry.is_dir(follow_symlinks=False):
            if self.excluded is not None and os.path.realpath(entry.path) == self.excluded:
                return "job folder"
            self.folders.append(f"{relative}/originals" if entry.name.endswith(PHOTOS_LIBRARY) else relative)
            return None
        return _link(entry, self.real_root) or self.judge(entry.name, names) or _add(self.listing, entry, relative)


def _hidden(name: str, listing: Listing, relative: str) -> str | None:
    """Why a name alone rules a file or folder out; "" where it has been counted already."""
    if name.startswith(".") and name.endswith(".icloud"):  # `.IMG_1.HEIC.icloud` stands for IMG_1.HEIC
        listing.skip(IN_ICLOUD, relative[: -len(name)] + name[1 : -len(".icloud")])
        return ""
    if name.startswith("."):
        return "hidden"
    return None


def _link(entry: os.DirEntry[str], real_root: str) -> str | None:
    if not entry.is_symlink():
        return None
    target = os.path.realpath(entry.path)
    if not Path(target).is_relative_to(real_root):
        return "outside the folder"
    if Path(target).is_dir():
        return "linked folder"  # its files are listed where they are
    return None if Path(target).is_file() else "broken link"


def _add(listing: Listing, entry: os.DirEntry[str], relative: str) -> str | None:
    if not is_utf8(relative):
        return NOT_UTF8
    try:
        found = entry.stat()
    except OSError as error:
        return NOT_PERMITTED if isinstance(error, PermissionError) else "broken link"
    if not stat.S_ISREG(found.st_mode):
        return "not a file"
    if _is_placeholder(found):
        return IN_ICLOUD
    listing.files.append(Found(unicodedata.normalize("NFC", relative), relative, found.st_size, found.st_mtime_ns))
    return None


def _is_placeholder(found: os.stat_result) -> bool:
    """Whether the contents are elsewhere: reading would download them, or give zeros."""
    if sys.platform == "darwin":
        return bool(found.st_flags & SF_DATALESS)
    return found.st_blocks == 0 and found.st_size >= BLOCK_BYTES


def sort(listing: Listing) -> None:
    """By path; of two spellings of a name the first one stays."""
    listing.files.sort()
    unique: list[Found] = []
    for found in listing.files:
        if unique and unique[-1].path == found.path:  # NFC and NFD spellings side by side: one identity, one row
            listing.skip("same name twice", found.on_disk)
        else:
            unique.append(found)
    listing.files = unique


def suffix_of(name: str) -> str:
    """The last suffix, lower case: faster than Path for a hundred thousand names."""
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem and "/" not in suffix else ""


def fingerprint(path: Path | str, size: int, mtime_ns: int, edge_bytes: int = EDGE_BYTES) -> str:
    """`<hash of size, first and last bytes>@<time>`. Raises OSError."""
    digest = blake2b(str(size).encode(), digest_size=16)
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path for each costs more than the reading
        digest.update(file.read(edge_bytes))
        if size > edge_bytes:
            file.seek(max(edge_bytes, size - edge_bytes))
            digest.update(file.read(edge_bytes))
    return f"{digest.hexdigest()}@{mtime_ns}"


def same_content(one: SourceFile, other: SourceFile) -> bool:
    """Whether two pins of a path show the same content; the time of a local file says nothing."""
    return one.size == other.size and one.fingerprint.partition("@")[0] == other.fingerprint.partition("@")[0]


def unchanged(found: Found, before: SourceFile | None) -> bool:
    """Whether size and time are as they were: then nothing is read."""
    return before is not None and before.size == found.size and before.fingerprint.endswith(f"@{found.mtime_ns}")


def fingerprints(
    root: Path, files: Sequence[Found], known: Mapping[str, SourceFile], edge_bytes: int = EDGE_BYTES
) -> list[str | OSError]:
    """Fingerprints in order; a file whose size and time are as known is not opened. A refusal in place of some."""

    def read(some: Sequence[Found]) -> list[str | OSError]:
        return [_tried(f"{root}/{found.on_disk}", found, edge_bytes) for found in some]

    fresh = [found for found in files if not unchanged(found, known.get(found.path))]
    batches = [fresh[start : start + READ_AT_ONCE] for start in range(0, len(fresh), READ_AT_ONCE)]
    with ThreadPoolExecutor(READERS) as pool:  # on a cold disk the waiting is what takes long
        prints = dict(zip((found.path for found in fresh), chain.from_iterable(pool.map(read, batches)), strict=True))
    return [prints[found.path] if found.path in prints else known[found.path].fingerprint for found in files]


def _tried(path: str, found: Found, edge_bytes: int) -> str | OSError:
    try:
        return fingerprint(path, found.size, found.mtime_ns, edge_bytes)
    except OSError as error:
        return error
