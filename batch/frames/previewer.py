"""What the report asks of a previewer process, and what it hears back. Imports nothing of ours."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """The first frame to a previewer. `config` is a JobConfig as JSON, its media columns chosen; files are written
    into `folder`; a picture fits `side_px` x `side_px`."""

    config: str
    folder: str
    side_px: int


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row of the source. `stretches`: the parts of its recording that are wanted, in seconds from its begin."""

    path: str
    position: int
    stretches: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewTask:
    """Thumbnails of some rows, or one recording's clips: files whose names begin with `name`. `skip`: rows (by their
    place in `rows`) that cost a process."""

    number: int
    name: str
    medium: Literal["image", "audio"]
    rows: tuple[PreviewRow, ...]
    skip: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewBegun:
    """This row of the task is in work; said again as it comes further."""

    number: int
    row: int


@dataclass(frozen=True, slots=True)
class PreviewThumbnail:
    """A picture: the `row` of the task it belongs to, its place among the task's files, its size in pixels."""

    row: int
    file: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PreviewMedium:
    """What became of a row's media. `digest` tells different media apart; `original` is the file's path, where it is a
    file; `error` says why there is no preview."""

    row: int
    digest: str | None = None
    original: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """A file written into the folder."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class PreviewDone:
    """The end of a task. Clips are a file for each stretch, in order; there are none where all failed."""

    number: int
    files: tuple[PreviewFile, ...]
    thumbnails: tuple[PreviewThumbnail, ...]
    media: tuple[PreviewMedium, ...]
