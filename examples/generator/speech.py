"""Words of the vocabulary, spoken by espeak-ng and packed by ffmpeg (both must be installed)."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from generator.words import SPOKEN

# Held out when the demonstration model was trained: it has never heard these voice variants.
VOICES = ("f4", "m3", "Annie", "Michael", "steph2", "klatt3", "belinda", "david", "paul", "iven3", "Lee")
ACCENTS = ("en-gb", "en-us", "en-gb-x-rp", "en-gb-x-gbclan", "en-us-nyc")
PROMPTS = ("Transcribe this audio.", "Transcribe the speech.", "What is being said?", "Transcribe this recording.")
SAMPLE_RATE = 16_000
MAX_SECONDS = 4.0
SILENCE_SECONDS = 0.15  # before the first word and after the last
PAUSE_SECONDS = (2.0, 4.0)  # between the phrases of a long recording: the model takes in 12 words in 30 s
CODECS = {
    "wav": ("-c:a", "pcm_s16le"),
    "flac": ("-c:a", "flac"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "48k"),
    "m4a": ("-c:a", "aac", "-b:a", "48k"),
    "opus": ("-c:a", "libopus", "-b:a", "32k"),
}


@dataclass(frozen=True)
class Clip:
    """What is said, and the sound of it (int16, mono, at `rate` Hz as espeak-ng speaks)."""

    transcript: str
    samples: NDArray[np.int16]
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def make_clip(rng: Random, *, words: int) -> Clip:
    """A clip of `words` words, at most MAX_SECONDS long (a slow speaker is replaced by another)."""
    spoken = [rng.choice(SPOKEN) for _ in range(words)]
    while True:
        voice = f"{rng.choice(ACCENTS)}+{rng.choice(VOICES)}"
        text = rng.choice((" ", ", ")).join(spoken)
        clip = _speak(text, voice=voice, words_per_minute=rng.randint(120, 200), pitch=rng.randint(25, 75))
        if clip.seconds <= MAX_SECONDS:
            return Clip(" ".join(spoken), clip.samples, clip.rate)


def make_long_clip(rng: Random, *, seconds: float) -> Clip:
    """Phrases of one to three words by changing speakers, with pauses, until it is longer than `seconds`."""
    clips = [make_clip(rng, words=rng.randint(1, 3))]
    parts = [clips[0].samples]
    while sum(map(len, parts)) <= seconds * clips[0].rate:
        clips.append(make_clip(rng, words=rng.randint(1, 3)))
        parts += [np.zeros(int(rng.uniform(*PAUSE_SECONDS) * clips[0].rate), np.int16), clips[-1].samples]
    return Clip(" ".join(clip.transcript for clip in clips), np.concatenate(parts), clips[0].rate)


def _speak(text: str, *, voice: str, words_per_minute: int, pitch: int) -> Clip:
    options = ("-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout")
    wav = _run("espeak-ng", *options, text)
    rate = int.from_bytes(wav[24:28], "little")
    body = wav[wav.index(b"data") + 8 :]  # the length in a streamed header is not true, so the rest is the body
    samples = np.frombuffer(body[: len(body) // 2 * 2], np.int16)
    heard = np.flatnonzero(np.abs(samples) > 60)
    samples = samples[heard[0] : heard[-1] + 1]
    level = 12_000 / np.abs(samples).max()
    quiet = np.zeros(int(rate * SILENCE_SECONDS), np.int16)
    return Clip(text, np.concatenate([quiet, (samples * level).astype(np.int16), quiet]), rate)


def pack(clip: Clip, suffix: str) -> bytes:
    """The clip as a 16 kHz mono file. Opus is the one that decodes at its own 48 kHz."""
    source = ("-f", "s16le", "-ar", str(clip.rate), "-ac", "1", "-i", "pipe:0")
    reproducible = ("-bitexact", "-map_metadata", "-1")
    with tempfile.TemporaryDirectory() as folder:
        # To a file and not to a pipe: ffmpeg goes back to write the true length into the header.
        path = Path(folder) / f"clip.{suffix}"
        command = ("-v", "error", *source, "-ar", str(SAMPLE_RATE), *reproducible, *CODECS[suffix], str(path))
        _run("ffmpeg", *command, stdin=clip.samples.tobytes())
        return path.read_bytes()


def _run(program: str, *arguments: str, stdin: bytes = b"") -> bytes:
    if shutil.which(program) is None:
        raise SystemExit(f"{program} is needed to make the recordings and is not on PATH; install it and run again")
    return subprocess.run([program, *arguments], input=stdin, stdout=subprocess.PIPE, check=True, timeout=60).stdout
