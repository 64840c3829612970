"""A recording -> the segments that become requests, in order, each as soon as it is certain.

vad     speech only, cut in silence, at most 30 s each (the rules: speech.py). A recording of 30 s or less in
        which anybody speaks is one segment, whole: the model hears short clips as they were recorded.
window  fixed windows of 30 s, each beginning 2 s before the one before ends; no detector, so silence is
        transcribed too
off     the whole recording as one segment; longer than 30 s is refused, never cut

With `channel: both` each channel is a recording of its own, cut by itself; their segments come interleaved, in the
order of their begin: a part keeps them in that order, and a request is found there by its number (output/reuse.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from batch.errors import RowError
from batch.media.audio import Channel, Recording, Samples
from batch.media.speech import (
    FRAME_S,
    FRAME_SAMPLES,
    MAX_SEGMENT_SAMPLES,
    OVERLAP_S,
    SAMPLE_RATE,
    Cutter,
    Frames,
    SpeechDetector,
)
from batch.records import Flag

# Shorter makes no soft token (40 ms) and raises in the feature extractor: filled up with silence.
MIN_SEGMENT_SAMPLES = 640
WINDOW_STEP = MAX_SEGMENT_SAMPLES - round(OVERLAP_S * SAMPLE_RATE)
SIDES = ("left", "right")

Policy = Literal["vad", "window", "off"]


@dataclass(frozen=True, slots=True)
class Segment:
    """`samples` float32 [n], 16 kHz mono, MIN_SEGMENT_SAMPLES <= n <= MAX_SEGMENT_SAMPLES; the times are its place
    in the recording (without the filling). `speech_s`: how much of it is speech, None where nobody listened for it.
    `channel`: left or right, where both are heard apart."""

    samples: Samples
    start_s: float
    end_s: float
    flags: tuple[Flag, ...] = ()
    speech_s: float | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a recording when it has been heard to its end. `speech_seconds` is None where nobody
    listened for speech (window, off), and 0.0 where somebody did and found none; of two channels, their sum."""

    audio_seconds: float
    speech_seconds: float | None
    flags: tuple[Flag, ...] = ()


