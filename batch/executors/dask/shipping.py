"""Media files that travel with the assignment, for nodes that cannot read the source: a folder of media, no tables.

The node keeps them in a folder of its own, under the names that rows know them by, until their assignment has ended.
"""

from collections.abc import Mapping
from pathlib import Path

from batch.errors import ConfigError
from batch.records import Assignment, Slice
from batch.source.folder import on_disk

MOST_ROWS = 32  # an assignment with its files is one message: 32 photos are about 150 MB at the most


def check(source: str | None) -> Path:
    """The folder. Raises ConfigError for a source whose media cannot be sent."""
    if source is None or not Path(source).is_dir():
        raise ConfigError(
            f"executor.ship_media: the source is {source!r}, and only media files in a folder can be sent. "
            "Give the nodes access to it instead (a shared folder with executor.path_map, or a dataset on the Hub)"
        )
    return Path(source)


def packed(folder: Path, assignment: Assignment) -> dict[str, bytes]:
    """The wanted rows' files and their sidecars, by their path in the source. One that is gone is left out: the node
    then says so of its row."""
    files: dict[str, bytes] = {}
    for row in assignment.rows:
        path = _slice(assignment, row).path
        found = folder / on_disk(folder, path)
        for name in (found, found.with_name(f"{found.name}.xmp"), found.with_suffix(".xmp")):
            if name.is_file():
                files[str(Path(path).with_name(name.name))] = name.read_bytes()
    return files


def _slice(assignment: Assignment, row: int) -> Slice:
    """A media folder's shard has one slice for each row."""
    return assignment.shard.slices[row]


def unpack(folder: Path, files: Mapping[str, bytes]) -> None:
    """Raises ValueError for a name that leads out of the folder."""
    for name, content in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name!r} leads out of the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def remove(folder: Path, files: Mapping[str, bytes]) -> None:
    for name in files:
        (folder / name).unlink(missing_ok=True)
