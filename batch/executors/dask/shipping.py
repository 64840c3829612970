"""Rows that travel with their assignment, for nodes that cannot read the source, and the media files they name.

Rows go as the reader would have given them on the node, media bytes in them included; files under the names rows know
them by. The node keeps both in a folder of its own until their assignment has ended. packing.py makes shipments.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from batch.config.job import JobConfig
from batch.reading.shipped import rows_file
from batch.source.source import source_root


@dataclass(frozen=True)
class Shipment:
    """`rows`: frames of Row and RowFailed, and of RowsEnded where no more could be read. `files`: contents by path in
    the node's folder."""

    rows: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return len(self.rows) + sum(map(len, self.files.values()))


def shipped_folders(config: JobConfig) -> dict[Path, str]:
    """Folders here whose files may travel, and what each is called in the node's folder. The last name stays, as it
    may be a photo's album."""
    folders = [source_root(config.source)] if config.source.is_local else []
    folders += [] if config.source.media_root is None else [Path(config.source.media_root).absolute()]
    return {folder: f"{index}/{folder.name or 'root'}" for index, folder in enumerate(dict.fromkeys(folders))}


def rooted(config: JobConfig) -> JobConfig:
    """The job with its source's root in place of one file of it, or of a pattern: that is what a node has."""
    if not config.source.is_local:
        return config
    return config.model_copy(
        update={"source": config.source.model_copy(update={"path": str(source_root(config.source))})}
    )


class ShippedFolder:
    """What came with the assignments in work, where a worker finds it. A file that several name stays until the last
    of them has ended."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gemma4-batch-")
        self.path = Path(self._folder.name)
        self._named: Counter[str] = Counter()

    def keep(self, shard: int, shipment: Shipment) -> None:
        """Raises ValueError for a name that leads out of the folder."""
        for name, content in shipment.files.items():
            path = self.path / name
            if not path.resolve().is_relative_to(self.path.resolve()):
                raise ValueError(f"{name!r} leads out of the folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._named[name]:
                path.write_bytes(content)
            self._named[name] += 1
        rows_file(self.path, shard).write_bytes(shipment.rows)

    def drop(self, shard: int, shipment: Shipment) -> None:
        rows_file(self.path, shard).unlink(missing_ok=True)
        for name in shipment.files:
            self._named[name] -= 1
            if not self._named[name]:
                (self.path / name).unlink(missing_ok=True)

    def close(self) -> None:
        self._folder.cleanup()
