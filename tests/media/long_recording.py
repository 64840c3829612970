"""A recording of any length made for tests: known words at known times, with silences, noise and music between."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from batch.media.audio import Recording
from tests.media.recordings import DATA, SAMPLE_RATE, Samples, silence, speech

EXAMPLES = Path(__file__).parents[2] / "examples"
MOST_WORDS = 12  # in a segment of `phrases`
SPEAKING = 0.03  # above this sample the voice is heard; the rooms below are quieter
QUIET = 0.16  # seconds under it: nobody is inside a word


@dataclass(frozen=True)
class Spoken:
    """`text` (empty where its words are not those of the demonstration model) from `start` to `stop`, in samples."""

    text: str
    start: int
    stop: int


@cache
def clips() -> tuple[tuple[str, Samples], ...]:
    """(transcript, samples) of the short example recordings: one to six words each."""
    with (EXAMPLES / "recordings.csv").open() as table:
        rows = [row for row in csv.DictReader(table) if row["file"].startswith("clip-")]
    return tuple(
        (row["transcript"], np.concatenate(list(Recording(EXAMPLES / "recordings" / row["file"])))) for row in rows
    )


@cache
def german() -> Samples:
    """A sentence in another language."""
    return np.concatenate(list(Recording(DATA / "german.flac")))


@cache
def music(seconds: float) -> Samples:
    """Chords of decaying strings, two a second."""
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    chords = ((220, 277, 330), (196, 247, 294), (175, 220, 262), (196, 247, 330))
    beats = [
        sum(np.sin(2 * np.pi * tone * overtone * time) / overtone for tone in chord for overtone in (1, 2, 3))
        * np.exp(-4 * time)
        for chord in chords
    ]
    return (0.05 * np.resize(np.concatenate(beats), round(seconds * SAMPLE_RATE))).astype(np.float32)


def write(path: Path, seconds: float, kind: Literal["mixed", "apart", "phrases"]) -> list[Spoken]:
    """A WAV at `path` of about `seconds`. `mixed`: all sorts of voices, with short and long pauses, and music. The
    others hold the examples' words only: `apart`, each clip alone in more than five seconds of silence; `phrases`, one
    to three of them close enough to share a segment, of no more words than the demonstration model knows at once."""
    spoken: list[Spoken] = []
    position = 0
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for text, samples in {"mixed": _mixed, "apart": _apart, "phrases": _phrases}[kind]():
            if text is not None:
                heard = np.flatnonzero(np.abs(samples) > SPEAKING)
                spoken.append(Spoken(text, position + int(heard[0]), position + int(heard[-1]) + 1))
            file.write(samples)
            position += len(samples)
            if position >= seconds * SAMPLE_RATE:
                return spoken
    raise AssertionError("the parts never end")


def _apart() -> Iterator[tuple[str | None, Samples]]:
    while True:
        for text, samples in clips():
            yield None, silence(6.0)
            yield text, samples


def _phrases() -> Iterator[tuple[str | None, Samples]]:
    within, between = cycle((0.4, 1.5, 0.8, 3.0, 4.4, 0.6, 2.2)), cycle((6.0, 9.0, 13.0, 31.0, 7.0))
    sizes, left, words = cycle((1, 2, 3, 2, 3)), 0, 0
    for text, samples in cycle(clips()):
        words += len(text.split())
        if left and words <= MOST_WORDS:
            yield None, silence(next(within))
            left -= 1
        else:
            yield None, silence(next(between))
            left, words = next(sizes) - 1, len(text.split())
        yield text, samples


def _mixed() -> Iterator[tuple[str | None, Samples]]:
    """All clips in turn, pauses of many lengths; every tenth part a sentence, every thirtieth music."""
    pauses = (0.6, 1.0, 7.0, 0.4, 2.5, 12.0, 0.8, 0.5, 5.0, 30.0)
    number = 0
    while True:
        for text, samples in clips():
            yield None, silence(pauses[number % len(pauses)])
            yield text, samples
            if number % 10 == 4:
                yield None, silence(0.7)
                yield "", speech(("librivox_austen_0880.wav", "librivox_austen_0890.wav")[number // 10 % 2])
            if number % 30 == 9:
                yield None, silence(1.5)
                yield None, music(20.0)
            if number % 10 == 7:
                yield None, silence(0.6)
                yield "", german()
            number += 1
