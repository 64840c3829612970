"""Pixels and mel frames as Gemma 4's towers take them, in NumPy. No MLX, no transformers, no tokens.

Sources: transformers models/gemma4/image_processing_pil_gemma4.py and feature_extraction_gemma4.py, and
mlx_vlm models/gemma4/processing_gemma4.py (both Apache-2.0). The tests hold the two sides equal.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch.errors import ModelError, RowError
from batch.media.image import LoadedImage, resize

# ---------------------------------------------------------------- images
PATCH_PX = 16
POOL = 3  # pooling joins 3 x 3 patches into one soft token
SIDE_PX = PATCH_PX * POOL
RESCALE = 1 / 255

# ---------------------------------------------------------------- audio
SAMPLE_RATE = 16_000
MAX_AUDIO_S = 30
MAX_SAMPLES = SAMPLE_RATE * MAX_AUDIO_S
FRAME = 320  # samples, 20 ms
HOP = 160  # samples, 10 ms
FFT = 512
MELS = 128
MEL_FLOOR = 1e-3
PAD_LEFT = FRAME // 2  # "semicausal": the first frame is centred on the first sample
MIN_SAMPLES = FRAME + 1 - PAD_LEFT

# What processor_config.json may say: these values, or nothing. Anything else would be computed wrongly here.
IMAGE_SETTINGS: dict[str, Any] = {
    "do_resize": True, "do_rescale": True, "do_normalize": False, "do_convert_rgb": True, "patch_size": PATCH_PX,
    "pooling_kernel_size": POOL, "resample": 3, "rescale_factor": RESCALE,
}  # fmt: skip
AUDIO_SETTINGS: dict[str, Any] = {
    "feature_size": MELS, "sampling_rate": SAMPLE_RATE, "frame_length": FRAME, "hop_length": HOP, "fft_length": FFT,
    "frame_length_ms": 20.0, "hop_length_ms": 10.0, "min_frequency": 0.0, "max_frequency": 8000.0,
    "mel_floor": MEL_FLOOR, "preemphasis": 0.0, "dither": 0.0, "input_scale_factor": 1.0, "fft_overdrive": False,
    "per_bin_mean": None, "per_bin_stddev": None, "padding_value": 0.0,
    "num_mel_filters": MELS,  # how a conversion by mlx-vlm rewrites the file
}  # fmt: skip
# Settings that change nothing of what is computed here.
IGNORED = {
    "image_processor_type", "feature_extractor_type", "image_seq_length", "max_soft_tokens", "image_mean", "image_std",
    "size", "padding_side", "preemphasis_htk_flavor", "return_attention_mask", "processor_class",
    "chunk_duration", "overlap_duration",  # mlx-vlm writes them on conversion and never reads them
}  # fmt: skip


def check_settings(section: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raises ModelError where a checkpoint's processor_config.json asks for features we do not make."""
    for key, value in given.items():
        if key in IGNORED or value is None:
            continue
        if key not in known:
            raise ModelError(f"processor_config.json: {section}.{key} = {value!r} is new to this version; update it.")
        if known[key] != value and not (isinstance(value, float) and math.isclose(known[key], value, rel_tol=1e-9)):
            raise ModelError(
                f"processor_config.json: {section}.{key} is {value!r}; only {known[key]!r} is computed here. "
                "Use an unchanged Gemma 4 checkpoint."
            )


def image_size(height: int, width: int, soft_tokens: int) -> tuple[int, int]:
    """(height, width) in pixels to resize to: the largest with this aspect ratio whose sides are multiples
    of 48 px and whose 48 x 48 cells number at most `soft_tokens`. A side that would vanish becomes 48."""
    factor = math.sqrt(soft_tokens * SIDE_PX**2 / (height * width))
    target_height = math.floor(factor * height / SIDE_PX) * SIDE_PX
    target_width = math.floor(factor * width / SIDE_PX) * SIDE_PX
    longest = soft_tokens * SIDE_PX
    if target_height == 0:
        return SIDE_PX, min(width // height * SIDE_PX, longest)
    if target_width == 0:
        return min(height // width * SIDE_PX, longest), SIDE_PX
    return target_height, target_width


def image_pixels(image: LoadedImage, soft_tokens: int) -> NDArray[np.uint8]:
    """uint8 [3, height, width], sized by `image_size` of the picture's original size.

    Bytes until the device has them, where `decoding/vision.py` multiplies them by RESCALE: a quarter of what a process
    hands to the next, and the same floats."""
    height, width = image_size(image.height, image.width, soft_tokens)
    return np.ascontiguousarray(resize(image.pixels, height, width).transpose(2, 0, 1))


def image_tokens(pixels: NDArray[np.uint8]) -> int:
    """Soft tokens of an image of `image_pixels`."""
    height, width = pixels.shape[1:]
    return int(height // SIDE_PX * (width // SIDE_PX))


def mel_frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [frames, 128] log-mel of mono 16 kHz `samples`: frames made of real samples only.

    Raises RowError: audio_too_long above 30 s (the library would cut it in silence), undecodable below
    one frame (10 ms).
    """
    if len(samples) > MAX_SAMPLES:
        raise RowError(
            "audio_too_long",
            f"{len(samples) / SAMPLE_RATE:.1f} s of audio in one request; Gemma 4 hears {MAX_AUDIO_S} s. "
            "Use media.segment: vad or window, or task: transcribe.",
        )
    if len(samples) < MIN_SAMPLES:
        raise RowError("undecodable", f"{len(samples)} samples of audio; at least {MIN_SAMPLES} (10 ms) are needed")
    padded = np.concatenate([np.zeros(PAD_LEFT, np.float32), samples.astype(np.float32, copy=False)])
    count = (len(padded) - (FRAME + 1)) // HOP + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[: count * HOP : HOP]
    spectrum = np.abs(np.fft.rfft(frames * _window(), n=FFT, axis=-1))
    return np.log(spectrum @ _mel_filters() + MEL_FLOOR).astype(np.float32)


def audio_tokens(frames: int) -> int:
    """Soft tokens of a clip: its mel frames through two convolutions of kernel 3, stride 2, padding 1.
    (Counting 40 ms each gives one too many for about a quarter of all lengths.)"""
    for _ in range(2):
        frames = (frames + 2 - 3) // 2 + 1
    return frames


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    """Periodic Hann."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)


@lru_cache(maxsize=1)
def _mel_filters() -> NDArray[np.float64]:
    """[257, 128] triangles on the HTK mel scale, 0 to 8000 Hz, not normalised (transformers' mel_filter_bank)."""
    highest = 2595.0 * math.log10(1.0 + (SAMPLE_RATE / 2) / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(0.0, highest, MELS + 2) / 2595.0) - 1.0)
    bins = np.linspace(0, SAMPLE_RATE // 2, FFT // 2 + 1)
    slopes = corners[None, :] - bins[:, None]
    widths = np.diff(corners)
    filters: NDArray[np.float64] = np.maximum(
        0.0, np.minimum(-slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:])
    )
    return filters
