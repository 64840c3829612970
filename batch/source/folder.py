"""A plain folder of media as a source: one row per image or recording, in the order of their paths."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa

from batch.errors import SourceError
from batch.records import SourceFile
from batch.source.files import Files
from batch.source.listing import (
    NOT_PERMITTED,
    PHOTOS_LIBRARY,
    SIDECAR_SUFFIXES,
    Found,
    Judge,
    Listing,
    suffix_of,
)

# Camera files are listed too: without the raw extra each row says so. media/signature.py keeps the same list.
RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef",
    ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))  # fmt: skip
IMAGE_SUFFIXES = RAW_SUFFIXES | {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".hif",
    ".avif",
}  # fmt: skip
VIDEO_SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp", ".3g2", ".wmv", ".flv",
))  # fmt: skip
AUDIO_SUFFIXES = frozenset((
    ".wav", ".mp3", ".m4a", ".m4b", ".aac", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".caf",
    ".wma", ".amr", ".mp2", ".mka", ".au", ".qta",
))  # fmt: skip
MEDIA_SUFFIXES = IMAGE_SUFFIXES | VIDEO_SUFFIXES | AUDIO_SUFFIXES
EDGE_BYTES = 8 * 1024  # both ends of 100,000 photos are read at plan time: seconds, and any edit shows there

MediaKind = Literal["image", "audio"]


class FolderSource:
    """Rows are files. Columns: `image` or `audio` (path as on disk, relative; the content, from afar) and `path`
    (POSIX, NFC)."""

    kind = "folder"

    def __init__(self, medium: MediaKind, listing: Listing, inputs: Files) -> None:
        """`listing`: the folder's files that `media_judge(medium)` lets pass."""
        self.medium: MediaKind = medium
        self.schema = pa.schema([(medium, inputs.medium_type), ("path", pa.string())])
        self.inputs = inputs
        self._listing = listing

    @property
    def skipped(self) -> Counter[str]:
        return self._listing.skipped

    def notes(self) -> tuple[str, ...]:
        return self._listing.notes()

    def files(self, known: Sequence[SourceFile] = (), rows: int | None = None) -> tuple[SourceFile, ...]:
        """The files pinned, those `known` and as many others as make `rows`. Raises SourceError for none."""
        listing = self._listing
        before = {file.path: file for file in known}
        if not listing.files and not known:
            raise SourceError(self._nothing())
        wanted = _first(listing.files, before, rows)
        pinned = []
        for found, print_ in zip(wanted, self.inputs.prints(wanted, before, EDGE_BYTES), strict=True):
            if isinstance(print_, OSError):
                listing.skip(NOT_PERMITTED if isinstance(print_, PermissionError) else "unreadable", found.path)
            else:
                pinned.append(SourceFile(found.path, found.size, print_, 1))
        # macOS moves originals to iCloud while nobody looks: a file of this job stays one, and opening fetches it.
        pinned += [file for path, file in before.items() if path in listing.elsewhere]
        return tuple(pinned)

    def _nothing(self) -> str:
        why = "; ".join(self.notes())
        what = "image" if self.medium == "image" else "recording (audio, or video with sound)"
        return f"{self._listing.where} holds no {what}.{f' {why}.' if why else ''} Check source.path."

    def groups(self, file: SourceFile) -> tuple[int, ...]:
        return (1,)


class MediaFile:
    """A media file as a table of one row: its path as on disk under any column but `path`, which is NFC."""

    groups: tuple[int, ...] = (1,)

    def __init__(self, root: Path, path: str) -> None:
        self._root = root
        self._path = path
        self.names: Sequence[str] = ("image", "audio", "path")

    def batches(
        self, start: int, columns: Sequence[str], most_rows: int | None = None
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        values = [self._path if name == "path" else on_disk(self._root, self._path) for name in columns]
        yield 0, pa.RecordBatch.from_arrays([pa.array([value], pa.string()) for value in values], names=list(columns))

    def close(self) -> None:
        """Nothing is open."""


def media_judge(medium: MediaKind) -> Judge:
    """Keeps the files that are, or contain, the medium; says of all others why not."""
    wanted = IMAGE_SUFFIXES if medium == "image" else AUDIO_SUFFIXES | VIDEO_SUFFIXES
    stems: dict[frozenset[str], frozenset[str]] = {}

    def judge(name: str, names: frozenset[str]) -> str | None:
        suffix = suffix_of(name)
        if suffix in wanted:
            return None
        if suffix in VIDEO_SUFFIXES:
            if names not in stems:  # once per folder
                stems.clear()
                stems[names] = frozenset(_stem(other) for other in names if suffix_of(other) in IMAGE_SUFFIXES)
            # IMG_1.HEIC + IMG_1.MOV; inside a Photos library UUID.heic + UUID_3.mov
            stem = _stem(name)
            return "live photo video" if {stem, stem.removesuffix("_3")} & stems[names] else "video"
        if suffix in AUDIO_SUFFIXES:
            return "audio"
        if suffix in IMAGE_SUFFIXES:
            return "image"
        return "sidecar" if suffix in SIDECAR_SUFFIXES else "unknown suffix"

    return judge


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _first(files: Iterable[Found], known: dict[str, SourceFile], rows: int | None) -> list[Found]:
    left = None if rows is None else max(0, rows - len(known))
    wanted = []
    for found in files:
        if found.path not in known:
            if left == 0:
                continue
            left = None if left is None else left - 1
        wanted.append(found)
    return wanted


def on_disk(root: Path, path: str) -> str:
    """How the disk spells an NFC path (Linux tells NFC from NFD). A file that is gone keeps its
    name: opening it will say so."""
    for form in (path, unicodedata.normalize("NFD", path)):
        if os.path.lexists(root / form):
            return form
    spelled = ""
    for part in path.split("/"):
        try:
            names = os.listdir(root / spelled)  # noqa: PTH208 - names, not paths
        except OSError:
            names = []
        match = next((name for name in names if unicodedata.normalize("NFC", name) == part), None)
        if match is None:
            return path
        spelled = f"{spelled}/{match}" if spelled else match
    return spelled


def library_root(path: Path) -> Path:
    """Where a folder's files are: a Photos library keeps them in `originals`."""
    return path / "originals" if path.name.endswith(PHOTOS_LIBRARY) else path
