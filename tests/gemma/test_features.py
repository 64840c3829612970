"""Pixels and mel frames equal those of the libraries, and audio counts those of the reference."""

import json
import math
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from mlx_vlm.models.gemma4.processing_gemma4 import Gemma4ImageProcessor
from numpy.typing import NDArray
from PIL import Image
from transformers import Gemma4AudioFeatureExtractor

from batch.errors import ModelError, RowError
from batch.gemma.decoding.vision import unit
from batch.gemma.features import (
    AUDIO_SETTINGS,
    IMAGE_SETTINGS,
    MAX_SAMPLES,
    MIN_SAMPLES,
    audio_tokens,
    check_settings,
    image_pixels,
    image_size,
    image_tokens,
    mel_frames,
)
from batch.media.image import LoadedImage

COUNTS = json.loads((Path(__file__).parent / "fixtures" / "audio_tokens.json").read_text())["samples_and_soft_tokens"]
SIZES = [
    (480, 640),
    (640, 480),
    (48, 48),
    (100, 37),
    (1, 1),
    (9, 900),
    (2000, 30),
    (768, 768),
    (1500, 2100),
    (336, 480),
]


def picture(height: int, width: int) -> LoadedImage:
    pixels = np.random.default_rng(height * 7919 + width).integers(0, 256, (height, width, 3), np.uint8)
    return LoadedImage(pixels, height, width)


def sound(samples: int) -> NDArray[np.float32]:
    time = np.arange(samples) / 16000
    noise = np.random.default_rng(samples).normal(0, 0.05, samples)
    return (0.4 * np.sin(2 * math.pi * 440 * time * (1 + 0.1 * time)) + noise).astype(np.float32)


@pytest.mark.parametrize("soft_tokens", [70, 140, 280, 560, 1120])
def test_pixels_and_counts_are_exactly_the_librarys(soft_tokens: int) -> None:
    library = Gemma4ImageProcessor(max_soft_tokens=soft_tokens)
    for height, width in SIZES:
        image = picture(height, width)
        theirs, counts = library([Image.fromarray(image.pixels)])
        ours = image_pixels(image, soft_tokens)
        assert ours.dtype == np.uint8
        assert ours.flags.c_contiguous
        np.testing.assert_array_equal(np.array(unit(mx.array(ours))), theirs["pixel_values"][0])
        assert image_tokens(ours) == counts[0] <= soft_tokens


def test_a_picture_decoded_at_reduced_scale_is_sized_by_its_original() -> None:
    reduced = LoadedImage(np.zeros((3, 19, 3), np.uint8), height=17, width=151)  # 1/8, rounded up
    assert image_pixels(reduced, 280).shape[1:] == image_size(17, 151, 280) == (240, 2352)
    assert image_size(3, 19, 280) == (288, 2016)


@pytest.mark.parametrize("samples", [161, 320, 1000, 8000, 16000, 40037, 124321, MAX_SAMPLES])
def test_mel_frames_are_the_references_valid_frames(samples: int) -> None:
    wave = sound(samples)
    theirs = Gemma4AudioFeatureExtractor()([wave], sampling_rate=16000)
    valid = theirs["input_features"][0][theirs["input_features_mask"][0]]
    ours = mel_frames(wave)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, valid, rtol=0, atol=1e-5)


def test_audio_counts_are_the_references_for_every_duration() -> None:
    assert len(COUNTS) > 100
    ours = [[samples, audio_tokens(len(mel_frames(np.zeros(samples, np.float32))))] for samples, _ in COUNTS]
    assert ours == COUNTS
    by_duration = [math.ceil(samples / 16 / 40) for samples, _ in COUNTS]
    assert sum(naive != count for naive, (_, count) in zip(by_duration, COUNTS, strict=True)) > 20


def test_audio_beyond_thirty_seconds_is_refused_not_cut() -> None:
    with pytest.raises(RowError) as caught:
        mel_frames(np.zeros(MAX_SAMPLES + 1, np.float32))
    assert caught.value.kind == "audio_too_long"


def test_audio_below_one_frame_is_refused() -> None:
    assert mel_frames(np.zeros(MIN_SAMPLES, np.float32)).shape == (1, 128)
    with pytest.raises(RowError) as caught:
        mel_frames(np.zeros(MIN_SAMPLES - 1, np.float32))
    assert caught.value.kind == "undecodable"


def test_settings_we_do_not_compute_are_refused_by_name() -> None:
    check_settings(
        "image_processor", {"patch_size": 16, "size": None, "rescale_factor": 0.00392156862745098}, IMAGE_SETTINGS
    )
    with pytest.raises(ModelError, match=r"image_processor\.patch_size is 14; only 16 is computed here"):
        check_settings("image_processor", {"patch_size": 14}, IMAGE_SETTINGS)
    with pytest.raises(ModelError, match=r"feature_extractor\.loudness = 3 is new to this version"):
        check_settings("feature_extractor", {"loudness": 3}, AUDIO_SETTINGS)
