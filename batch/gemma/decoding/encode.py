"""Media through their towers, ahead of need: images of one size together, clips of one length together."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from batch.errors import RowError
from batch.gemma.decoding.choose import evaluate
from batch.gemma.decoding.prompt import Prompt, kinds_of, with_features
from batch.gemma.decoding.vision import VisionTower
from batch.gemma.features import audio_tokens
from batch.gemma.memory import SOFT_TOKENS_AT_ONCE
from batch.prepared import Prepared

AUDIO_BUCKETS = (100, 250, 500, 1000, 1500, 2000, 2500, 3000)  # mel frames of 10 ms that a clip is filled up to
MOST_IMAGES_AT_ONCE = 32
CLIPS_AT_ONCE = 4
KEPT_BYTES = 256 * 1024**2  # features kept for the next request with the same medium

Pixels = NDArray[np.uint8]  # an image [3, height, width]
Mel = NDArray[np.float32]  # a clip's mel frames [frames, 128]


class Towers:
    """The checkpoint's vision and audio towers. Raises RowError where one is absent."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._name = name
        self.placeholders = (model.config.image_token_id, model.config.audio_token_id)
        self._vision = VisionTower(model) if model.vision_tower is not None else None

    def images(self, pixels: Sequence[Pixels]) -> list[mx.array]:
        """Images of one size -> [soft tokens, hidden] each."""
        if self._vision is None:
            raise RowError("unsupported_format", f"{self._name} has no vision tower")
        # One array for all of them: each is memory of its own that the device has to fetch.
        return list(self._vision(mx.array(np.stack(pixels))))

    def clips(self, mels: Sequence[Mel]) -> list[mx.array]:
        """Clips of one bucket -> [soft tokens, hidden] each.

        Memory grows with the number of distinct shapes, so the tower sees few. It leaves masked frames out at every
        layer: the features of the others are the same bits (tests/gemma/test_adapter.py).
        """
        if self._model.audio_tower is None:
            raise RowError("unsupported_format", f"{self._name} has no audio tower")
        length = bucket(mels[0])
        filled = np.stack([np.pad(mel, ((0, length - len(mel)), (0, 0))) for mel in mels])
        masked = np.stack([np.arange(length) >= len(mel) for mel in mels])
        encoded, _ = self._model.audio_tower(mx.array(filled), mx.array(masked))
        features: mx.array = self._model.embed_audio(encoded)
        return [features[number, : audio_tokens(len(mel))] for number, mel in enumerate(mels)]


def bucket(mel: Mel) -> int:
    """The frames a clip is filled up to."""
    return next((size for size in AUDIO_BUCKETS if size >= len(mel)), len(mel))


@dataclass
class _Request:
    """A request whose media are not all encoded: `found[n]` is the n-th medium's features."""

    number: int
    prepared: Prepared
    found: dict[int, mx.array] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return len(self.found) == len(self.prepared.media)


@dataclass(frozen=True)
class Refused:
    """A request that could not be encoded, and why."""

    number: int
    error: Exception


