"""A previewer process: rows of the source in, thumbnails and clips out, as files.

The media are as untrusted as in a run, so they are decoded here and never in the report's own process: what crashes
or hangs costs this process and its row (report/previews.py starts another).
"""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from batch.child import Parent
from batch.config.job import JobConfig
from batch.errors import BatchError, RowError
from batch.faults import VARIABLE, misbehave, parse_faults
from batch.frames.previewer import (
    PreviewBegun,
    PreviewDone,
    PreviewFile,
    PreviewJob,
    PreviewMedium,
    PreviewRow,
    PreviewTask,
    PreviewThumbnail,
)
from batch.media.audio import Recording, write_clips
from batch.media.image import ImageLimits, load
from batch.prepare.memory import limit_growth
from batch.preview.row_media import RowMedia, digest, opened
from batch.preview.thumbnail import fit, save
from batch.source.medium import Media

IMAGES_A_ROW = 4
PROGRESS_S = 0.5
ADDRESS_SPACE_MARGIN = 1024**3


class Previewer:
    """Tasks of one job -> files in its folder."""

    def __init__(self, job: PreviewJob, say: Callable[[PreviewBegun], None] = lambda begun: None) -> None:
        self._config = JobConfig.model_validate_json(job.config)
        self._folder = Path(job.folder)
        self._side_px = job.side_px
        self._say = say
        self._said = 0.0
        self._rows = RowMedia(self._config)
        self._faults = parse_faults(os.environ.get(VARIABLE, ""))
        media = self._config.media
        self._limits = ImageLimits(media.max_pixels, media.max_bytes, media.accept_truncated)

    def make(self, task: PreviewTask) -> PreviewDone:
        """Do one task. A row that cannot be shown says why in its PreviewMedium; nothing is raised for it."""
        thumbnails: list[PreviewThumbnail] = []
        files: list[PreviewFile] = []
        media: list[PreviewMedium] = []
        for number, row in enumerate(task.rows):
            if number in task.skip:
                media.append(PreviewMedium(number, error="decode_crash"))
                continue
            self._begun(task, number)
            try:
                if self._faults:
                    misbehave(f"{row.path}#{row.position}", self._faults)
                found = self._rows.of(task.medium, row.path, row.position)
                if found:
                    source = opened(found[0])
                    media.append(PreviewMedium(number, digest(source), found[0].path))
                    if task.medium == "image":
                        for pixels in self._pictures(found):
                            thumbnails.append(PreviewThumbnail(number, len(files), pixels.shape[1], pixels.shape[0]))
                            files.append(self._thumbnail(task, len(files), pixels))
                    else:
                        files += self._clips(task, number, row, source)
            except Exception as error:  # a decoder may raise anything; it costs this preview only
                kind = error.kind if isinstance(error, RowError) else _kind(error)
                media = [medium for medium in media if medium.row != number]
                media.append(PreviewMedium(number, error=kind))
        return PreviewDone(task.number, tuple(files), tuple(thumbnails), tuple(media))

    def _begun(self, task: PreviewTask, row: int) -> None:
        self._said = time.monotonic()
        self._say(PreviewBegun(task.number, row))

    def _progress(self, task: PreviewTask, row: int) -> None:
        if time.monotonic() - self._said > PROGRESS_S:
            self._begun(task, row)

    def _pictures(self, found: tuple[Media, ...]) -> list[NDArray[np.uint8]]:
        """All of a row's, or none: raises what loading one raises."""
        fitting = partial(fit, side_px=self._side_px)
        return [load(opened(medium), self._limits, fitting).pixels for medium in found[:IMAGES_A_ROW]]

    def _thumbnail(self, task: PreviewTask, place: int, pixels: NDArray[np.uint8]) -> PreviewFile:
        path = self._folder / f"{task.name}-{place}.jpg"
        save(pixels, path)
        return PreviewFile(path.name, path.stat().st_size)

    def _clips(self, task: PreviewTask, number: int, row: PreviewRow, source: bytes | Path) -> list[PreviewFile]:
        paths = [self._folder / f"{task.name}-{place}.mp3" for place in range(len(row.stretches))]
        write_clips(Recording(source), row.stretches, paths, lambda: self._progress(task, number))
        return [PreviewFile(path.name, path.stat().st_size) for path in paths]


def _kind(error: Exception) -> str:
    """SourceError and a vanished file: the media are not here. Anything else is a decoder's."""
    return "missing_file" if isinstance(error, BatchError | OSError) else "undecodable"


def serve(parent: Parent, arguments: list[str]) -> None:
    """The process: takes a PreviewJob, then answers task after task."""
    job = parent.receive(None)
    if not isinstance(job, PreviewJob):
        raise TypeError(f"the first frame to a previewer is its PreviewJob, not {type(job).__name__}")
    previewer = Previewer(job, parent.send)
    limit_growth(2 * JobConfig.model_validate_json(job.config).prepare.max_memory + ADDRESS_SPACE_MARGIN)
    while True:
        task = parent.receive(None)
        if isinstance(task, PreviewTask):
            parent.send(previewer.make(task))
