"""Both decoders on damaged files: every one is read, or fails as a RowError; no other exception, no hang."""

import io
import random
import time
from collections.abc import Callable

import pytest
from PIL import Image

from batch.errors import RowError
from batch.gemma.features import image_size
from batch.media.audio import Recording
from batch.media.image import ImageLimits, load
from tests.media.recordings import DATA, encoded, speech

ROUNDS = 60
LIMITS = ImageLimits(max_pixels=20_000_000, accept_truncated=True)
RECORDINGS = {
    "wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "ipod": "aac", "ogg": "libopus", "webm": "libopus",
    "asf": "wmav2", "aiff": "pcm_s16be",
}  # fmt: skip


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    with Image.open(DATA / "flower.jpg") as photo:
        photo.resize((96, 64)).save(file, kind)
    return file.getvalue()


def damaged(whole: bytes, dice: random.Random) -> bytes:
    """Bytes changed, removed and added, half of them in the first 300."""
    content = bytearray(whole)
    for _ in range(dice.choice((1, 3, 10, 50))):
        place = dice.randrange(len(content) if dice.random() < 0.5 else min(len(content), 300))
        match dice.choice(["change", "change", "change", "remove", "add", "huge"]):
            case "change":
                content[place] = dice.randrange(256)
            case "remove":
                del content[place : place + dice.randrange(1, 50)]
            case "add":
                content[place:place] = dice.randbytes(dice.randrange(1, 30))
            case "huge":
                content[place : place + 4] = b"\xff\xff\xff\x7f"
    return bytes(content)


def outlive(whole: bytes, read: Callable[[bytes], object]) -> None:
    dice = random.Random(len(whole))
    read(whole)
    for _ in range(ROUNDS):
        content = damaged(whole, dice)
        began = time.monotonic()
        try:
            read(content)
        except RowError as error:
            assert error.message  # noqa: PT017
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_a_damaged_picture_is_read_or_fails_by_name(kind: str) -> None:
    outlive(picture(kind), lambda content: load(content, LIMITS, lambda height, width: image_size(height, width, 70)))


@pytest.mark.parametrize("container", sorted(RECORDINGS))
def test_a_damaged_recording_is_read_or_fails_by_name(container: str) -> None:
    rate = 48_000 if RECORDINGS[container] == "libopus" else 44_100
    whole = encoded(speech()[:8000], container, RECORDINGS[container], rate)
    outlive(whole, lambda content: sum(map(len, Recording(content))))
