"""One image or recording seen from outside: bytes, pixels or seconds, and why it would fail."""

import io
import os
from dataclasses import dataclass
from typing import BinaryIO

from batch.config.sections import MediaConfig
from batch.errors import ErrorKind
from batch.source.folder import RAW_SUFFIXES
from batch.source.listing import suffix_of
from batch.source.medium import Media
from batch.survey.image_header import UnknownFormat, image_size
from batch.survey.recording_header import recording_seconds
from batch.tasks import Medium

WHOLE_RECORDING_S = 30.0  # what a request can hear; longer ones need media.segment


@dataclass(frozen=True, slots=True)
class Seen:
    """`problem` is the error kind the row would end with. Unknown: None."""

    nbytes: int = 0
    pixels: int | None = None
    seconds: float | None = None
    problem: ErrorKind | None = None


def look(medium: Medium, found: Media, settings: MediaConfig) -> Seen:
    """Opens the file and reads its header. A URL is not fetched."""
    if found.url is not None:
        return Seen()
    try:
        if found.data is not None:
            return _look(medium, io.BytesIO(found.data), len(found.data), found.name, settings)
        with open(found.path or "", "rb", buffering=0) as file:  # noqa: PTH123 - a hundred thousand of them
            return _look(medium, file, os.fstat(file.fileno()).st_size, found.name, settings)
    except FileNotFoundError:
        return Seen(problem="missing_file")
    except OSError:
        return Seen(problem="undecodable")


def _look(medium: Medium, file: BinaryIO, size: int, name: str, settings: MediaConfig) -> Seen:
    if size == 0:
        return Seen(problem="undecodable")
    if size > settings.max_bytes:
        return Seen(size, problem="too_large")
    if medium == "audio":
        seconds = recording_seconds(file, size)
        long = settings.segment == "off" and seconds is not None and seconds > WHOLE_RECORDING_S
        return Seen(size, seconds=seconds, problem="audio_too_long" if long else None)
    try:
        found = image_size(file)
    except UnknownFormat:
        raw = suffix_of(name) in RAW_SUFFIXES
        return Seen(size, problem=None if raw else "unsupported_format")
    if found is None:
        return Seen(size)
    pixels = found[0] * found[1]
    return Seen(size, pixels, problem="too_large" if pixels > settings.max_pixels else None)
