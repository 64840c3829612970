"""What a local path holds: tables, media, or a folder `datasets` wrote. One decision, explained when refused."""

import json
import os
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from batch.errors import ConfigError, SourceError
from batch.source.conversion import TEXT_SUFFIXES
from batch.source.files import Files
from batch.source.folder import (
    AUDIO_SUFFIXES,
    IMAGE_SUFFIXES,
    MEDIA_SUFFIXES,
    VIDEO_SUFFIXES,
    FolderSource,
    MediaKind,
    media_judge,
)
from batch.source.listing import NOT_UTF8, SIDECAR_SUFFIXES, Found, Listing, is_utf8, list_folder, suffix_of
from batch.source.local import LocalFiles
from batch.source.split import choose_split, splits
from batch.source.tables import (
    ALL_SUFFIXES,
    METADATA_NAMES,
    TABLE_SUFFIXES,
    TableSource,
    names_files,
    own_names,
    saved_files,
)

METADATA_ENDINGS = tuple(METADATA_NAMES)


def open_files(
    root: Path, names: Sequence[str], split: str | None, medium: MediaKind | None, shown: str
) -> TableSource | FolderSource:
    listing = Listing(str(root))
    for name in names:
        if not is_utf8(name):
            listing.skip(NOT_UTF8, name)  # as of a folder
            continue
        found = (root / name).stat()
        listing.files.append(
            Found(unicodedata.normalize("NFC", name), name.replace(os.sep, "/"), found.st_size, found.st_mtime_ns)
        )
    if not listing.files:
        raise SourceError(f"source.path {shown!r}: no file has a name of UTF-8. Rename them.")
    listing.files.sort()
    return _chosen(listing, LocalFiles(root), split, medium, shown)


def open_remote(url: str, split: str | None, medium: MediaKind | None) -> TableSource | FolderSource:
    """What lies at a URL: one file, those that fit a pattern, or all below a folder."""
    from batch.source.remote import RemoteFiles  # late: fsspec, which local jobs never need

    files = RemoteFiles(url)
    if files.store.is_file or files.store.has_pattern:
        listing = files.listing(lambda name, names: None)
        if not listing.files:
            raise SourceError(f"source.path {url!r} matches no file. Check the pattern.")
        return _chosen(listing, files, split, medium, url)
    everything = files.listing(_tables_and_media)
    if not everything.files:
        why = "; ".join(everything.notes())
        raise SourceError(
            f"source.path {url!r} holds no file that is read.{f' {why}.' if why else ''} Check the address."
        )
    return _sorted_out(everything, files, split, medium)


def _chosen(
    listing: Listing, files: Files, split: str | None, medium: MediaKind | None, shown: str
) -> TableSource | FolderSource:
    """Of files that a person chose: all are tables, or all media."""
    suffixes = {suffix_of(found.path) for found in listing.files}
    if suffixes <= ALL_SUFFIXES:
        return TableSource(_of_split(listing, split, shown), files)
    if suffixes & MEDIA_SUFFIXES and not suffixes & ALL_SUFFIXES:
        return _media_source(listing, files, medium, split)
    unknown = sorted(suffixes - ALL_SUFFIXES - MEDIA_SUFFIXES)
    what = (
        f"files of a kind that is not read ({', '.join(map(repr, unknown))})" if unknown else "tables and media mixed"
    )
    raise SourceError(f"source.path {shown!r}: {what}. Tables end in {', '.join(sorted(ALL_SUFFIXES))}.")


def open_folder(
    root: Path, split: str | None, output: Path | None, medium: MediaKind | None
) -> TableSource | FolderSource:
    if (root / "dataset_dict.json").is_file() or (root / "state.json").is_file():
        return _saved(root, split)
    everything = list_folder(root, _tables_and_media, leave_out=output)
    described = [
        found
        for found in everything.files
        if found.on_disk.endswith(METADATA_ENDINGS) and names_files(root / found.on_disk)
    ]
    return _sorted_out(everything, LocalFiles(root), split, medium, described)


def _sorted_out(
    everything: Listing, files: Files, split: str | None, medium: MediaKind | None, described: Sequence[Found] = ()
) -> TableSource | FolderSource:
    """Of a folder: its tables, or its media. `described`: tables that name the media beside them."""
    tables = list(described) or _tables(everything, medium)
    if not tables:
        return _media_source(everything, files, medium, split)
    for found_file in set(everything.files) - set(tables):
        everything.skip("beside tables", found_file.path)
    of_files = medium or _medium(everything) if described else None
    everything.files = tables
    return TableSource(_of_split(everything, split, everything.where), files, of_files)


