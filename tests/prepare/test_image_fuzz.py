"""Damaged pictures through real preparers: every row accounted for, none of them by a crash or a hang.

Seeded: a failure names its file, and comes back. 100 files in the ordinary run, 2,000 with `pytest -m slow`.
"""

import io
import random
import time
from collections import Counter

import pytest
from PIL import Image

from batch.prepare.pool import PreparerPool
from batch.prepared import Prepared
from batch.records import RowFailed, RowPlanned
from tests.media.recordings import DATA
from tests.media.test_damage import damaged
from tests.preparing import drain, job_config, open_pool, rows_of

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF")
NAMED = {"undecodable", "unsupported_format", "truncated_media", "too_large", "decode_memory"}
SECONDS_EACH = 5.0


def whole(kind: str) -> bytes:
    if kind == "HEIF":
        return (DATA / "iphone_IMG_5195.HEIC").read_bytes()
    file = io.BytesIO()
    with Image.open(DATA / "flower.jpg") as photo:
        small = photo.resize((96, 64))
        exif = Image.Exif()
        exif[274], exif[271] = 6, "Canon"
        more = {"save_all": True, "append_images": [small.rotate(9)]} if kind in ("GIF", "WEBP", "TIFF") else {}
        small.save(file, kind, **({} if kind in ("GIF", "BMP") else {"exif": exif}), **more)
    return file.getvalue()


def files(count: int) -> list[bytes]:
    """Damaged files of all kinds in turn; few HEIC ones, which cost a third of a second each."""
    dice = random.Random(count)
    originals = {kind: whole(kind) for kind in KINDS}
    kinds = [KINDS[i % len(KINDS)] if i % (8 * len(KINDS)) == 7 else KINDS[i % (len(KINDS) - 1)] for i in range(count)]
    return [damaged(originals[kind], dice) for kind in kinds]


def outlive(count: int) -> Counter[str]:
    """Kinds of outcome. Every file must have exactly one, in time, from a preparer that lives on."""
    schema, rows = rows_of({"image": files(count)})
    media = {"accept_truncated": True, "frames": 2, "pages": 2, "max_pixels": 20_000_000, "soft_tokens": 70}
    config = job_config(
        "caption",
        media=media,
        prompt="{{ exif.camera }} {{ exif.gps }} {{ meta.title }} {{ meta.people }}",
        prepare={"processes": 2, "timeout_s": 20},
    )
    pool: PreparerPool = open_pool(config, schema)
    outcomes: dict[int, list[object]] = {}
    try:
        for start in range(0, count, 100):  # drain() has a patience of its own
            began = time.monotonic()
            batch = rows[start : start + 100]
            outcomes |= drain(pool, batch)
            assert time.monotonic() - began < SECONDS_EACH * len(batch)
    finally:
        pool.close()
    assert sorted(outcomes) == list(range(count))
    kinds: Counter[str] = Counter()
    for row, came in outcomes.items():
        last = came[-1]
        if isinstance(last, RowFailed):
            assert len(came) == 1
            assert last.error_kind in NAMED, (row, last)
            kinds[last.error_kind] += 1
        else:
            assert [type(outcome) for outcome in came] == [Prepared, RowPlanned], (row, came)
            kinds["read"] += 1
    return kinds


def test_a_hundred_damaged_pictures_are_read_or_fail_by_name() -> None:
    kinds = outlive(100)
    assert kinds.total() == 100
    assert kinds["read"] >= 10
    assert kinds["undecodable"] >= 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_thousand_damaged_pictures_are_read_or_fail_by_name() -> None:
    kinds = outlive(2000)
    assert kinds.total() == 2000
    assert min(kinds["read"], kinds["undecodable"]) >= 200
