"""Sidecars beside the photos, `photo.jpg.xmp`, that digiKam, darktable and others read."""

from collections import Counter
from pathlib import Path

from batch.errors import OutputError, RowError
from batch.export.described import described
from batch.export.finished import Finished
from batch.export.names import naming_column
from batch.export.wanted import Wanted, Written
from batch.export.xmp_packet import Fields, Unreadable, merge
from batch.export.xmp_receipt import Receipt
from batch.source.folder import MEDIA_SUFFIXES, on_disk
from batch.source.listing import PHOTOS_LIBRARY, suffix_of
from batch.source.medium import media_of
from batch.source.source import media_roots, source_root

SUFFIX = ".xmp"
SHOWN = 3


def write(finished: Finished, wanted: Wanted) -> Written:
    """Raises OutputError for recordings, and for a Photos library without --out: its folder is Photos' own."""
    receipt = Receipt(finished.place / "xmp")
    if wanted.undo:
        return _undo(receipt, wanted)
    if finished.task.name == "transcribe":
        raise OutputError("--to xmp describes pictures, and this job is of recordings. Use srt, vtt or txt")
    out = Path(wanted.out).expanduser() if wanted.out is not None else None
    if out is None and finished.config.source.path and _in_photos_library(Path(finished.config.source.path)):
        raise OutputError(
            f"{finished.config.source.path!r} is a Photos library, where nothing but Photos may write. "
            "Give --out a folder for the sidecars"
        )
    counts: Counter[str] = Counter()
    left: list[str] = []
    column = naming_column(finished)
    columns = [*dict.fromkeys(("row_id", finished.task.column, *(() if column is None else (column,))))]
    for row in finished.rows(columns, every=wanted.every):
        photo = _photo(finished, row["row_id"], None if column is None else row[column])
        if photo is None or row[finished.task.column] is None:
            counts["no file"] += 1
            continue
        target = _beside(photo) if out is None else out / f"{photo.relative_to(_root(finished, photo))}{SUFFIX}"
        try:
            _write_one(receipt, target, described(row[finished.task.column]), wanted, counts)
        except Unreadable as error:
            left.append(f"{target}: {error}")
    files = counts["new"] + counts["merged"]
    notes = tuple(_notes(counts, left, wanted))
    return Written(str(out or "beside the photos"), files + counts["same"], files, notes)


def _write_one(receipt: Receipt, target: Path, fields: Fields, wanted: Wanted, counts: Counter[str]) -> None:
    before = target.read_bytes() if target.exists() else None
    merged = merge(before, fields, ours=receipt.texts(target), replace=wanted.replace)
    counts["kept"] += bool(merged.kept)
    if merged.packet == before:
        counts["same"] += 1
        return
    counts["new" if before is None else "merged"] += 1
    if not wanted.dry_run:
        receipt.replace(target, before, merged.packet, (fields.description, fields.alt_text))


def _undo(receipt: Receipt, wanted: Wanted) -> Written:
    done, left = receipt.undo(dry_run=wanted.dry_run)
    notes = [f"changed by somebody since, left as they are: {len(left)}, such as {left[0]!r}"] if left else []
    where = "would be put back as they were" if wanted.dry_run else "put back as they were"
    return Written(where, done, done, tuple(notes))


def _photo(finished: Finished, row_id: str, named: str | None) -> Path | None:
    """The row's own file; None where it is gone, elsewhere, or the row has none."""
    source = finished.config.source
    path = row_id.rpartition("#")[0]
    if source.is_local and suffix_of(path) in MEDIA_SUFFIXES:
        root = source_root(source)
        found = root / on_disk(root, path)
        return found if found.is_file() else None
    if named is None:
        return None
    try:
        media = media_of(named, roots=media_roots(source, row_id))
    except RowError:
        return None
    return Path(media[0].path) if media and media[0].path is not None else None


def _root(finished: Finished, photo: Path) -> Path:
    roots = media_roots(finished.config.source, "rows#0")
    for root in (*roots, *(root.resolve() for root in roots)):
        if photo.is_relative_to(root):
            return root
    return photo.parent


def _beside(photo: Path) -> Path:
    return photo.with_name(f"{photo.name}{SUFFIX}")


def _in_photos_library(path: Path) -> bool:
    return any(part.endswith(PHOTOS_LIBRARY) for part in path.absolute().parts)


def _notes(counts: Counter[str], left: list[str], wanted: Wanted) -> list[str]:
    would = "would be " if wanted.dry_run else ""
    notes = [f"{would}new: {counts['new']}, {would}merged: {counts['merged']}, as they were: {counts['same']}"]
    if counts["kept"]:
        notes.append(f"with a text of somebody else, which stays: {counts['kept']} (--replace writes ours)")
    if counts["no file"]:
        notes.append(f"rows without a file of their own: {counts['no file']}")
    notes += [f"left alone, {line}" for line in left[:SHOWN]]
    if len(left) > SHOWN:
        notes.append(f"left alone: {len(left)} in all")
    return notes
