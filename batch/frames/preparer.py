"""What a worker asks of a preparer process, and what it hears back, beside the records of records.py."""

from dataclasses import dataclass

from batch.frames.reader import Row
from batch.prepared import Sampling
from batch.records import Flag, RequestKey, Span


@dataclass(frozen=True, slots=True)
class PreparerJob:
    """The first frame to a preparer. Fields as in WorkerJob."""

    config: str
    model_path: str
    needed_schema: bytes


@dataclass(frozen=True, slots=True)
class PreparerReady:
    """The preparer has loaded its processor and waits for rows."""


@dataclass(frozen=True, slots=True)
class PrepareRow:
    """A row for a preparer; `skip` are requests already finished."""

    row: Row
    skip: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparerProgress:
    """The row in work has come further, though it has nothing to show yet (hours of silence, a download)."""


@dataclass(frozen=True, slots=True)
class SegmentFound:
    """The recording in work has this segment; said before its request is made, and also where that is skipped. What
    the pool has of them is what it can plan when the recording costs the preparer."""

    shard: int
    row: int
    request: int
    span: Span


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PreparedHeader:
    """A Prepared without its arrays: token ids first, then `images` images, then audio. Their bytes, one
    after the other, are `data`, or lie in the preparer's arena where `data` is null."""

    key: RequestKey
    arrays: tuple[ArrayHeader, ...]
    images: int
    max_tokens: int
    sampling: Sampling
    json_schema: str | None
    flags: tuple[Flag, ...]
    data: bytes | None
    digest: bytes | None = None
    media_keys: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ArenaFree:
    """The worker has copied out what lay in the arena; the preparer may write again."""
