"""A request as the text model takes it: ids, what each of them stands for, and the features of its media."""

from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from batch.errors import RowError

IMAGE, AUDIO = 1, 3  # mm_token_type_ids; 0 is text


@dataclass(frozen=True)
class Prompt:
    """`ids` and `kinds` int32 [n]; `features` [placeholders, hidden] for the places whose kind is not 0, in order."""

    ids: NDArray[np.int32]
    kinds: NDArray[np.int32]
    features: mx.array | None = None
    media_keys: tuple[bytes, ...] = ()  # of its media, where all are known: equal keys, equal features

    @property
    def media_end(self) -> int:
        """The first position after all media; 0 for text alone."""
        return int(np.flatnonzero(self.kinds)[-1]) + 1 if self.features is not None else 0

    @property
    def has_images(self) -> bool:
        return bool((self.kinds == IMAGE).any())


def kinds_of(ids: NDArray[np.int32], image_id: int, audio_id: int) -> NDArray[np.int32]:
    return np.select([ids == image_id, ids == audio_id], [IMAGE, AUDIO], 0).astype(np.int32)


def with_features(
    ids: NDArray[np.int32], kinds: NDArray[np.int32], images: list[mx.array], clips: list[mx.array]
) -> Prompt:
    """`images` and `clips`: [soft tokens, hidden] each, in the order of their placeholders.

    Raises RowError where placeholders and features differ in number (mlx-vlm would fill up with wrapped ones).
    """
    for kind, noun, found in ((IMAGE, "image", images), (AUDIO, "audio", clips)):
        places, count = int((kinds == kind).sum()), sum(one.shape[0] for one in found)
        if places != count:
            raise RowError("worker_crash", f"{places} {noun} placeholders in the prompt for {count} {noun} features")
    if not images or not clips:
        found = images or clips
        return Prompt(ids, kinds, mx.concatenate(found) if found else None)
    # Both: the features stand by kind, the places by position.
    media = kinds[kinds > 0]
    place = np.empty(len(media), np.int32)
    place[media == IMAGE] = np.arange((media == IMAGE).sum())
    place[media == AUDIO] = np.arange((media == AUDIO).sum()) + (media == IMAGE).sum()
    return Prompt(ids, kinds, mx.concatenate([*images, *clips])[mx.array(place)])
