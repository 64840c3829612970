"""A preparer process: rows in, requests ready for the engine out. Decoders run here and nowhere else.

What one row does to a decoder stays here: a RowError or any other exception becomes that row's
RowFailed; a crash, a hang or a flood of memory is the pool's to answer (pool.py).
"""

import json
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from batch.ask import Ask, ask, media_columns, request_sampling
from batch.child import Parent
from batch.config.job import JobConfig
from batch.errors import BatchError, ModelError, RowError
from batch.media.fetch import fetch
from batch.media.image import ImageLimits, LoadedImage, load
from batch.media.segments import Segments
from batch.prepare.arena import INLINE_BYTES, put
from batch.prepare.faults import VARIABLE, misbehave, parse_faults
from batch.prepare.memory import limit_growth
from batch.processor import Processor, open_processor
from batch.records import (
    ArenaFree,
    Flag,
    Prepared,
    PreparerJob,
    PrepareRow,
    PreparerProgress,
    PreparerReady,
    RequestKey,
    Row,
    RowFailed,
    RowPlanned,
    Span,
    WorkerFailed,
)
from batch.source.source import Media, media_of, media_roots, row_values

CELL_PX = 48  # a soft token is a cell of 48 x 48 pixels
FETCH_SHARE = 0.8  # of prepare.timeout_s, so that a slow server is a fetch_failed and not a hang
PROGRESS_S = 0.25
ADDRESS_SPACE_MARGIN = 1024**3  # thread stacks and mapped files, beyond what max_memory means

Outcome = Prepared | RowPlanned | RowFailed


@dataclass(frozen=True, slots=True)
class _Pictures:
    images: tuple[LoadedImage, ...]

    @property
    def flags(self) -> tuple[Flag, ...]:
        return tuple(dict.fromkeys(flag for image in self.images for flag in image.flags))


class RowPreparer:
    """Rows of one job -> their requests. Raises ModelError where the model cannot take the job's media."""

    def __init__(
        self, config: JobConfig, columns: pa.Schema, processor: Processor, progress: Callable[[], None] = lambda: None
    ) -> None:
        """`progress` is called whenever a row comes further."""
        self._config = config
        self._columns = columns
        self._processor = processor
        self._progress = progress
        self._media = media_columns(config, columns.names)
        for medium, names in self._media.items():
            if names and medium not in processor.modalities():
                raise ModelError(
                    f"model {config.model.path!r} has no {medium} tower, and the job reads {medium} from column "
                    f"{', '.join(names)}. Use another model, or set source.{medium}_column: []."
                )
        self._limits = ImageLimits(config.media.max_pixels, config.media.max_bytes, config.media.accept_truncated)
        schema = config.prompt.schema_
        self._json_schema = None if schema is None else json.dumps(schema)
        self._faults = parse_faults(os.environ.get(VARIABLE, ""))

    def prepare(self, row: Row, skip: Sequence[int] = ()) -> Iterator[Outcome]:
        """The row's requests but those in `skip`, each as soon as it is ready, then RowPlanned; or a RowFailed
        where it went wrong."""
        try:
            if self._faults:
                misbehave(row.row_id, self._faults)
            asked = ask(self._config, self._media, row_values(row.needed, self._columns))
            if self._config.task == "transcribe":
                yield from self._transcription(row, asked, skip)
            else:
                yield from self._single(row, asked, skip)
        except RowError as error:
            yield RowFailed(row.shard, row.row, error.kind, error.message)
        except BatchError:
            raise
        except MemoryError:
            yield RowFailed(row.shard, row.row, "decode_memory", "the row does not fit in prepare.max_memory")
        except Exception as error:  # a decoder may raise anything; it costs this row only
            traceback.print_exc(file=sys.stderr)
            yield RowFailed(row.shard, row.row, "undecodable", f"{type(error).__name__}: {error}")

    def _single(self, row: Row, asked: Ask, skip: Sequence[int]) -> Iterator[Outcome]:
        """caption, answer: one request with all of the row's media."""
        flags: tuple[Flag, ...] = ()
        if 0 not in skip:
            pictures = _Pictures(tuple(map(self._load, self._media_of(row, asked.images))))
            if self._config.task == "caption" and not pictures.images:
                raise RowError("missing_media", "the row's list of images is empty")
            clips = [self._clip(medium) for medium in self._media_of(row, asked.audio)]
            flags = pictures.flags
            yield self._request(row, 0, asked, pictures.images, clips)
        yield RowPlanned(row.shard, row.row, 1, flags=flags)

    def _transcription(self, row: Row, asked: Ask, skip: Sequence[int]) -> Iterator[Outcome]:
        """One request per segment, while the file is being read."""
        media = self._media_of(row, asked.audio)
        if not media:
            raise RowError("missing_media", "the row's list of recordings is empty")
        if len(media) > 1:
            raise RowError("unsupported_format", f"the row holds {len(media)} recordings; transcribe takes one a row")
        segments = Segments(
            self._opened(media[0]), self._config.media.segment, self._config.media.channel, self._progress
        )
        spans: list[Span] = []
        for segment in segments:
            if len(spans) not in skip:
                yield self._request(row, len(spans), asked, (), [segment.samples])
            spans.append(Span(segment.start_s, segment.end_s, segment.flags))
        heard = segments.summary
        yield RowPlanned(
            row.shard, row.row, len(spans), tuple(spans), heard.audio_seconds, heard.speech_seconds, heard.flags
        )

    def _request(
        self,
        row: Row,
        request: int,
        asked: Ask,
        images: Sequence[LoadedImage],
        audio: Sequence[NDArray[np.float32]],
    ) -> Prepared:
        return self._processor.prepare(
            RequestKey(row.shard, row.row, request),
            prompt=asked.prompt,
            system=asked.system,
            images=images,
            audio=audio,
            soft_tokens=self._config.media.soft_tokens,
            max_tokens=self._config.sampling.max_tokens,
            sampling=request_sampling(self._config, row.row_id, request),
            json_schema=self._json_schema,
        )

    def _media_of(self, row: Row, values: Sequence[Any]) -> list[Media]:
        source = self._config.source
        roots = media_roots(source, row.row_id) if values else ()
        return [medium for value in values for medium in media_of(value, roots=roots, allow_hosts=source.allow_hosts)]

    def _opened(self, medium: Media) -> bytes | Path:
        if medium.url is not None:
            body = fetch(
                medium.url,
                allow_hosts=self._config.source.allow_hosts,
                max_bytes=self._config.media.max_bytes,
                timeout_s=FETCH_SHARE * self._config.prepare.timeout_s,
            )
            self._progress()
            return body
        return medium.data if medium.data is not None else Path(medium.path or "")

    def _load(self, medium: Media) -> LoadedImage:
        loaded = load(self._opened(medium), self._limits, target_pixels=self._config.media.soft_tokens * CELL_PX**2)
        self._progress()
        return loaded

    def _clip(self, medium: Media) -> NDArray[np.float32]:
        """A whole recording as one clip. Raises RowError audio_too_long over 30 s."""
        (segment,) = Segments(self._opened(medium), "off", self._config.media.channel)
        return segment.samples


