"""The fake processor: same call, bytes for tokens."""

import numpy as np

from batch.media.image import LoadedImage
from batch.prepared import Sampling
from batch.processor import FakeProcessor, open_processor
from batch.records import RequestKey

KEY = RequestKey(0, 1, 2)


def test_the_fake_processors_tokens_are_the_bytes_of_what_is_said() -> None:
    prepared = open_processor("").prepare(
        KEY, prompt="né", system="be", images=(), audio=(), soft_tokens=70, max_tokens=5, sampling=Sampling(seed=4),
        json_schema=None,
    )  # fmt: skip
    assert bytes(prepared.token_ids.tolist()).decode() == "be\nné"
    assert (prepared.key, prepared.max_tokens, prepared.sampling.seed, prepared.nbytes) == (KEY, 5, 4, 6 * 4)


def test_media_travel_along_small() -> None:
    photo = LoadedImage(np.full((3000, 4000, 3), 255, np.uint8), 3000, 4000, ("exif_used",))
    prepared = FakeProcessor().prepare(KEY, prompt="x", images=[photo], audio=[np.ones(16_000, np.float32)])
    assert (prepared.images[0].shape, prepared.images[0].max()) == ((3, 48, 64), 255)
    assert (prepared.audio[0].shape, prepared.flags) == ((125, 128), ("exif_used",))
