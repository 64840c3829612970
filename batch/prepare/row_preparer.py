"""One row in a preparer process: its prompt rendered, its media opened, its requests made, its faults named.

What one row does to a decoder stays here, as long as the process lives: a RowError or any other exception becomes
that row's RowFailed.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from batch.ask import Ask, ask, media_columns, metadata_used, request_sampling
from batch.config.job import JobConfig
from batch.errors import BatchError, ModelError, RowError
from batch.faults import VARIABLE, misbehave, parse_faults
from batch.frames.preparer import SegmentFound
from batch.frames.reader import Row
from batch.media.exif import NOTHING, Metadata, read_metadata
from batch.media.image import LoadedImage
from batch.media.segments import Segments
from batch.media.speech import SAMPLE_RATE
from batch.prepare.digest import media_key, request_digest, sound_digest
from batch.prepare.ending import ending
from batch.prepare.row_files import RowFiles
from batch.prepare.tokens import segment_tokens
from batch.prepared import Prepared
from batch.processor import Processor
from batch.records import Flag, RequestKey, RequestRepeated, RowFailed, RowPlanned, Span
from batch.source.table import row_values

Outcome = Prepared | RequestRepeated | RowPlanned | RowFailed
Fields = Mapping[str, Set[str]]  # `exif` or `meta` -> fields of it that templates read


@dataclass(frozen=True, slots=True)
class _Shown:
    """The pictures of each file, and what is known of the files: digests of the images, then of the recordings."""

    files: list[tuple[LoadedImage, ...]]
    digests: list[bytes | None]

    @property
    def pictures(self) -> list[LoadedImage]:
        return [picture for pictures in self.files for picture in pictures]

    @property
    def flags(self) -> tuple[Flag, ...]:
        return tuple(dict.fromkeys(flag for picture in self.pictures for flag in picture.flags))

    def keys(self, soft_tokens: int) -> tuple[bytes, ...]:
        """One per picture, then one per recording."""
        images = [
            media_key(digest, soft_tokens, place)
            for digest, pictures in zip(self.digests, self.files, strict=False)
            for place in range(len(pictures))
        ]
        return (*images, *(media_key(digest, 0, 0) for digest in self.digests[len(self.files) :]))


class _RowMetadata:
    """What a row's first image says of itself, read when the prompt is made; then `flags` says whether any of it
    went there."""

    def __init__(self, file_of: Callable[[Sequence[Any]], tuple[bytes | Path, str] | None], used: Fields) -> None:
        self._file_of = file_of
        self._used = used
        self.flags: tuple[Flag, ...] = ()

    def __call__(self, images: Sequence[Any]) -> Metadata:
        file = self._file_of(images)
        found = read_metadata(*file) if file is not None else NOTHING
        if any(found[name][field] for name, fields in self._used.items() for field in fields):
            self.flags = ("exif_used",)
        return {name: found[name] for name in self._used}


class RowPreparer:
    """Rows of one job -> their requests. Raises ModelError where the model cannot take the job's media."""

    def __init__(
        self,
        config: JobConfig,
        columns: pa.Schema,
        processor: Processor,
        progress: Callable[[], None] = lambda: None,
        found: Callable[[SegmentFound], None] = lambda segment: None,
    ) -> None:
        """`progress` is called whenever a row comes further, `found` with each segment of a recording."""
        self._found = found
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
        self._metadata = metadata_used(config, columns.names)
        self._reuse = config.engine.reuse
        self._files = RowFiles(config, processor, progress)
        self._made: set[bytes] = set()  # digests of what this process has made
        schema = config.prompt.schema_
        self._json_schema = None if schema is None else json.dumps(schema)
        self._faults = parse_faults(os.environ.get(VARIABLE, ""))

    def prepare(self, row: Row, skip: Sequence[int] = ()) -> Iterator[Outcome]:
        """The row's requests but those in `skip`, each as soon as it is ready, then RowPlanned; or a RowFailed
        where it went wrong. A recording that could be heard to some point is planned as far as that, with the error."""
        spans: list[Span] = []
        try:
            if self._faults:
                misbehave(row.row_id, self._faults)
            values = row_values(row.needed, self._columns)
            self._files.begin()
            metadata = _RowMetadata(partial(self._files.first, row), self._metadata)
            asked = ask(self._config, self._media, values, metadata if self._metadata else None)
            if self._config.task == "transcribe":
                yield from self._transcription(row, asked, skip, spans)
            else:
                yield from self._single(row, asked, metadata.flags, skip)
        except RowError as error:
            yield ending(row, spans, error.kind, error.message)
        except BatchError:
            raise
        except MemoryError:
            yield ending(row, spans, "decode_memory", "the row does not fit in prepare.max_memory")
        except Exception as error:  # a decoder may raise anything; it costs this row only
            traceback.print_exc(file=sys.stderr)
            yield ending(row, spans, "undecodable", f"{type(error).__name__}: {error}")

    def _single(self, row: Row, asked: Ask, flags: tuple[Flag, ...], skip: Sequence[int]) -> Iterator[Outcome]:
        """caption, answer: one request with all of the row's media; `flags` are those of its prompt."""
        if 0 not in skip:
            images, clips = self._files.media_of(row, asked.images), self._files.media_of(row, asked.audio)
            digests = [self._files.digest(medium) if self._reuse else None for medium in (*images, *clips)]
            digest = self._digest(row, 0, asked, digests, self._config.sampling.max_tokens)
            if self._known(digest, row):
                yield RequestRepeated(RequestKey(row.shard, row.row, 0), digest)
            else:
                shown = _Shown(
                    [
                        self._files.pictures(medium, asked.soft_tokens, of)
                        for medium, of in zip(images, digests, strict=False)
                    ],
                    digests,
                )
                if self._config.task == "caption" and not shown.pictures:
                    raise RowError("missing_media", "the row's list of images is empty")
                flags = (*shown.flags, *flags)
                heard = [self._files.clip(medium) for medium in clips]
                request = self._request(row, 0, asked, shown.pictures, heard)
                yield self._told(replace(request, media_keys=shown.keys(asked.soft_tokens)), digest)
        yield RowPlanned(row.shard, row.row, 1, flags=flags)

    def _transcription(self, row: Row, asked: Ask, skip: Sequence[int], spans: list[Span]) -> Iterator[Outcome]:
        """One request per segment, while the file is being read; `spans` are those that are ready."""
        media = self._files.media_of(row, asked.audio)
        if not media:
            raise RowError("missing_media", "the row's list of recordings is empty")
        if len(media) > 1:
            raise RowError("unsupported_format", f"the row holds {len(media)} recordings; transcribe takes one a row")
        segments = Segments(
            self._files.opened(media[0]), self._config.media.segment, self._config.media.channel, self._progress
        )
        for segment in segments:
            request = len(spans)
            span = Span(segment.start_s, segment.end_s, segment.flags, segment.speech_s, segment.channel)
            self._found(SegmentFound(row.shard, row.row, request, span))
            if self._faults:
                misbehave(f"{row.row_id}@{request}", self._faults)
            if request not in skip:
                yield self._segment(row, request, asked, segment.samples)
            spans.append(span)
        heard = segments.summary
        yield RowPlanned(
            row.shard, row.row, len(spans), tuple(spans), heard.audio_seconds, heard.speech_seconds, heard.flags
        )

    def _segment(self, row: Row, request: int, asked: Ask, samples: NDArray[np.float32]) -> Prepared | RequestRepeated:
        max_tokens = segment_tokens(self._config, len(samples) / SAMPLE_RATE)
        sound = sound_digest(samples) if self._reuse else None
        digest = self._digest(row, request, asked, [sound], max_tokens)
        if self._known(digest, row):
            return RequestRepeated(RequestKey(row.shard, row.row, request), digest)
        prepared = self._request(row, request, asked, (), [samples])
        return self._told(replace(prepared, media_keys=(sound or b"",)), digest)

    def _digest(
        self, row: Row, request: int, asked: Ask, media: Sequence[bytes | None], max_tokens: int
    ) -> bytes | None:
        if not self._reuse:
            return None
        return request_digest(
            asked.prompt,
            asked.system,
            media,
            soft_tokens=asked.soft_tokens,
            max_tokens=max_tokens,
            sampling=request_sampling(self._config, row.row_id, request, row.variation),
            json_schema=self._json_schema,
        )

    def _known(self, digest: bytes | None, row: Row) -> TypeGuard[bytes]:
        """Whether an equal request came out of this process: it need not be made again."""
        return digest is not None and digest in self._made and not row.anew

    def _told(self, prepared: Prepared, digest: bytes | None) -> Prepared:
        if digest is not None:
            self._made.add(digest)
        return replace(prepared, digest=digest)

    def _request(
        self,
        row: Row,
        request: int,
        asked: Ask,
        images: Sequence[LoadedImage],
        audio: Sequence[NDArray[np.float32]],
    ) -> Prepared:
        transcribing = self._config.task == "transcribe"
        return self._processor.prepare(
            RequestKey(row.shard, row.row, request),
            prompt=asked.prompt,
            system=asked.system,
            images=images,
            audio=audio,
            soft_tokens=asked.soft_tokens,
            max_tokens=segment_tokens(self._config, len(audio[0]) / SAMPLE_RATE)
            if transcribing
            else self._config.sampling.max_tokens,
            sampling=request_sampling(self._config, row.row_id, request, row.variation),
            json_schema=self._json_schema,
        )