def _tables_and_media(name: str, names: frozenset[str]) -> str | None:
    suffix = suffix_of(name)
    if suffix in ALL_SUFFIXES or suffix in MEDIA_SUFFIXES:
        return None
    return "sidecar" if suffix in SIDECAR_SUFFIXES else "unknown suffix"


def _tables(listing: Listing, medium: MediaKind | None) -> list[Found]:
    """The files that are the rows' tables; none where the folder is one of media.

    JSON and CSV beside media are taken for a table only where rows need a prompt (`medium` None) and the file
    lies on top; single .json files beside media are sidecars. Raises SourceError where only a person can tell.
    """
    by_suffix: defaultdict[str, list[Found]] = defaultdict(list)
    for found in listing.files:
        by_suffix[suffix_of(found.path)].append(found)
    media = any(suffix in _suffixes(medium) for suffix in by_suffix)
    columnar = [found for suffix in TABLE_SUFFIXES for found in by_suffix[suffix]]
    if columnar and media and medium is not None:
        raise SourceError(
            f"{listing.where} holds both tables ({columnar[0].path!r}) and media: say which with a pattern, such as "
            f"source.path: {f'{listing.where}/**/*{suffix_of(columnar[0].path)}'!r}"
        )
    for group in (TABLE_SUFFIXES[:2], TABLE_SUFFIXES[2:], (".jsonl", ".ndjson"), (".csv", ".tsv"), (".json",)):
        files = sorted(found for suffix in group for found in by_suffix[suffix])
        if media and group[0] in TEXT_SUFFIXES:
            files = [found for found in files if medium is None and "/" not in found.path and group[0] != ".json"]
        if files:
            return files
    return []


def _suffixes(medium: MediaKind | None) -> frozenset[str]:
    if medium is None:
        return MEDIA_SUFFIXES
    return IMAGE_SUFFIXES if medium == "image" else AUDIO_SUFFIXES | VIDEO_SUFFIXES


def _medium(listing: Listing) -> MediaKind:
    return "image" if any(suffix_of(found.path) in IMAGE_SUFFIXES for found in listing.files) else "audio"


def _media_source(listing: Listing, files: Files, medium: MediaKind | None, split: str | None) -> FolderSource:
    if split is not None:
        raise ConfigError(f"source.split is {split!r}: {listing.where} is a plain folder of media, which has no splits")
    medium = medium or _medium(listing)
    folders: defaultdict[str, list[Found]] = defaultdict(list)
    for found in listing.files:
        folders[os.path.dirname(found.on_disk)].append(found)  # noqa: PTH120 - a hundred thousand of them
    judge = media_judge(medium)
    kept = []
    for some in folders.values():
        names = frozenset(os.path.basename(found.on_disk) for found in some)  # noqa: PTH119
        for found in some:
            reason = judge(os.path.basename(found.on_disk), names)  # noqa: PTH119
            if reason is None:
                kept.append(found)
            else:
                listing.skip(reason, found.path)
    listing.files = sorted(kept)
    return FolderSource(medium, listing, files)


def _of_split(listing: Listing, split: str | None, where: str) -> Listing:
    """The tables of one split; of all where none is asked for."""
    if split is not None:
        names = set(choose_split(splits(found.path for found in listing.files), split, where)[1])
        listing.files = [found for found in listing.files if found.path in names]
    return listing


def _saved(root: Path, split: str | None) -> TableSource:
    """A folder `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote."""
    prefix = ""
    if (root / "dataset_dict.json").is_file():
        try:
            content = json.loads((root / "dataset_dict.json").read_text(encoding="utf-8"))
            names = own_names(content["splits"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise SourceError(f"{root / 'dataset_dict.json'} is damaged: {error}.") from error
        split = choose_split({name: [name] for name in names}, split, str(root))[0]
        prefix = f"{split}/"
    listing = Listing(str(root))
    for name in saved_files(root / prefix):
        path = root / (prefix + name)
        try:
            found = path.stat()
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}. Save the dataset again.") from error
        listing.files.append(Found(prefix + name, prefix + name, found.st_size, found.st_mtime_ns))
    return TableSource(listing, LocalFiles(root))