class Segments:
    """Iterate once, then read `summary`. Iterating raises RowError: audio_too_long, and all of audio.Recording's.

    `heard` is called with every block that was read: hours of silence make no segment, and are no standstill.
    """

    def __init__(
        self,
        source: bytes | Path,
        policy: Policy = "vad",
        channel: Channel = "mix",
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self._recording = Recording(source, channel)
        self._policy = policy
        self._heard = heard
        self._tracks: list[_Track] = []
        self._ended = False

    @property
    def summary(self) -> Summary:
        """Raises RuntimeError while there may be more segments."""
        if not self._ended:
            raise RuntimeError("a recording's summary is known when its segments have all been taken")
        speech = [track.speech_frames for track in self._tracks]
        seconds = self._recording.seconds
        heard = sum(min(frames * FRAME_S, seconds) for frames in speech if frames is not None)
        return Summary(seconds, None if None in speech else heard, self._recording.flags)

    def __iter__(self) -> Iterator[Segment]:
        waiting: list[Segment] = []  # those of one channel before which one of the other may still begin
        for block in self._recording:
            self._heard()
            parts = [block] if block.ndim == 1 else list(block.T)
            if not self._tracks:
                self._tracks = [self._track(side if len(parts) > 1 else None) for side in SIDES[: len(parts)]]
            for track, part in zip(self._tracks, parts, strict=True):
                waiting.extend(track.feed(np.ascontiguousarray(part)))
            waiting.sort(key=_begin)
            certain = min(track.earliest for track in self._tracks) / SAMPLE_RATE
            while waiting and waiting[0].start_s <= certain:
                yield waiting.pop(0)
        for track in self._tracks:
            waiting.extend(track.finish())
        yield from sorted(waiting, key=_begin)
        self._ended = True

    def _track(self, channel: str | None) -> "_Track":
        tape = _Tape(channel)
        match self._policy:
            case "vad":
                return _Spoken(tape)
            case "window":
                return _Windows(tape)
            case "off":
                return _Whole(tape, self._recording.name)


def _begin(segment: Segment) -> float:
    return segment.start_s


class _Tape:
    """The samples of one channel that were not yet given out; positions count from the recording's beginning."""

    def __init__(self, channel: str | None) -> None:
        self.start = 0
        self.stop = 0
        self._channel = channel
        self._blocks: list[Samples] = []

    def append(self, block: Samples) -> None:
        self._blocks.append(block)
        self.stop += len(block)

    def forget(self, before: int) -> None:
        while self._blocks and self.start + len(self._blocks[0]) <= before:
            self.start += len(self._blocks.pop(0))
        if self._blocks and before > self.start:
            self._blocks[0] = self._blocks[0][before - self.start :]
            self.start = before

    def segment(self, start: int, stop: int, speech_frames: int | None = None) -> Segment:
        stop = min(stop, self.stop)
        samples = np.concatenate(self._blocks)[start - self.start : stop - self.start]
        if len(samples) < MIN_SEGMENT_SAMPLES:
            samples = np.pad(samples, (0, MIN_SEGMENT_SAMPLES - len(samples)))
        start_s, end_s = start / SAMPLE_RATE, stop / SAMPLE_RATE
        speech_s = None if speech_frames is None else min(speech_frames * FRAME_S, end_s - start_s)
        return Segment(samples, start_s, end_s, (), speech_s, self._channel)


class _Track(Protocol):
    """One channel on its way: blocks in, segments out. `speech_frames` is None where nobody listens for speech; no
    segment that is still to come begins before the sample `earliest`."""

    @property
    def speech_frames(self) -> int | None: ...
    @property
    def earliest(self) -> int: ...
    def feed(self, block: Samples) -> Iterator[Segment]: ...
    def finish(self) -> Iterator[Segment]: ...


class _Spoken:
    def __init__(self, tape: _Tape) -> None:
        self._tape = tape
        self._detector = SpeechDetector()
        self._cutter = Cutter()
        self._ready: list[Frames] = []

    @property
    def speech_frames(self) -> int:
        return self._cutter.speech_frames

    @property
    def earliest(self) -> int:
        return self._cutter.needed_from * FRAME_SAMPLES if self._tape.stop > MAX_SEGMENT_SAMPLES else 0

    def feed(self, block: Samples) -> Iterator[Segment]:
        self._tape.append(block)
        for frame in self._detector.feed(block):
            self._ready.extend(self._cutter.feed(*frame))
        if self._tape.stop > MAX_SEGMENT_SAMPLES:  # until then it may still be a short clip, given whole
            yield from self._given()
            self._tape.forget(self.earliest)

    def finish(self) -> Iterator[Segment]:
        for frame in self._detector.finish():
            self._ready.extend(self._cutter.feed(*frame))
        self._ready.extend(self._cutter.finish())
        if self._ready and self._tape.stop <= MAX_SEGMENT_SAMPLES:
            yield self._tape.segment(0, self._tape.stop, self.speech_frames)
        else:
            yield from self._given()

    def _given(self) -> Iterator[Segment]:
        for span in self._ready:
            yield self._tape.segment(span.start * FRAME_SAMPLES, span.stop * FRAME_SAMPLES, span.speech)
        self._ready.clear()


class _Windows:
    speech_frames = None

    def __init__(self, tape: _Tape) -> None:
        self._tape = tape
        self._given = 0

    @property
    def earliest(self) -> int:
        return self._tape.start

    def feed(self, block: Samples) -> Iterator[Segment]:
        self._tape.append(block)
        while self._tape.stop - self._tape.start >= MAX_SEGMENT_SAMPLES:
            self._given = self._tape.start + MAX_SEGMENT_SAMPLES
            yield self._tape.segment(self._tape.start, self._given)
            self._tape.forget(self._tape.start + WINDOW_STEP)

    def finish(self) -> Iterator[Segment]:
        if self._tape.stop > self._given:
            yield self._tape.segment(self._tape.start, self._tape.stop)


class _Whole:
    speech_frames = None
    earliest = 0

    def __init__(self, tape: _Tape, name: str) -> None:
        self._tape = tape
        self._name = name

    def feed(self, block: Samples) -> Iterator[Segment]:
        self._tape.append(block)
        if self._tape.stop > MAX_SEGMENT_SAMPLES:
            raise RowError(
                "audio_too_long",
                f"{self._name} is longer than the {MAX_SEGMENT_SAMPLES // SAMPLE_RATE} s that the model hears at"
                " once; set media.segment: vad (transcribe), or cut it",
            )
        return iter(())

    def finish(self) -> Iterator[Segment]:
        yield self._tape.segment(0, self._tape.stop)
