"""What of a picture is shown, and at which size: panoramas keep their shape, in bars or in tiles."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from batch.gemma.features import SIDE_PX, image_size
from batch.media.image import Choice, ImageLimits, LoadedImage, load_all
from batch.media.view import EXTREME_ASPECT, MAX_TILES, Extreme, views

BUDGETS = (70, 140, 280, 560, 1120)


def at(soft_tokens: int, height: int, width: int) -> tuple[int, int]:
    return image_size(height, width, soft_tokens)


@pytest.mark.parametrize(("height", "width"), [(480, 640), (100, 1000), (1000, 100), (64, 64)])
def test_an_ordinary_picture_is_one_view_of_all_of_it(height: int, width: int) -> None:
    for extreme in ("letterbox", "tiles"):
        (view,) = views(height, width, lambda tall, wide: at(280, tall, wide), extreme)
        assert view.whole
        assert view.flags == ()
        assert view.outer == view.inner == image_size(height, width, 280)


@pytest.mark.parametrize("soft_tokens", BUDGETS)
@pytest.mark.parametrize("aspect", [11, 40, 300, 2500])
@pytest.mark.parametrize("lies", [True, False])
@pytest.mark.parametrize("extreme", ["letterbox", "tiles"])
def test_an_extreme_picture_is_never_squeezed_and_stays_within_the_budget(
    soft_tokens: int, aspect: int, lies: bool, extreme: Extreme
) -> None:
    height, width = (8, 8 * aspect) if lies else (8 * aspect, 8)
    found = views(height, width, lambda tall, wide: at(soft_tokens, tall, wide), extreme)
    assert len(found) == (1 if extreme == "letterbox" else min(MAX_TILES, -(-aspect // 4)))
    for view in found:
        left, top, right, bottom = view.box
        assert view.flags == ("resized_extreme",)
        assert max(view.height, view.width) <= EXTREME_ASPECT * min(view.height, view.width)
        assert view.outer == image_size(view.height, view.width, soft_tokens)
        assert view.outer[0] * view.outer[1] <= soft_tokens * SIDE_PX**2
        assert all(inside <= outside for inside, outside in zip(view.inner, view.outer, strict=True))
        # Both directions scale alike, but for whole pixels.
        scale = max(view.inner) / max(bottom - top, right - left)
        assert min(view.inner) == pytest.approx(scale * 8, abs=1)


def test_tiles_cover_the_long_side_and_share_an_eighth_with_their_neighbours() -> None:
    found = views(100, 2000, lambda tall, wide: (tall, wide), "tiles")
    boxes = [(view.box[0], view.box[2]) for view in found]
    assert len(boxes) == 5
    assert (boxes[0][0], boxes[-1][1]) == (0.0, 2000.0)
    shared = [before[1] - after[0] for before, after in pairwise(boxes)]
    assert min(shared) > 450 / 9
    assert {round(stop - start) for start, stop in boxes} == {450}


def banner(orientation: int = 1) -> bytes:
    """2000 x 100: red, green and blue thirds; stored as the EXIF orientation says."""
    pixels = np.zeros((100, 2000, 3), np.uint8)
    for third, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255))):
        pixels[:, third * 2000 // 3 : (third + 1) * 2000 // 3] = colour
    image, exif = Image.fromarray(pixels), Image.Exif()
    if orientation == 6:
        image = image.transpose(Image.Transpose.ROTATE_90)
    exif[274] = orientation
    file = io.BytesIO()
    image.save(file, "PNG", exif=exif.tobytes())
    return file.getvalue()


def shown(data: bytes, extreme: Extreme) -> tuple[LoadedImage, ...]:
    return load_all(data, ImageLimits(), lambda tall, wide: at(280, tall, wide), Choice(extreme=extreme))


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_letterboxed_banner_has_its_colours_between_black_bars(orientation: int) -> None:
    (image,) = shown(banner(orientation), "letterbox")
    assert image.pixels.shape == (240, 2496, 3)
    assert (image.height, image.width, image.flags) == (200, 2000, ("resized_extreme",))
    assert not image.pixels[:57].any()
    assert not image.pixels[-57:].any()
    middle = image.pixels[120]
    assert [middle[x].tolist() for x in (400, 1248, 2100)] == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


@pytest.mark.parametrize("orientation", [1, 6])
def test_tiles_of_a_banner_come_from_left_to_right(orientation: int) -> None:
    tiles = shown(banner(orientation), "tiles")
    centres = [tile.pixels[tile.pixels.shape[0] // 2, tile.pixels.shape[1] // 2].tolist() for tile in tiles]
    assert centres == [[255, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 255]]
    assert {tile.pixels.shape for tile in tiles} == {(*image_size(100, 450, 280), 3)}


def test_a_tower_is_shown_upright_between_bars_left_and_right() -> None:
    file = io.BytesIO()
    Image.new("L", (40, 4000), 255).save(file, "PNG")
    (image,) = shown(file.getvalue(), "letterbox")
    assert (image.height, image.width) == (4000, 400)
    lit = np.flatnonzero(image.pixels[1000, :, 0])
    assert len(lit) == round(image.pixels.shape[0] / 100)
    assert image.pixels[:, lit].all()
