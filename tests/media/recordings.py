"""Recordings made for tests: real speech from tests/data, placed at known times, written in any format."""

import io
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

DATA = Path(__file__).parent.parent / "data"
SAMPLE_RATE = 16_000
FF_QP2LAMBDA = 118  # libavutil/avutil.h: ffmpeg's unit of quality
Samples = NDArray[np.float32]


@cache
def speech(name: str = "librivox_austen_0880.wav") -> Samples:
    """One sentence, float32 [n], 16 kHz, its silent ends cut off."""
    samples, rate = soundfile.read(DATA / name, dtype="float32")
    assert rate == SAMPLE_RATE
    loud = np.nonzero(np.abs(samples) > 0.02)[0]
    return samples[loud[0] : loud[-1] + 1]


def silence(seconds: float, noise: float = 0.0005) -> Samples:
    """A quiet room: white noise of that amplitude."""
    return np.random.default_rng(7).normal(0, noise, round(seconds * SAMPLE_RATE)).astype(np.float32)


def made(*parts: Samples) -> Samples:
    return np.concatenate(parts)


def wav(samples: NDArray, rate: int = SAMPLE_RATE, *, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    """`samples` [n] or [n, channels]."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


def encoded(samples: Samples, container: str, codec: str, rate: int = 48_000, *, variable: bool = False) -> bytes:
    """Mono speech as `container` with `codec`, by ffmpeg's own encoder. `variable`: of variable bit rate, and an MP3
    without a header that tells its length."""
    file = io.BytesIO()
    quality = {"flags": "+qscale", "global_quality": str(2 * FF_QP2LAMBDA)} if variable else {}
    with av.open(
        file, "w", format=container, options={"write_xing": "0"} if variable and codec != "aac" else {}
    ) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono", options=quality)
        if not variable:
            stream.bit_rate = 64_000
        resampler = av.AudioResampler(
            format=stream.codec_context.format or "fltp", layout="mono", rate=rate, frame_size=stream.frame_size or 1024
        )
        source = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        source.sample_rate = SAMPLE_RATE
        source.time_base = Fraction(1, SAMPLE_RATE)
        source.pts = 0
        for frame in (*resampler.resample(source), *resampler.resample(None)):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()
