"""What is put to both sides, mlx-vlm through our adapter and transformers, and which of its figures are kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from batch.gemma.processor import Processor
from batch.media.image import LoadedImage
from batch.prepared import Prepared
from batch.records import RequestKey
from tests.gemma.tiny import SOFT_TOKENS, Architecture, Noise

FIXTURES = Path(__file__).parent / "parity"
POSITIONS = 16  # per case, evenly spread, first and last included
VOCABULARY_STEP = 16  # every 16th token's logit


@dataclass(frozen=True)
class Case:
    """A request before it is prepared: images are (height, width) in pixels, clips are seconds."""

    prompt: str
    images: tuple[tuple[int, int], ...] = ()
    clips: tuple[float, ...] = ()


CASES: dict[str, Case] = {
    "text": Case("What is in the image?"),
    "text longer than the window": Case("The quick brown fox jumps over the lazy dog. " * 4),
    "small image": Case("describe", images=((96, 96),)),
    "image longer than the window": Case("describe this image in detail", images=((480, 640),)),
    "tall image": Case("describe", images=((1000, 300),)),
    "two images": Case("compare", images=((200, 300), (400, 100))),
    "audio": Case("transcribe", clips=(1.3,)),
    "audio that milliseconds would miscount": Case("transcribe", clips=(7.77,)),
    "image and audio": Case("both", images=((300, 200),), clips=(2.0,)),
    "two clips of different length": Case("transcribe", clips=(1.0, 3.1)),
}


def cases(architecture: Architecture) -> list[str]:
    return [name for name, case in CASES.items() if architecture == "e" or not case.clips]


def pictures(case: Case) -> list[NDArray[np.uint8]]:
    """uint8 [height, width, 3] each: gradients with noise."""
    noise = Noise(11)
    made = []
    for height, width in case.images:
        slope = np.add.outer(np.arange(height) * 3, np.arange(width) * 5)[..., None] * np.array([1, 2, 3])
        made.append(((slope + noise.integers(0, 60, slope.size).reshape(slope.shape)) % 256).astype(np.uint8))
    return made


def sounds(case: Case) -> list[NDArray[np.float32]]:
    """float32 mono 16 kHz: a wandering tone in noise."""
    noise = Noise(12)
    made = []
    for seconds in case.clips:
        count = int(16_000 * seconds)
        phase = np.cumsum(1100 + 500 * noise(count).astype(np.float64)) / 16_000
        made.append((0.3 * np.sin(2 * np.pi * phase) + 0.05 * noise(count)).astype(np.float32))
    return made


def prepare(model_path: Path, case: Case) -> Prepared:
    images = [LoadedImage(pixels, *pixels.shape[:2]) for pixels in pictures(case)]
    return Processor.load(model_path).prepare(
        RequestKey(0, 0, 0), prompt=case.prompt, images=images, audio=sounds(case), soft_tokens=SOFT_TOKENS
    )


def kept(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """[tokens, vocabulary] -> [16, vocabulary / 16], what a fixture holds."""
    positions = np.linspace(0, len(logits) - 1, POSITIONS).round().astype(int)
    return logits[positions][:, ::VOCABULARY_STEP]
