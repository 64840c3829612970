"""The files a row names: where they are, what they hold, and one step of memory between rows.

Opens media of one job within its limits. The last picture is kept as it was decoded, because rows that ask about the
same one mostly follow each other.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch.config.job import JobConfig
from batch.frames.reader import Row
from batch.media.fetch import fetch
from batch.media.image import Choice, ImageLimits, LoadedImage, load_all
from batch.media.segments import Segments
from batch.prepare.digest import file_digest
from batch.processor import Processor
from batch.source.medium import Media, media_of
from batch.source.path_map import mapped_value
from batch.source.source import media_roots

FETCH_SHARE = 0.8  # of prepare.timeout_s, so that a slow server is a fetch_failed and not a hang


class RowFiles:
    """`begin` with each row; what was fetched for one row is kept until the next."""

    def __init__(self, config: JobConfig, processor: Processor, progress: Callable[[], None]) -> None:
        self._config = config
        self._processor = processor
        self._progress = progress
        self._limits = ImageLimits(config.media.max_pixels, config.media.max_bytes, config.media.accept_truncated)
        self._choice = Choice(config.media.frames or 1, config.media.pages or 1, config.media.extreme)
        # A node is told what lies where on it (executors/dask/check.py); anywhere else rows' paths are what they say.
        self._path_map = config.executor.path_map if config.executor.kind == "dask" else {}
        self._fetched: dict[str, bytes] = {}
        self._last: tuple[bytes, int, tuple[LoadedImage, ...]] = (b"", 0, ())

    def begin(self) -> None:
        self._fetched.clear()

    def media_of(self, row: Row, values: Sequence[Any]) -> list[Media]:
        """The media of some column values, in order. Raises RowError."""
        source = self._config.source
        roots = media_roots(source, row.row_id) if values else ()
        led = [mapped_value(value, self._path_map) for value in values]
        return [medium for value in led for medium in media_of(value, roots=roots, allow_hosts=source.allow_hosts)]

    def opened(self, medium: Media) -> bytes | Path:
        """Its content, or the file that has it; a URL is fetched once a row. Raises RowError."""
        if medium.url is not None:
            if medium.url not in self._fetched:
                self._fetched[medium.url] = fetch(
                    medium.url,
                    allow_hosts=self._config.source.allow_hosts,
                    max_bytes=self._config.media.max_bytes,
                    timeout_s=FETCH_SHARE * self._config.prepare.timeout_s,
                )
                self._progress()
            return self._fetched[medium.url]
        return medium.data if medium.data is not None else Path(medium.path or "")

    def digest(self, medium: Media) -> bytes | None:
        """Of its content as it is stored. Raises RowError for a URL that cannot be fetched."""
        return file_digest(self.opened(medium), medium.path or medium.url or medium.name)

    def pictures(self, medium: Media, soft_tokens: int, digest: bytes | None) -> tuple[LoadedImage, ...]:
        """One picture, or several: frames, pages, tiles. Raises RowError."""
        if digest is not None and self._last[:2] == (digest, soft_tokens):
            return self._last[2]
        loaded = load_all(
            self.opened(medium),
            self._limits,
            lambda height, width: self._processor.image_size(height, width, soft_tokens),
            self._choice,
            self._progress,
        )
        if digest is not None:
            self._last = (digest, soft_tokens, loaded)
        return loaded

    def clip(self, medium: Media) -> NDArray[np.float32]:
        """A whole recording as one clip. Raises RowError audio_too_long over 30 s."""
        (segment,) = Segments(self.opened(medium), "off", self._config.media.channel)
        return segment.samples

    def first(self, row: Row, values: Sequence[Any]) -> tuple[bytes | Path, str] | None:
        """The first of these values' files and the path it is known by; None where there is none."""
        media = self.media_of(row, values[:1])
        return (self.opened(media[0]), media[0].path or media[0].name) if media else None
