"""Coloured shapes over a background: what they are, when a picture of them leaves nothing open, how one is drawn.

Shared by the examples (scenes.py beside this file) and by the training of the demonstration model
(`demo_model/scenes.py`), so that both show the same world. They differ in how they place and choose.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from PIL import ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

PAINT: dict[str, Colour] = {
    "red": (222, 38, 38), "green": (38, 168, 62), "blue": (38, 84, 222), "yellow": (246, 216, 44),
    "orange": (250, 138, 26), "purple": (140, 56, 190), "pink": (250, 130, 184), "black": (18, 18, 18),
}  # fmt: skip
BACKGROUNDS: tuple[Colour, ...] = (
    (255, 255, 255), (240, 240, 240), (214, 214, 214), (250, 242, 220), (224, 236, 250), (228, 246, 228),
    (248, 228, 232), (120, 120, 120), (62, 62, 66), (24, 32, 64), (40, 64, 48), (170, 186, 200), (196, 174, 150),
)  # fmt: skip
RADIUS = {"small": (0.085, 0.12), "large": (0.19, 0.26)}  # of the picture's shorter side
MARGIN = 1.12  # radii between a centre and the picture's edge
APART = 1.18  # sums of two radii between two centres, at least
DECIDED = 1.35  # two things lie beside one another when they are so many times farther apart across than down
MIN_CONTRAST = 95.0  # distance in RGB between a shape and the background


@dataclass(frozen=True)
class Thing:
    """One shape; centre and radius in pixels."""

    size: str
    colour: str
    shape: str
    x: float
    y: float
    radius: float

    def __str__(self) -> str:
        return f"a {self.size} {self.colour} {self.shape}"


def relation(things: Sequence[Thing], width: int, column_gap: float) -> str | None:
    """How a caption orders these things, "left of" or "above"; None where they overlap, repeat, or leave it open.

    Three things stand beside one another, `column_gap` of the width or more between their centres.
    """
    if len({(thing.colour, thing.shape) for thing in things}) < len(things):
        return None
    for a, b in itertools.combinations(things, 2):
        if math.dist((a.x, a.y), (b.x, b.y)) < APART * (a.radius + b.radius):
            return None
    if len(things) == 2:
        across, down = abs(things[0].x - things[1].x), abs(things[0].y - things[1].y)
        if max(across, down) < DECIDED * min(across, down):
            return None
        return "left of" if across > down else "above"
    columns = sorted(thing.x for thing in things)
    clear = all(right - left >= column_gap * width for left, right in itertools.pairwise(columns))
    return "left of" if clear else None


def grounds(things: Sequence[Thing]) -> list[Colour]:
    """The backgrounds that all of these things stand out from."""
    return [ground for ground in BACKGROUNDS if all(_contrast(thing, ground) for thing in things)]


def _contrast(thing: Thing, background: Colour) -> bool:
    return math.dist(PAINT[thing.colour], background) > MIN_CONTRAST


# ---------------------------------------------------------------- drawing
def draw_thing(
    rng: Random, pen: ImageDraw.ImageDraw, thing: Thing, paint: Colour, *, scale: int, tilt_degrees: float
) -> None:
    """Draw it on a picture of `scale` times the scene's size, turned by up to `tilt_degrees`, some with an outline."""
    x, y, radius = thing.x * scale, thing.y * scale, thing.radius * scale
    edge = max(1, round(radius * 0.06)) if rng.random() < 0.15 else 0
    edge_paint = (255, 255, 255) if thing.colour == "black" else (0, 0, 0)
    box = (x - radius, y - radius, x + radius, y + radius)
    if thing.shape == "ring":
        pen.ellipse(box, outline=paint, width=max(2, round(radius * rng.uniform(0.26, 0.38))))
    elif thing.shape == "circle":
        pen.ellipse(box, fill=paint, outline=edge_paint if edge else None, width=edge)
    else:
        corners = _turned(OUTLINES[thing.shape], math.radians(rng.uniform(-tilt_degrees, tilt_degrees)))
        points = [(x + radius * across, y + radius * down) for across, down in corners]
        pen.polygon(points, fill=paint)
        if edge:
            pen.line([*points, points[0]], fill=edge_paint, width=edge)


def draw_stripes(rng: Random, pen: ImageDraw.ImageDraw, paint: Colour, size: tuple[int, int]) -> None:
    """Stripes as wide as the gaps between them, upright or level."""
    step, upright = max(6, int(min(size) * rng.uniform(0.05, 0.16))), rng.random() < 0.5
    for start in range(0, size[0] if upright else size[1], 2 * step):
        stop = start + step - 1
        pen.rectangle([start, 0, stop, size[1]] if upright else [0, start, size[0], stop], fill=paint)


def shifted(paint: Colour, by: Sequence[int], times: float = 1.0) -> Colour:
    red, green, blue = (min(255, max(0, int(value + step * times))) for value, step in zip(paint, by, strict=True))
    return red, green, blue


def _turned(points: list[Point], angle: float) -> list[Point]:
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x * cos - y * sin, x * sin + y * cos) for x, y in points]


def _star() -> list[Point]:
    reach = [1.05 if corner % 2 == 0 else 0.44 for corner in range(10)]
    return [(r * math.sin(math.pi * i / 5), -r * math.cos(math.pi * i / 5)) for i, r in enumerate(reach)]


def _cross(arm: float = 0.32) -> list[Point]:
    quarter = [(-arm, -1.0), (arm, -1.0), (arm, -arm)]
    return [point for turn in range(4) for point in _turned(quarter, turn * math.pi / 2)]


def _heart(corners: int = 48) -> list[Point]:
    """The curve x = 16 sin^3 t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t, scaled to radius 1."""
    points = []
    for t in (2 * math.pi * corner / corners for corner in range(corners)):
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((16 * math.sin(t) ** 3 / 16.5, -y / 16.5))
    return points


OUTLINES: dict[str, list[Point]] = {
    "square": [(-0.82, -0.82), (0.82, -0.82), (0.82, 0.82), (-0.82, 0.82)],
    "triangle": [(0.0, -1.0), (0.9, 0.72), (-0.9, 0.72)],
    "diamond": [(0.0, -1.08), (0.72, 0.0), (0.0, 1.08), (-0.72, 0.0)],
    "star": _star(),
    "cross": _cross(),
    "heart": _heart(),
}
