"""What a job reads: decides what kind of source a config names, and opens it.

`open_source` is for planning (it lists); `open_inputs` and `open_reader` are for workers (they list
nothing). Neither knows the job's task, ledger or output.
"""

import glob
import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa

from batch.config.sections import SourceConfig
from batch.errors import ConfigError, SourceError
from batch.records import SourceFile
from batch.source.discovery import open_files, open_folder, open_remote
from batch.source.folder import MEDIA_SUFFIXES, library_root
from batch.source.listing import ADVICE, NOT_PERMITTED, suffix_of
from batch.source.local import LocalFiles
from batch.source.reader import RowReader
from batch.source.table import Inputs


class Source(Protocol):
    """A pinned listing of input files. `kind`: parquet, arrow, folder or hub."""

    @property
    def kind(self) -> str: ...

    @property
    def inputs(self) -> Inputs:
        """Opens the files for reading rows."""

    @property
    def schema(self) -> pa.Schema:
        """All columns, in plain types (a media folder's: `image` or `audio`, and `path`)."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """What a folder's listing left out: reason -> count."""

    def notes(self) -> tuple[str, ...]:
        """What a person should know of the listing."""

    def files(self, known: Sequence[SourceFile] = (), rows: int | None = None) -> tuple[SourceFile, ...]:
        """Files in stable order: those `known` that are there, as they are now, and others until `rows` rows."""

    def groups(self, file: SourceFile) -> tuple[int, ...]:
        """Rows of each row group."""


def open_source(
    config: SourceConfig,
    *,
    output_path: Path | str | None = None,
    shard_media: Literal["image", "audio"] | None = None,
) -> Source:
    """The source a config names. `shard_media`: which files of a media folder are rows; None for images
    if there are any, else audio. Raises SourceError or ConfigError."""
    if config.dataset is not None:
        from batch.source.hub import HubSource  # late: huggingface_hub takes half a second, local jobs never need it

        return HubSource(config.dataset, config.config, config.split, config.revision)
    if config.config is not None:
        raise ConfigError(f"source.config is {config.config!r}: it needs source.dataset; a path has no configurations")
    if not config.is_local:
        return open_remote(config.path or "", config.split, shard_media)
    try:
        return _open_path(config, None if output_path is None else Path(output_path), shard_media)
    except OSError as error:
        hint = f" To do: {ADVICE[NOT_PERMITTED][2:]}." if isinstance(error, PermissionError) else ""
        raise SourceError(f"source.path {config.path!r} cannot be read: {error.strerror}.{hint}") from error


def _open_path(config: SourceConfig, output: Path | None, medium: Literal["image", "audio"] | None) -> Source:
    path = Path(os.path.abspath(config.path or ""))  # noqa: PTH100 - resolves no links, unlike Path.resolve
    if output is not None and os.path.realpath(output) == os.path.realpath(path):
        raise ConfigError(f"output.path and source.path are both {str(path)!r}: write into another folder")
    root = source_root(config)
    if path.is_dir():
        return open_folder(root, config.split, output, medium)
    if path.exists():
        return open_files(root, [path.name], config.split, medium, str(path))
    if not glob.has_magic(str(path)):
        raise SourceError(f"source.path {str(path)!r} does not exist.{_nearest(path)} Check the spelling.")
    found = glob.glob(str(path.relative_to(root)), root_dir=root, recursive=True)  # noqa: PTH207 - one with root_dir
    names = [name for name in found if (root / name).is_file()]
    if not names:
        raise SourceError(f"source.path {str(path)!r} matches no file. Check the pattern.")
    return open_files(root, names, config.split, medium, str(path))


def source_root(config: SourceConfig) -> Path:
    """The folder that row paths of a local source are relative to. Lists nothing."""
    path = Path(os.path.abspath(config.path or ""))  # noqa: PTH100
    if path.is_dir():
        return library_root(path)
    if path.exists():
        return path.parent
    fixed = Path(path.anchor)
    for part in path.parts[1:-1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def open_inputs(config: SourceConfig) -> Inputs:
    """Opens files by row path. A Hub dataset's `revision` should be the commit the plan pinned."""
    if config.dataset is not None:
        from batch.source.hub import HubFiles  # late, as above

        return HubFiles(config.dataset, config.revision)
    if not config.is_local:
        from batch.source.remote import RemoteFiles  # late: fsspec, which local jobs never need

        return RemoteFiles(config.path or "")
    return LocalFiles(source_root(config))


def open_reader(config: SourceConfig, needed: bytes, kept: bytes, most_rows: int | None = None) -> RowReader:
    """The reader of a worker; schemas as Arrow IPC bytes (records.WorkerJob). `most_rows`: see RowReader."""
    columns, more = (pa.ipc.read_schema(pa.py_buffer(schema)) for schema in (needed, kept))
    return RowReader(open_inputs(config), columns, more, most_rows)


def media_roots(config: SourceConfig, row_id: str) -> tuple[Path, ...]:
    """The folders a row's media paths may lead to: its file's, the source's, and source.media_root."""
    roots = [Path(config.media_root)] if config.media_root is not None else []
    if config.is_local:
        root = source_root(config)
        path = row_id.rpartition("#")[0]
        own = () if suffix_of(path) in MEDIA_SUFFIXES else ((root / path).parent,)
        roots = [*own, root, *roots]
    return tuple(dict.fromkeys(roots))


def _nearest(path: Path) -> str:
    parent = next(folder for folder in path.parents if folder.is_dir())
    try:
        near = get_close_matches(path.relative_to(parent).parts[0], os.listdir(parent), n=1)  # noqa: PTH208
    except OSError:
        near = []
    return f" Did you mean {str(parent / near[0])!r}?" if near else ""
