"""The processor: what a request says and shows -> Prepared. The protocol, and a fake one for `model: fake`.

A processor runs in the preparers and needs neither a model's weights nor MLX. The real one is
gemma/processor.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from batch.prepared import Prepared, Sampling
from batch.records import RequestKey

FAKE_SIDE_PX = 64
CELL_PX = 48  # a soft token is a cell of 48 x 48 pixels


class Processor(Protocol):
    """Makes requests ready for one model."""

    def modalities(self) -> set[str]:
        """The media the model takes: of "image", "audio"."""

    def image_size(self, height: int, width: int, soft_tokens: int) -> tuple[int, int]:
        """(height, width) in pixels at which the model sees a picture of this size with this budget."""

    def prepare(
        self,
        key: RequestKey,
        *,
        prompt: str,
        system: str | None,
        images: Sequence[Any],
        audio: Sequence[NDArray[np.float32]],
        soft_tokens: int,
        max_tokens: int,
        sampling: Sampling,
        json_schema: str | None,
    ) -> Prepared:
        """`images` are media.image.LoadedImage, `audio` mono 16 kHz clips. Raises RowError for what this
        request alone cannot do."""


class FakeProcessor:
    """Token ids are the UTF-8 bytes of system and prompt; media travel along, small, and mean nothing."""

    def modalities(self) -> set[str]:
        return {"image", "audio"}

    def image_size(self, height: int, width: int, soft_tokens: int) -> tuple[int, int]:
        factor = min(1.0, (soft_tokens * CELL_PX**2 / (height * width)) ** 0.5)
        return max(1, round(height * factor)), max(1, round(width * factor))

    def prepare(
        self,
        key: RequestKey,
        *,
        prompt: str,
        system: str | None = None,
        images: Sequence[Any] = (),
        audio: Sequence[NDArray[np.float32]] = (),
        soft_tokens: int = 280,
        max_tokens: int = 256,
        sampling: Sampling | None = None,
        json_schema: str | None = None,
    ) -> Prepared:
        text = f"{system}\n{prompt}" if system else prompt
        return Prepared(
            key,
            np.frombuffer(text.encode(), np.uint8).astype(np.int32),
            tuple(_thumbnail(image.pixels) for image in images),
            tuple(samples[: len(samples) // 128 * 128].reshape(-1, 128) for samples in audio),
            max_tokens,
            sampling or Sampling(),
            json_schema,
            tuple(dict.fromkeys(flag for image in images for flag in image.flags)),
        )


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    step = max(1, -(-max(pixels.shape[:2]) // FAKE_SIDE_PX))
    return np.ascontiguousarray(pixels[::step, ::step].transpose(2, 0, 1))


def open_processor(model_path: str) -> Processor:
    """The processor of the checkpoint in this folder; an empty path asks for the fake one."""
    if not model_path:
        return FakeProcessor()
    # Late, so that a preparer of the fake model needs neither the tokenizer library nor a checkpoint.
    from batch.gemma.processor import Processor as GemmaProcessor

    return GemmaProcessor.load(Path(model_path))
