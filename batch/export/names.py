"""Names for files made of rows: the source's tree mirrored, no two alike on any disk, none outside the folder."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from batch.export.finished import Finished
from batch.source.folder import MEDIA_SUFFIXES
from batch.source.listing import suffix_of

LONGEST_BYTES = 200  # of one name; disks allow 255, and suffixes come on top
NAMING = ("file_name", "path", "image", "audio")


def row_names(finished: Finished) -> dict[str, str]:
    """row_id -> the media file it stands for, as a relative path. Of a table that names no files: its own name and
    the row's position. Two rows may have the same one."""
    column = naming_column(finished)
    columns = ["row_id"] if column is None else ["row_id", column]
    return {
        row["row_id"]: media_name(row["row_id"], row[column] if column is not None else None)
        for row in finished.rows(columns, every=True)
    }


def naming_column(finished: Finished) -> str | None:
    """The kept column that says which file a row was, where one does."""
    source = finished.config.source
    own = (*(source.image_column or ()), *(source.audio_column or ()))
    text = {field.name for field in finished.schema if str(field.type) in ("string", "large_string")}
    return next((name for name in (*own, *NAMING) if name in text), None)


def media_name(row_id: str, named: str | None) -> str:
    """A relative path without `..`, whatever the row says."""
    path, _, position = row_id.rpartition("#")
    if suffix_of(path) in MEDIA_SUFFIXES:
        return _inside(path)
    if named and not named.startswith("data:") and (found := _inside(named)):
        return found
    stem = _inside(str(PurePosixPath(path).with_suffix(""))) if path else ""
    return f"{stem or 'rows'}/{int(position or 0):07d}"


def _inside(name: str) -> str:
    if "://" in name:
        address = urlsplit(name)
        name = f"{address.hostname or ''}/{address.path}"
    pieces = [piece for piece in name.replace("\\", "/").split("/") if piece not in ("", ".", "..")]
    return "/".join(map(_short, pieces))


def _short(piece: str) -> str:
    piece = "".join("_" if ord(character) < 32 or character in ':*?"<>|' else character for character in piece)
    if len(piece.encode()) <= LONGEST_BYTES:
        return piece
    digest = hashlib.sha256(piece.encode()).hexdigest()[:12]
    kept = piece.encode()[: LONGEST_BYTES - 32].decode(errors="ignore")
    return f"{kept}-{digest}{suffix_of(piece)[:16]}"


def file_names(names: dict[str, str], suffix: str) -> dict[str, str]:
    """row_id -> a file of its own. `a.jpg` becomes `a<suffix>`, or `a.jpg<suffix>` where another row would be
    `a<suffix>` too, or that with a number."""
    taken = set(_folders(names.values()))
    short = {row: f"{_stem(name)}{suffix}" for row, name in names.items()}
    uses = Counter(_key(name) for name in short.values())
    found: dict[str, str] = {}
    for row, name in short.items():
        if uses[_key(name)] == 1 and _key(name) not in taken:
            taken.add(_key(name))
            found[row] = name
    for row, name in names.items():
        if row not in found:
            found[row] = _free(name, suffix, taken)
            taken.add(_key(found[row]))
    return found


def picture_names(names: dict[str, str]) -> dict[str, str]:
    """row_id -> a file of its own under the picture's whole name; a number before the suffix where it is not unique."""
    taken = set(_folders(names.values()))
    found: dict[str, str] = {}
    for row, name in names.items():
        suffix = suffix_of(name)
        stem, candidate, number = name[: len(name) - len(suffix)], name, 1
        while _key(candidate) in taken:
            number += 1
            candidate = f"{stem}-{number}{suffix}"
        taken.add(_key(candidate))
        found[row] = candidate
    return found


def _free(name: str, suffix: str, taken: set[str]) -> str:
    candidate, number = f"{name}{suffix}", 1
    while _key(candidate) in taken:
        number += 1
        candidate = f"{name}-{number}{suffix}"
    return candidate


def _folders(names: Iterable[str]) -> Iterable[str]:
    """Names that folders of the tree have: no file can have them."""
    for name in names:
        parent = name.rpartition("/")[0]
        while parent:
            yield _key(parent)
            parent = parent.rpartition("/")[0]


def _stem(name: str) -> str:
    suffix = suffix_of(name)
    return name[: -len(suffix)] if suffix in MEDIA_SUFFIXES else name


def _key(name: str) -> str:
    """Names that a Mac's disk takes for the same have the same one."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFC", name).casefold())