class _Progress:
    """Tells the parent of progress, every PROGRESS_S at most."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._told = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._told > PROGRESS_S:
            self._told = now
            self._parent.send(PreparerProgress())


class _Inbox:
    """Rows in order, and the word that the arena is free; the two arrive in one stream."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._rows: deque[PrepareRow] = deque()
        self.arena_free = True

    def row(self) -> PrepareRow:
        while not self._rows:
            self._hear()
        return self._rows.popleft()

    def wait_for_arena(self) -> None:
        """Until the parent has copied out what lies there."""
        while not self.arena_free:
            self._hear()

    def _hear(self) -> None:
        match self._parent.receive(None):
            case PrepareRow() as task:
                self._rows.append(task)
            case ArenaFree():
                self.arena_free = True


def serve(parent: Parent, arguments: list[str]) -> None:
    """The process: takes a PreparerJob, says PreparerReady, then answers row after row, in order."""
    arena = int(arguments[0])
    job = parent.receive(None)
    if not isinstance(job, PreparerJob):
        raise TypeError(f"the first frame to a preparer is its PreparerJob, not {type(job).__name__}")
    try:
        config = JobConfig.model_validate_json(job.config)
        columns = pa.ipc.read_schema(pa.py_buffer(job.needed_schema))
        preparer = RowPreparer(config, columns, open_processor(job.model_path), _Progress(parent))
        limit_growth(2 * config.prepare.max_memory + ADDRESS_SPACE_MARGIN)
        parent.send(PreparerReady())
        _answer(parent, arena, preparer)
    except BatchError as error:
        parent.send(WorkerFailed(type(error).__name__, str(error)))


def _answer(parent: Parent, arena: int, preparer: RowPreparer) -> None:
    inbox = _Inbox(parent)
    while True:
        task = inbox.row()
        small: list[object] = []  # what goes in one write
        for outcome in preparer.prepare(task.row, task.skip):
            if not isinstance(outcome, Prepared):
                small.append(outcome)
                continue
            if outcome.nbytes > INLINE_BYTES:
                inbox.wait_for_arena()
            small.append(header := put(outcome, arena))
            if header.data is None:  # the parent can copy while we go on
                inbox.arena_free = False
                parent.send(*small)
                small.clear()
        if small:
            parent.send(*small)
