"""What of a picture the model is shown, and at which size: the whole, padded, or in tiles. Arithmetic only.

A picture longer than EXTREME_ASPECT to 1 would be squeezed: its short side falls under the vision grid of 48 px.
It is shown whole between black bars (`letterbox`), or cut along its long side into overlapping `tiles`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Literal

from batch.records import Flag

Extreme = Literal["letterbox", "tiles"]
Sizing = Callable[[int, int], tuple[int, int]]
"""(height, width) of a picture -> (height, width) in pixels at which the model sees it."""

EXTREME_ASPECT = 10.0
TINY_SIDE_PX = 32  # below this the resize invents most of what the model sees: flagged
TILE_ASPECT = 4.0
MAX_TILES = 8
OVERLAP = 1 / 8  # of a tile, shared with its neighbours, so that no line of text is lost at a cut


@dataclass(frozen=True, slots=True)
class View:
    """One image of the request. `box` is left, top, right, bottom in the upright picture; it is resized to `inner`
    and stands in the middle of `outer` (both height, width). `height` x `width` is its shape before any resize,
    bars included: what `outer` was computed from."""

    box: tuple[float, float, float, float]
    height: int
    width: int
    outer: tuple[int, int]
    inner: tuple[int, int]
    flags: tuple[Flag, ...] = ()

    @property
    def scale(self) -> float:
        """How many pixels shown there are for one of the picture, along its better side."""
        left, top, right, bottom = self.box
        return max(self.inner[0] / (bottom - top), self.inner[1] / (right - left))

    @property
    def whole(self) -> bool:
        """Neither a part of the picture nor between bars."""
        return self.inner == self.outer and self.box == (0.0, 0.0, float(self.width), float(self.height))


def views(height: int, width: int, sizing: Sizing, extreme: Extreme) -> tuple[View, ...]:
    """The views of an upright picture of this size, in reading order."""
    short, long = sorted((height, width))
    if long <= EXTREME_ASPECT * short:
        outer = sizing(height, width)
        flags: tuple[Flag, ...] = ("resized_extreme",) if short < TINY_SIDE_PX else ()
        return (View((0.0, 0.0, float(width), float(height)), height, width, outer, outer, flags),)
    count = min(MAX_TILES, ceil(long / (TILE_ASPECT * short))) if extreme == "tiles" else 1
    length = long / count * (1 + OVERLAP) if count > 1 else float(long)
    starts = [index * (long - length) / max(1, count - 1) for index in range(count)]
    return tuple(_barred(start, start + length, height, width, sizing) for start in starts)


def _barred(start: float, stop: float, height: int, width: int, sizing: Sizing) -> View:
    """The part of the long side from `start` to `stop` in its true proportions, with bars around."""
    lies = width >= height
    box = (start, 0.0, stop, float(height)) if lies else (0.0, start, float(width), stop)
    long, short = round(stop - start), min(height, width)
    padded = max(short, ceil(long / EXTREME_ASPECT))
    tall, wide = (padded, long) if lies else (long, padded)
    outer = sizing(tall, wide)
    part_height, part_width = (short, long) if lies else (long, short)
    scale = min(outer[0] / part_height, outer[1] / part_width)
    inner = max(1, round(part_height * scale)), max(1, round(part_width * scale))
    return View(box, tall, wide, outer, inner, ("resized_extreme",))
