"""One request -> Prepared, for Gemma 4. NumPy, tokenizers and Jinja2 only: preparers start in a moment.

chat.py makes the tokens, features.py the pixels and mel frames; this file joins them and reads from the
checkpoint what may be asked of it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from batch.config.sections import SOFT_TOKEN_BUDGETS
from batch.errors import ModelError, RowError
from batch.gemma.chat import MEDIA_TOKENS, ORDER, Chat, Part, check_length
from batch.gemma.features import (
    AUDIO_SETTINGS,
    IMAGE_SETTINGS,
    PATCH_PX,
    audio_tokens,
    check_settings,
    image_pixels,
    image_size,
    image_tokens,
    mel_frames,
)
from batch.gemma.headers import read_json
from batch.media.image import LoadedImage
from batch.prepared import Prepared, Sampling
from batch.records import RequestKey

MODEL_TYPES = ("gemma4",)


class Processor:
    """A checkpoint's way from texts and media to `Prepared`."""

    def __init__(self, chat: Chat, *, positions: int, position_table: int | None, audio: bool) -> None:
        """`positions`: the longest context; `position_table`: patches per image side the vision tower
        knows (None: there is no vision tower); `audio`: whether there is an audio tower."""
        self._chat = chat
        self._positions = positions
        self._position_table = position_table
        self._audio = audio

    @classmethod
    def load(cls, model_path: Path) -> "Processor":
        """From a checkpoint folder (no weights are read). Raises ModelError: a file is missing or broken, or
        asks for something unknown here."""
        config = read_json(model_path / "config.json")
        if config.get("model_type") not in MODEL_TYPES:
            raise ModelError(
                f"{model_path}: model_type {config.get('model_type')!r} is not supported; {', '.join(MODEL_TYPES)} is."
            )
        settings = read_json(model_path / "processor_config.json")
        check_settings("image_processor", settings.get("image_processor") or {}, IMAGE_SETTINGS)
        check_settings("feature_extractor", settings.get("feature_extractor") or {}, AUDIO_SETTINGS)
        chat = Chat.load(model_path)
        vision, audio = config.get("vision_config"), config.get("audio_config")
        if vision:
            _check_media(chat, config, "image")
        if audio:
            _check_media(chat, config, "audio")
        try:
            positions = int(config["text_config"]["max_position_embeddings"])
            table = int(vision["position_embedding_size"]) if vision else None
        except (KeyError, TypeError) as error:
            raise ModelError(f"{model_path}/config.json: no {error}; download the model again.") from error
        return cls(chat, positions=positions, position_table=table, audio=bool(audio))

    def modalities(self) -> set[str]:
        """The media this checkpoint has towers for, by its config: "image", "audio"."""
        towers = {"image": self._position_table is not None, "audio": self._audio}
        return {medium for medium, present in towers.items() if present}

    def image_size(self, height: int, width: int, soft_tokens: int) -> tuple[int, int]:
        """(height, width) in pixels at which the model sees a picture of this size."""
        return image_size(height, width, soft_tokens)

    def prepare(
        self,
        key: RequestKey,
        *,
        prompt: str,
        system: str | None = None,
        images: Sequence[LoadedImage] = (),
        audio: Sequence[NDArray[np.float32]] = (),
        soft_tokens: int = 280,
        max_tokens: int = 256,
        sampling: Sampling | None = None,
        json_schema: str | None = None,
        order: Sequence[Part] = ORDER,
    ) -> Prepared:
        """`audio`: mono 16 kHz clips. `soft_tokens`: budget of each image, one of 70 140 280 560 1120.

        Raises RowError: prompt_too_long, audio_too_long, undecodable (less than a frame of audio), too_large (an
        image too long and thin for the vision tower); ModelError for a medium without a tower.
        """
        if soft_tokens not in SOFT_TOKEN_BUDGETS:
            raise ValueError(f"soft_tokens {soft_tokens} is none of {SOFT_TOKEN_BUDGETS}")
        for medium, given in (("image", images), ("audio", audio)):
            if given and medium not in self.modalities():
                raise ModelError(f"this checkpoint has no {medium} tower, and a row brings {medium}.")
        pixels = tuple(self._pixels(image, soft_tokens) for image in images)
        mels = tuple(mel_frames(samples) for samples in audio)
        ids = self._chat.encode(
            prompt,
            system,
            images=[image_tokens(image) for image in pixels],
            audio=[audio_tokens(len(frames)) for frames in mels],
            order=order,
        )
        check_length(len(ids), max_tokens, self._positions)
        flags = tuple(dict.fromkeys(flag for image in images for flag in image.flags))
        return Prepared(key, ids, pixels, mels, max_tokens, sampling or Sampling(), json_schema, flags)

    def _pixels(self, image: LoadedImage, soft_tokens: int) -> NDArray[np.uint8]:
        pixels = image_pixels(image, soft_tokens)
        patches = max(pixels.shape[1:]) // PATCH_PX
        if self._position_table is not None and patches > self._position_table:
            raise RowError(
                "too_large",
                f"an image of {image.width} x {image.height} is too long and thin: {patches} patches on one side, the "
                f"model knows {self._position_table}; crop it or lower media.soft_tokens",
            )
        return pixels


def _check_media(chat: Chat, config: dict[str, Any], part: Literal["image", "audio"]) -> None:
    """Template, tokenizer and config.json must mean the same tokens."""
    chat.check_media(part)
    for name in MEDIA_TOKENS[part]:
        # transformers has called the end of audio `eoa_token_index`.
        said = config.get(f"{name}_id", config.get(f"{name}_index"))
        if said != chat.token_id(name):
            raise ModelError(
                f"config.json says {name} is {said!r}, the tokenizer {chat.token_id(name)}; download again."
            )
