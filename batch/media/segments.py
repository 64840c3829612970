"""A recording -> the segments that become requests, in order, each as soon as it is certain.

vad     speech only, cut in silence, at most 30 s each (the rules: speech.py). A recording of 30 s or less in
        which anybody speaks is one segment, whole: the model hears short clips as they were recorded.
window  fixed windows of 30 s; no detector, so silence is transcribed too
off     the whole recording as one segment; longer than 30 s is refused, never cut
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from batch.errors import RowError
from batch.media.audio import Channel, Recording, Samples
from batch.media.speech import FRAME_SAMPLES, MAX_SEGMENT_SAMPLES, SAMPLE_RATE, Cutter, Frames, SpeechDetector
from batch.records import Flag

# Shorter makes no soft token (40 ms) and raises in the feature extractor: filled up with silence.
MIN_SEGMENT_SAMPLES = 640

Policy = Literal["vad", "window", "off"]


@dataclass(frozen=True, slots=True)
class Segment:
    """`samples` float32 [n], 16 kHz mono, MIN_SEGMENT_SAMPLES <= n <= MAX_SEGMENT_SAMPLES; the times are its place
    in the recording (without the filling)."""

    samples: Samples
    start_s: float
    end_s: float
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a recording when it has been heard to its end. `speech_seconds` is None where nobody
    listened for speech (window, off), and 0.0 where somebody did and found none."""

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
        self._speech_seconds: float | None = None
        self._ended = False

    @property
    def summary(self) -> Summary:
        """Raises RuntimeError while there may be more segments."""
        if not self._ended:
            raise RuntimeError("a recording's summary is known when its segments have all been taken")
        return Summary(self._recording.seconds, self._speech_seconds, self._recording.flags)

    def __iter__(self) -> Iterator[Segment]:
        yield from {"vad": self._spoken, "window": self._windows, "off": self._whole}[self._policy]()
        self._ended = True

    def _blocks(self) -> Iterator[Samples]:
        for block in self._recording:
            self._heard()
            yield block

    def _spoken(self) -> Iterator[Segment]:
        tape, detector, cutter = _Tape(), SpeechDetector(), Cutter()
        ready: list[Frames] = []
        for block in self._blocks():
            tape.append(block)
            for frame in detector.feed(block):
                ready.extend(cutter.feed(*frame))
            if tape.stop > MAX_SEGMENT_SAMPLES:  # until then it may still be a short clip, given whole
                yield from (tape.segment(span.start * FRAME_SAMPLES, span.stop * FRAME_SAMPLES) for span in ready)
                ready.clear()
                tape.forget(cutter.needed_from * FRAME_SAMPLES)
        for frame in detector.finish():
            ready.extend(cutter.feed(*frame))
        ready.extend(cutter.finish())
        self._speech_seconds = min(cutter.speech_frames * FRAME_SAMPLES / SAMPLE_RATE, self._recording.seconds)
        if ready and tape.stop <= MAX_SEGMENT_SAMPLES:
            yield tape.segment(0, tape.stop)
        else:
            yield from (tape.segment(span.start * FRAME_SAMPLES, span.stop * FRAME_SAMPLES) for span in ready)

    def _windows(self) -> Iterator[Segment]:
        tape = _Tape()
        for block in self._blocks():
            tape.append(block)
            while tape.stop - tape.start >= MAX_SEGMENT_SAMPLES:
                yield tape.segment(tape.start, tape.start + MAX_SEGMENT_SAMPLES)
                tape.forget(tape.start + MAX_SEGMENT_SAMPLES)
        if tape.stop > tape.start:
            yield tape.segment(tape.start, tape.stop)

    def _whole(self) -> Iterator[Segment]:
        tape = _Tape()
        for block in self._blocks():
            tape.append(block)
            if tape.stop > MAX_SEGMENT_SAMPLES:
                raise RowError(
                    "audio_too_long",
                    f"{self._recording.name} is longer than the {MAX_SEGMENT_SAMPLES // SAMPLE_RATE} s that the model"
                    " hears at once; set media.segment: vad (transcribe), or cut it",
                )
        yield tape.segment(0, tape.stop)


class _Tape:
    """The samples not yet given out; positions count from the recording's beginning."""

    def __init__(self) -> None:
        self.start = 0
        self.stop = 0
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

    def segment(self, start: int, stop: int) -> Segment:
        stop = min(stop, self.stop)
        samples = np.concatenate(self._blocks)[start - self.start : stop - self.start]
        if len(samples) < MIN_SEGMENT_SAMPLES:
            samples = np.pad(samples, (0, MIN_SEGMENT_SAMPLES - len(samples)))
        return Segment(samples, start / SAMPLE_RATE, stop / SAMPLE_RATE)
