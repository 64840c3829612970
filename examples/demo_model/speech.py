"""Recordings: words of the vocabulary spoken by espeak-ng and flite, and recordings with no words in them.

Both synthesisers must be installed. Samples are int16, mono, 16 kHz; room, noise, gain and speed are
added while training (augment.py), so that one utterance is never heard twice in the same way.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from demo_model.words import SPOKEN

Samples = NDArray[np.int16]
RATE = 16_000
LOUD = 60  # samples below this are silence before the first word or after the last
MARGIN = 400  # samples kept around the words
PEAK = 12_000

VARIANTS = (
    "", "Adam", "Alex", "Alicia", "Andrea", "Andy", "AnxiousAndy", "Denis", "Diogo", "Gene", "Gene2",
    "Henrique", "Hugo", "Jacky", "Marco", "Mario", "Mike", "Mr serious", "Nguyen", "Tweaky", "UniRobot",
    "anika", "announcer", "antonio", "aunty", "benjamin", "boris", "caleb", "ed", "edward", "edward2", "f1",
    "f2", "f3", "f5", "grandma", "grandpa", "gustave", "iven", "iven2", "iven4", "john", "klatt", "klatt2",
    "klatt4", "linda", "m1", "m2", "m4", "m5", "m6", "m7", "m8", "max", "michel", "miguel", "norbert", "pablo",
    "pedro", "quincy", "rob", "robert", "robosoft", "robosoft2", "robosoft3", "robosoft4", "robosoft6",
    "robosoft7", "robosoft8", "sandro", "shelby", "steph", "steph3", "travis", "victor", "zac",
)  # fmt: skip
HELD_OUT_VARIANTS = ("f4", "m3", "Annie", "Michael", "steph2", "klatt3", "robosoft5", "belinda", "david", "paul",
                     "iven3", "Lee")  # fmt: skip
ACCENTS = ("en-gb", "en-us", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029", "en-us-nyc")
HELD_OUT_ACCENT = "en-gb-scotland"
FLITE = ("rms", "awb", "rms", "awb", "kal16", "kal")
HELD_OUT_FLITE = "slt"
FLITE_SHARE = 0.46
# Four men taught it flite's sound, but not at a woman's pitch. These three can be told to speak higher or lower
# (the feature's name, lowest, highest: a factor for awb, hertz for kal); rms and slt ignore it.
FLITE_PITCH = {"awb": ("f0_shift", 0.8, 1.7), "kal": ("int_f0_target_mean", 75, 230),
               "kal16": ("int_f0_target_mean", 75, 230)}  # fmt: skip
AS_RECORDED = 0.35  # share of flite clips at the voice's own pitch


@dataclass(frozen=True)
class Voice:
    """A synthesiser ("espeak" or "flite") and the name it knows the voice by."""

    program: str
    name: str


@dataclass(frozen=True)
class Clip:
    words: tuple[str, ...]
    samples: Samples

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def training_voice(rng: Random) -> Voice:
    if rng.random() < FLITE_SHARE:
        return Voice("flite", rng.choice(FLITE))
    return espeak_voice(rng.choice(ACCENTS), rng.choice(VARIANTS))


def espeak_voice(accent: str, variant: str) -> Voice:
    return Voice("espeak", f"{accent}+{variant}" if variant else accent)


def some_words(rng: Random, count: int) -> tuple[str, ...]:
    return tuple(rng.choice(SPOKEN) for _ in range(count))


def speak(rng: Random, voice: Voice, words: tuple[str, ...]) -> Clip:
    """The words in one breath, or with pauses where a comma or a full stop is put between them."""
    gap = rng.choice((" ", " ", ", ", ". "))
    text = "".join(word + (gap if rng.random() < 0.85 else ", ") for word in words).strip(" ,.")
    text += rng.choice(("", ".", "!", "?"))
    samples, rate = (_flite if voice.program == "flite" else _espeak)(rng, voice.name, text)
    wave = samples.astype(np.float32)
    if rate != RATE:
        common = gcd(rate, RATE)
        wave = resample_poly(wave, RATE // common, rate // common).astype(np.float32)
    heard = np.flatnonzero(np.abs(wave) > LOUD)
    if len(heard) == 0:
        raise SystemExit(f"{voice} said nothing for {text!r}; is its voice data installed?")
    wave = wave[max(0, heard[0] - MARGIN) : heard[-1] + MARGIN]
    return Clip(words, (wave * (PEAK / np.abs(wave).max())).astype(np.int16))


def join(rng: Random, clips: list[Clip], longest: int, gaps: tuple[float, float] = (0.1, 0.8)) -> Clip:
    """The clips one after another with `gaps` seconds of silence between, at most `longest` samples."""
    parts, words, used = [clips[0].samples], list(clips[0].words), len(clips[0].samples)
    for clip in clips[1:]:
        gap = int(rng.uniform(*gaps) * RATE)
        if used + gap + len(clip.samples) > longest:
            break
        loudness = rng.uniform(0.5, 1.0)
        parts += [np.zeros(gap, np.int16), (clip.samples * loudness).astype(np.int16)]
        words += clip.words
        used += gap + len(clip.samples)
    return Clip(tuple(words), np.concatenate(parts))


def wordless(rng: Random, longest: int) -> Clip:
    """Nothing, hiss, hum, a tone, or clicks: 0.2 s up to `longest` samples."""
    count = int(rng.uniform(0.2, longest / RATE) * RATE)
    noise, time = np.random.default_rng(rng.getrandbits(31)), np.arange(count) / RATE
    kind = rng.choice(("nothing", "hiss", "rumble", "hum", "tone", "clicks"))
    if kind == "nothing":
        wave = np.zeros(count)
    elif kind == "hiss":
        wave = noise.normal(0, 1, count)
    elif kind == "rumble":
        wave = np.convolve(noise.normal(0, 1, count), np.ones(32) / 32, "same")
    elif kind == "hum":
        pitch = rng.choice((50, 60, 100, 120))
        wave = sum(np.sin(2 * np.pi * pitch * k * time + k) / k for k in (1, 2, 3, 5)) + noise.normal(0, 0.05, count)
    elif kind == "tone":
        wave = np.sin(2 * np.pi * rng.uniform(200, 4000) * time) + noise.normal(0, 0.02, count)
    else:
        wave = noise.normal(0, 0.02, count)
        wave[noise.integers(0, count, max(1, count // RATE * 2))] = 1.0
    scale = PEAK * rng.choice((0.01, 0.1, 0.5)) / max(1e-9, np.abs(wave).max())
    return Clip((), (wave * scale).astype(np.int16))


# ---------------------------------------------------------------- the two programs
def _espeak(rng: Random, voice: str, text: str) -> tuple[Samples, int]:
    options = ("-v", voice, "-s", str(rng.randint(115, 215)), "-p", str(rng.randint(20, 80)))
    return _samples(_run("espeak-ng", *options, "-g", str(rng.choice((0, 0, 0, 1, 3, 6))), "--stdout", text))


def _flite(rng: Random, voice: str, text: str) -> tuple[Samples, int]:
    features = {"duration_stretch": rng.uniform(0.75, 1.3)}
    if voice in FLITE_PITCH and rng.random() >= AS_RECORDED:
        name, low, high = FLITE_PITCH[voice]
        features[name] = rng.uniform(low, high)
    options = [part for name, value in features.items() for part in ("--setf", f"{name}={value:.2f}")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        _run("flite", "-voice", voice, *options, "-t", text, "-o", str(path))
        return _samples(path.read_bytes())


def _samples(wav: bytes) -> tuple[Samples, int]:
    body = wav[wav.index(b"data") + 8 :]  # the length in a streamed header is not true: take what is there
    return np.frombuffer(body[: len(body) // 2 * 2], np.int16), int.from_bytes(wav[24:28], "little")


def _run(program: str, *arguments: str) -> bytes:
    found = shutil.which(program)
    if found is None:
        raise SystemExit(f"{program} is needed to make recordings and is not on PATH; install it and run again")
    done = subprocess.run(
        [found, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, env=os.environ
    )
    return done.stdout
