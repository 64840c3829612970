"""Whether this machine has the files that another one planned a job with."""

from collections.abc import Sequence

from batch.config.sections import SourceConfig
from batch.errors import SourceError
from batch.records import SourceFile
from batch.source.folder import EDGE_BYTES as MEDIUM_EDGE_BYTES
from batch.source.folder import MEDIA_SUFFIXES, on_disk
from batch.source.listing import EDGE_BYTES, fingerprint, same_content, suffix_of
from batch.source.source import source_root

LOOKED_AT = 8


def some_of(files: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
    """A few, spread over all of them."""
    count = min(LOOKED_AT, len(files))
    return tuple(files[index * len(files) // count] for index in range(count))


def check_same(config: SourceConfig, files: Sequence[SourceFile]) -> None:
    """Of a source in a folder; a dataset or an address is the same everywhere. Raises SourceError for the first file
    that is not here, or another."""
    if not config.is_local:
        return
    root = source_root(config)
    for file in files:
        path = root / on_disk(root, file.path)
        edge_bytes = MEDIUM_EDGE_BYTES if suffix_of(file.path) in MEDIA_SUFFIXES else EDGE_BYTES
        try:
            found = path.stat()
            print_ = fingerprint(path, found.st_size, found.st_mtime_ns, edge_bytes)
        except OSError as error:
            raise SourceError(f"{str(path)!r} cannot be read on this machine ({error.strerror}). {ADVICE}") from error
        if not same_content(file, SourceFile(file.path, found.st_size, print_, file.rows)):
            raise SourceError(
                f"{str(path)!r} on this machine is another file than the job was planned with ({found.st_size} bytes "
                f"here, {file.size} there, or other content). {ADVICE}"
            )


ADVICE = "Mount the same folder here, say where it is (executor.path_map), or send the media (executor.ship_media)"
