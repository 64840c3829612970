"""Recordings of every length, rate and number of channels: as many soft tokens as the reference counts, or a name for
what is wrong. A sample of them always, every 10 ms from 0 to 31 s when asked (`pytest -m slow`)."""

import itertools

import numpy as np
import pytest

from batch.errors import RowError
from batch.gemma.features import MAX_SAMPLES, audio_tokens, mel_frames
from batch.media.segments import MIN_SEGMENT_SAMPLES, Segments
from tests.media.recordings import wav

RATES = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000)
CHANNELS = range(1, 9)
# Rates and channels in turn, so that every pair meets lengths of all kinds: 9 and 8 have no common factor.
KINDS = list(zip(itertools.cycle(RATES), itertools.cycle(CHANNELS), range(3101)))
SAMPLED = [0, 1, 2, 4, 7, 99, 250, 333, 777, 1501, 2044, 2998, 2999, 3000, 3001, 3002, 3100]
RESAMPLED = 40  # samples that a change of rate may add or take away (measured: 18 at most)


def reference_tokens(samples: int) -> int:
    """transformers' Gemma4Processor: frames of 20 ms every 10 ms, half a frame of padding before the first, through two
    convolutions of kernel 3, stride 2, padding 1."""
    frames = (samples + 160 - 321) // 160 + 1
    for _ in range(2):
        frames = (frames + 2 * 1 - 3) // 2 + 1
    return frames


def check(rate: int, channels: int, hundredths: int) -> None:
    noise = np.random.default_rng(hundredths).normal(0, 0.05, round(rate * hundredths / 100)).astype(np.float32)
    content = wav(np.repeat(noise[:, None], channels, axis=1), rate)
    try:
        (segment,) = Segments(content, "off")
        tokens = audio_tokens(len(mel_frames(segment.samples)))
    except RowError as error:
        expected = "undecodable" if hundredths == 0 else "audio_too_long"
        assert (error.kind, hundredths == 0 or hundredths >= 3000) == (expected, True)  # noqa: PT017
        return
    samples = round(segment.end_s * 16_000)
    assert abs(samples - hundredths * 160) <= RESAMPLED
    assert samples <= MAX_SAMPLES
    assert tokens == reference_tokens(max(samples, MIN_SEGMENT_SAMPLES))


@pytest.mark.parametrize("hundredths", SAMPLED)
def test_a_recording_of_any_kind_has_the_references_tokens_or_a_named_fault(hundredths: int) -> None:
    for rate, channels, _ in (KINDS[hundredths], KINDS[(hundredths + 31) % 72], (192_000, 8, 0), (8_000, 1, 0))[
        : 4 if hundredths < 300 else 1
    ]:
        check(rate, channels, hundredths)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_hundredth_of_a_second_has_the_references_tokens_or_a_named_fault() -> None:
    for rate, channels, hundredths in KINDS:
        check(rate, channels, hundredths)
