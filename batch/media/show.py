"""A decoded picture -> the pixels the model sees of it: resized, in sRGB, upright, in bars or tiles where it is long.

The resize comes before all that costs time per pixel. Which parts are shown is view.py's, colours are colour.py's.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from batch.media.colour import flat, srgb
from batch.media.view import Extreme, Sizing, View, views

REDUCTION_MARGIN = 2.0  # a picture is reduced cheaply to at least this many times the size it is shown at, per side
TURNS = {  # EXIF orientation -> what makes the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {TURNS[5], TURNS[6], TURNS[7], TURNS[8]}
Pixels = NDArray[np.uint8]


def shown(
    image: Image.Image,
    turn: Image.Transpose | None,
    stored: tuple[int, int],
    sizing: Sizing | None,
    extreme: Extreme,
) -> Iterator[tuple[Pixels, View]]:
    """The views of `image` with their pixels, uint8 [h, w, 3], read-only. `stored` is its (height, width) before any
    reduction, as stored. Without `sizing` it keeps its size, however long it is."""
    profile = image.info.get("icc_profile")
    image = flat(image)
    height, width = stored[::-1] if turn in SIDEWAYS else stored
    found = views(height, width, sizing or (lambda tall, wide: (tall, wide)), extreme)
    if sizing is None:
        yield _pixels(_upright(srgb(image, profile), turn)), replace(found[0], height=height, width=width)
    elif len(found) == 1 and found[0].whole:
        tall, wide = found[0].outer[::-1] if turn in SIDEWAYS else found[0].outer
        small = image if image.size == (wide, tall) else _resized(image, (wide, tall))
        yield _pixels(_upright(srgb(small, profile), turn)), found[0]
    else:
        image = _upright(image, turn)
        scale = (image.height / height, image.width / width)
        for view in found:
            yield _cut_out(image, view, scale, profile), view


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.uint8)


def _upright(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return image if turn is None else image.transpose(turn)


def _cut_out(image: Image.Image, view: View, scale: tuple[float, float], profile: bytes | None) -> Pixels:
    """One view of the upright `image`, whose pixels are `scale` (vertical, horizontal) of those `view` speaks of."""
    left, top, right, bottom = view.box
    box = (left * scale[1], top * scale[0], min(right * scale[1], image.width), min(bottom * scale[0], image.height))
    part = srgb(_resized(image, view.inner[::-1], box), profile)
    canvas = np.zeros((*view.outer, 3), np.uint8)
    y, x = (view.outer[0] - view.inner[0]) // 2, (view.outer[1] - view.inner[1]) // 2
    canvas[y : y + view.inner[0], x : x + view.inner[1]] = _pixels(part)
    canvas.setflags(write=False)
    return canvas


def _resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    """Pillow's bicubic, after a reduction by whole numbers where that leaves REDUCTION_MARGIN times `size`."""
    return image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=REDUCTION_MARGIN)
