"""Several pictures of one file: frames of animations, pages of TIFFs."""

import io
from collections.abc import Sequence

import pytest
from PIL import Image

from batch.errors import RowError
from batch.media.image import Choice, ImageLimits, load_all

LIMITS = ImageLimits()
SIDE = 16


def grey(levels: Sequence[int], kind: str, **options: object) -> bytes:
    """One frame or page of each grey level."""
    first, *more = [Image.new("RGB", (SIDE, SIDE), (level,) * 3) for level in levels]
    file = io.BytesIO()
    first.save(file, kind, save_all=True, append_images=more, **options)
    return file.getvalue()


def levels_of(data: bytes, choice: Choice, limits: ImageLimits = LIMITS) -> list[int]:
    return [int(image.pixels[8, 8, 0]) for image in load_all(data, limits, choice=choice)]


ANIMATIONS = {
    "GIF": {"duration": 50},
    "PNG": {"duration": 50},
    "WEBP": {"duration": 50, "lossless": True},
    "AVIF": {"duration": 50, "quality": 100, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("kind", ANIMATIONS)
@pytest.mark.parametrize(
    ("frames", "expected"),
    [(1, [0]), (2, [0, 200]), (3, [0, 100, 200]), (4, [0, 75, 125, 200]), (9, list(range(0, 225, 25))),
     (50, list(range(0, 225, 25)))],
)  # fmt: skip
def test_frames_are_taken_evenly_from_the_first_to_the_last(kind: str, frames: int, expected: list[int]) -> None:
    data = grey(range(0, 225, 25), kind, **ANIMATIONS[kind])
    assert levels_of(data, Choice(frames=frames)) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "JPEG", "BMP"])
def test_a_still_picture_is_one_picture_whatever_is_asked(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (90, 90, 90)).save(file, kind)
    assert levels_of(file.getvalue(), Choice(frames=4, pages=4)) == pytest.approx([90], abs=2)


@pytest.mark.parametrize(("pages", "expected"), [(1, [10]), (2, [10, 60]), (5, [10, 60, 110]), (256, [10, 60, 110])])
def test_pages_are_taken_from_the_front(pages: int, expected: list[int]) -> None:
    assert levels_of(grey([10, 60, 110], "TIFF"), Choice(pages=pages)) == expected
    assert levels_of(grey([10, 60, 110], "TIFF"), Choice(frames=pages)) == [10]


def test_thumbnails_inside_a_tiff_are_no_pages() -> None:
    file = io.BytesIO()
    pages = [Image.new("RGB", (SIDE, SIDE), (level,) * 3) for level in (10, 60, 110)]
    pages[1].encoderinfo = {"tiffinfo": {254: 1}}  # type: ignore[attr-defined]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    assert levels_of(file.getvalue(), Choice(pages=3)) == [10, 110]


def test_every_page_is_held_to_the_limits() -> None:
    file = io.BytesIO()
    Image.new("L", (16, 16)).save(file, "TIFF", save_all=True, append_images=[Image.new("L", (100, 100))])
    limits = ImageLimits(max_pixels=1000)
    assert levels_of(file.getvalue(), Choice(pages=1), limits) == [0]
    with pytest.raises(RowError, match=r"100 x 100 px, over media\.max_pixels") as caught:
        load_all(file.getvalue(), limits, choice=Choice(pages=2))
    assert caught.value.kind == "too_large"


def test_an_animation_cut_short_fails_or_keeps_the_frames_before_the_cut() -> None:
    file = io.BytesIO()
    frames = [Image.effect_noise((64, 64), 80 + step).convert("P") for step in range(6)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=50)
    data = file.getvalue()[: len(file.getvalue()) // 2]
    with pytest.raises(RowError) as caught:
        load_all(data, LIMITS, choice=Choice(frames=6))
    assert caught.value.kind == "truncated_media"
    kept = load_all(data, ImageLimits(accept_truncated=True), choice=Choice(frames=6))
    assert 1 <= len(kept) < 6
    assert {image.flags for image in kept} == {("truncated_media",)}


def test_progress_is_told_after_every_frame() -> None:
    told: list[None] = []
    load_all(grey(range(0, 200, 20), "GIF"), LIMITS, choice=Choice(frames=5), progress=lambda: told.append(None))
    assert len(told) == 5