class Encoder:
    """Requests in; prompts out, in the order they came."""

    def __init__(self, towers: Towers, *, reuse: bool = True) -> None:
        self._towers = towers
        self._waiting: deque[_Request] = deque()
        self._kept: OrderedDict[bytes, mx.array] | None = OrderedDict() if reuse else None

    def add(self, number: int, prepared: Prepared) -> None:
        self._waiting.append(_Request(number, prepared))

    def remove(self, number: int) -> None:
        self._waiting = deque(request for request in self._waiting if request.number != number)

    def __len__(self) -> int:
        return len(self._waiting)

    def waiting(self, count: int) -> list[Prepared]:
        """The first `count` requests, at most."""
        return [request.prepared for request in islice(self._waiting, max(0, count))]

    def advance(self) -> list[tuple[int, Prompt] | Refused]:
        """Encode one batch: the first medium that is wanted, and with it others of its size among those that wait.
        Returns the requests at the head of the queue that are complete, and what failed. The device may not be done."""
        return [*self._encode(), *self.complete()]

    def complete(self) -> list[tuple[int, Prompt] | Refused]:
        """The requests at the head of the queue that want no encoding, or no more of it."""
        done: list[tuple[int, Prompt] | Refused] = []
        while self._waiting and self._waiting[0].complete:
            request = self._waiting.popleft()
            try:
                done.append((request.number, self._prompt(request)))
            except RowError as error:
                done.append(Refused(request.number, error))
        return done

    def _encode(self) -> list[Refused]:
        wanted = [
            (request, place)
            for request in self._waiting
            for place in range(len(request.prepared.media))
            if place not in request.found and not self._recall(request, place)
        ]
        if not wanted:
            return []
        first = _shape(*wanted[0])
        alike = self._each_once([one for one in wanted if _shape(*one) == first])[: _at_once(first)]
        try:
            self._run(alike)
            return []
        except (RowError, RuntimeError, ValueError):  # MLX: a shape that cannot be, a buffer that is too large
            return [refused for one in alike if (refused := self._alone(*one)) is not None]

    def _alone(self, request: _Request, place: int) -> Refused | None:
        try:
            self._run([(request, place)])
        except (RowError, RuntimeError, ValueError) as error:
            self.remove(request.number)
            return Refused(request.number, error)
        return None

    def _run(self, batch: list[tuple[_Request, int]]) -> None:
        media: list[Any] = [request.prepared.media[place] for request, place in batch]
        encode = self._towers.images if media[0].ndim == 3 else self._towers.clips
        found = encode(media)
        evaluate(found)
        for (request, place), features in zip(batch, found, strict=True):
            request.found[place] = features
            self._keep(request, place, features)

    def _prompt(self, request: _Request) -> Prompt:
        ids = request.prepared.token_ids.astype(np.int32)
        images = len(request.prepared.images)
        found = [request.found[place] for place in range(len(request.prepared.media))]
        prompt = with_features(ids, kinds_of(ids, *self._towers.placeholders), found[:images], found[images:])
        keys = [key for place in range(len(found)) if (key := self._key(request, place)) is not None]
        return replace(prompt, media_keys=tuple(keys)) if found and len(keys) == len(found) else prompt

    def _recall(self, request: _Request, place: int) -> bool:
        key = self._key(request, place)
        if self._kept is None or key is None or key not in self._kept:
            return False
        self._kept.move_to_end(key)
        request.found[place] = self._kept[key]
        return True

    def _each_once(self, wanted: list[tuple[_Request, int]]) -> list[tuple[_Request, int]]:
        """Without the media that are there already under the same key: those are recalled the next time."""
        keys = [self._key(*one) for one in wanted]
        return [one for number, one in enumerate(wanted) if keys[number] is None or keys[number] not in keys[:number]]

    def _key(self, request: _Request, place: int) -> bytes | None:
        """The medium's content and settings, where the preparer said them and anything is kept at all."""
        keys = request.prepared.media_keys
        return (keys[place] or None) if self._kept is not None and place < len(keys) else None

    def _keep(self, request: _Request, place: int, features: mx.array) -> None:
        key = self._key(request, place)
        if self._kept is None or key is None:
            return
        self._kept[key] = features
        while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)


def _shape(request: _Request, place: int) -> tuple[int, ...]:
    medium: Any = request.prepared.media[place]
    return medium.shape if medium.ndim == 3 else (bucket(medium),)


def _at_once(shape: tuple[int, ...]) -> int:
    if len(shape) == 1:
        return CLIPS_AT_ONCE
    soft_tokens = max(1, shape[1] * shape[2] // 48**2)
    return max(1, min(MOST_IMAGES_AT_ONCE, SOFT_TOKENS_AT_ONCE // soft_tokens))
