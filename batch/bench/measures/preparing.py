"""How fast media become requests, per core: photos of 12 megapixels, and recordings decoded and cut at pauses.

Processor time of this thread's process, so that other work on the machine does not count.
"""

import io
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pi_heif
from PIL import Image

import batch.gemma
from batch.gemma.features import image_pixels, image_size
from batch.media.audio import SAMPLE_RATE, Recording, write_clips
from batch.media.image import ImageLimits, load
from batch.media.segments import Segments

SIDES_PX = (3024, 4032)  # 12 megapixels, as phones take them
BUDGETS = (70, 280, 1120)
REPEATS = 3
SPEECH = Path(batch.gemma.__file__).parent / "canary" / "long.opus"  # 43 s of the canary's
PAUSE_S = 7.0  # between its repetitions
RECORDING_S = 300.0


def measure(photos: Sequence[Path], told: Callable[[str], None]) -> dict[str, Any]:
    """Photos per second and core by budget, against Pillow's plain decode and resize to the same size: a JPEG made
    here, and the files given; and hours of speech per minute and core. Raises RowError for a file that is none."""
    pi_heif.register_heif_opener()
    pictures = {"a JPEG of 12 megapixels": _jpeg(), **{photo.name: photo.read_bytes() for photo in photos}}
    found = {}
    for name, content in pictures.items():
        told(f"preparing: {name}")
        found[name] = {str(budget): _photo(content, budget) for budget in BUDGETS}
    told("preparing: speech")
    with tempfile.TemporaryDirectory() as folder:
        return {"photos": found, "speech": [_speech(path) for path in _recordings(Path(folder))]}


def _jpeg() -> bytes:
    """Smooth, with a little noise: 4 to 5 MB, as phones make them."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (63, 84, 3)).astype(np.uint8))
    picture = np.asarray(coarse.resize((SIDES_PX[1], SIDES_PX[0]), Image.Resampling.BICUBIC)).astype(np.int16)
    noisy = np.clip(picture + random.normal(0, 6, (*SIDES_PX, 1)), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noisy).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _photo(content: bytes, budget: int) -> dict[str, float]:
    with Image.open(io.BytesIO(content)) as opened:
        height, width = image_size(opened.height, opened.width, budget)

    def ours() -> None:
        loaded = load(content, ImageLimits(), lambda high, wide: image_size(high, wide, budget))
        image_pixels(loaded, budget)

    def plain() -> None:
        with Image.open(io.BytesIO(content)) as picture:
            resized = picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
        np.asarray(resized, np.float32).transpose(2, 0, 1) / np.float32(255)

    seconds, plain_s = _cpu_s(ours), _cpu_s(plain)
    return {"per_s": 1 / seconds, "plain_per_s": 1 / plain_s, "times_as_fast": plain_s / seconds}


def _recordings(folder: Path) -> list[Path]:
    """Five minutes of speech and pauses, as WAV and as MP3."""
    spoken = np.concatenate([*Recording(SPEECH), np.zeros(round(PAUSE_S * SAMPLE_RATE), np.float32)])
    samples = np.resize(spoken, round(RECORDING_S * SAMPLE_RATE))
    plain, packed = folder / "speech.wav", folder / "speech.mp3"
    with wave.open(str(plain), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    write_clips(Recording(plain), [(0.0, RECORDING_S)], [packed])
    return [plain, packed]


def _speech(path: Path) -> dict[str, Any]:
    heard: list[float] = []

    def decode() -> None:
        segments = Segments(path, "vad")
        count = sum(1 for _ in segments)
        heard[:] = [segments.summary.audio_seconds or 0.0, float(count)]

    seconds = _cpu_s(decode)
    return {
        "file": path.name,
        "audio_s": heard[0],
        "segments": int(heard[1]),
        "hours_per_minute": heard[0] / seconds / 60,
    }


def _cpu_s(run: Callable[[], None], repeats: int = REPEATS) -> float:
    """The median of `repeats`, after one that is not counted."""
    run()
    taken: list[float] = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return median(taken)
