"""Pictures: one to three coloured shapes over a background, in any size and shape of frame.

Shapes are far enough apart, and far enough from the background in colour, that every answer is decided.
"""

import io
import itertools
import math
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from demo_model.words import COLOURS, SHAPES

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
MIN_CONTRAST = 95.0  # distance in RGB between a shape and the background
DARK_BELOW = 91.0  # mean of the background's channels; the nearest two backgrounds are 63 and 120
SMALL_SHARE = 0.58  # small shapes are the harder ones, so they come a little more often


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


@dataclass(frozen=True)
class Scene:
    """Things in the order of their caption: left to right, or top to bottom when `relation` is "above"."""

    width: int
    height: int
    background: Colour
    things: tuple[Thing, ...]
    relation: str

    @property
    def dark(self) -> bool:
        return sum(self.background) / 3 < DARK_BELOW


def make_scene(
    rng: Random,
    *,
    count: int | None = None,
    like: tuple[Thing, ...] = (),
    colours: tuple[str, ...] = COLOURS,
    shapes: tuple[str, ...] = SHAPES,
) -> Scene:
    """A scene of `count` things (1-3 where None), `like`'s sizes, colours and shapes among them."""
    wanted = count or rng.choices((1, 2, 3), (0.3, 0.4, 0.3))[0]
    while True:
        width, height = _frame(rng)
        things = [_place(rng, width, height, _copied(like, i), colours, shapes) for i in range(wanted)]
        relation = _relation(things, width)
        grounds = [ground for ground in BACKGROUNDS if all(_contrast(thing, ground) for thing in things)]
        if relation is not None and grounds:
            things.sort(key=lambda thing: thing.y if relation == "above" else thing.x)
            return Scene(width, height, rng.choice(grounds), tuple(things), relation)


def hard_scene(rng: Random) -> Scene:
    """A scene to learn from: mostly of three things, which often share their colours or shapes.

    A model that has every scene of one or two things right still mixes up what belongs to whom among three.
    """
    few_colours, few_shapes = rng.random() < 0.35, rng.random() < 0.35
    colours = tuple(rng.sample(COLOURS, rng.choice((2, 3)))) if few_colours else COLOURS
    shapes = tuple(rng.sample(SHAPES, rng.choice((2, 3)))) if few_shapes else SHAPES
    count = rng.choices((1, 2, 3), (0.13, 0.27, 0.6))[0]
    return make_scene(rng, count=count, colours=colours, shapes=shapes)


def _copied(like: tuple[Thing, ...], index: int) -> Thing | None:
    return like[index] if index < len(like) else None


def _frame(rng: Random) -> tuple[int, int]:
    """Width and height, 96-1000 pixels, at most twice as long as wide."""
    width = rng.choice((rng.randint(96, 200), rng.randint(200, 420), rng.randint(420, 900)))
    aspect = math.exp(rng.uniform(-math.log(2), math.log(2))) if rng.random() < 0.75 else 1.0
    height = max(96, min(1000, round(width / aspect)))
    return max(height // 2 + 1, min(width, 2 * height)), height


def _place(
    rng: Random, width: int, height: int, like: Thing | None, colours: tuple[str, ...], shapes: tuple[str, ...]
) -> Thing:
    size = like.size if like else ("small" if rng.random() < SMALL_SHARE else "large")
    radius = min(width, height) * rng.uniform(*RADIUS[size])
    margin = radius * 1.12
    x, y = rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)
    colour, shape = (like.colour, like.shape) if like else (rng.choice(colours), rng.choice(shapes))
    return Thing(size, colour, shape, x, y, radius)


def _relation(things: list[Thing], width: int) -> str | None:
    """How the caption orders these things, or None where they overlap, repeat, or leave it open."""
    if len({(thing.colour, thing.shape) for thing in things}) < len(things):
        return None
    for a, b in itertools.combinations(things, 2):
        if math.dist((a.x, a.y), (b.x, b.y)) < 1.18 * (a.radius + b.radius):
            return None
    if len(things) == 2:
        across, down = abs(things[0].x - things[1].x), abs(things[0].y - things[1].y)
        if max(across, down) < 1.35 * min(across, down):
            return None
        return "left of" if across > down else "above"
    columns = sorted(thing.x for thing in things)
    clear = all(right - left >= 0.1 * width for left, right in itertools.pairwise(columns))
    return "left of" if clear else None


def _contrast(thing: Thing, background: Colour) -> bool:
    return math.dist(PAINT[thing.colour], background) > MIN_CONTRAST


# ---------------------------------------------------------------- drawing
def draw(rng: Random, scene: Scene) -> Image.Image:
    """The scene in RGB: varied paint, turn, outline; then, now and then, blur, noise and JPEG."""
    scale = 2 if scene.width * scene.height < 260 * 260 or rng.random() < 0.3 else 1
    image = _ground(rng, scene.background, (scene.width * scale, scene.height * scale))
    pen = ImageDraw.Draw(image)
    for thing in scene.things:
        _draw_thing(rng, pen, thing, scale)
    if scale > 1:
        image = image.resize((scene.width, scene.height), Image.Resampling.LANCZOS)
    if rng.random() < 0.12:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.0)))
    if rng.random() < 0.12:
        noise = np.random.default_rng(rng.getrandbits(31)).normal(0, rng.uniform(2, 9), (scene.height, scene.width, 3))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=rng.randint(45, 95))
        image = Image.open(packed).convert("RGB")
    return image


def _ground(rng: Random, colour: Colour, size: tuple[int, int]) -> Image.Image:
    """Plain, a soft gradient, or stripes."""
    chance = rng.random()
    if 0.5 <= chance < 0.78:
        tilt = [rng.randint(-22, 22) for _ in range(3)]
        corners = [[_shift(colour, tilt, -1.0), _shift(colour, tilt, 1.0)], [_shift(colour, tilt, 0.5), colour]]
        return Image.fromarray(np.array(corners, np.uint8)).resize(size, Image.Resampling.BILINEAR)
    image = Image.new("RGB", size, colour)
    if chance >= 0.78:
        pen, paint = ImageDraw.Draw(image), _shift(colour, [rng.choice((-14, 14))] * 3)
        step, upright = max(6, int(min(size) * rng.uniform(0.05, 0.16))), rng.random() < 0.5
        for start in range(0, size[0] if upright else size[1], 2 * step):
            stop = start + step - 1
            pen.rectangle([start, 0, stop, size[1]] if upright else [0, start, size[0], stop], fill=paint)
    return image


def _draw_thing(rng: Random, pen: ImageDraw.ImageDraw, thing: Thing, scale: int) -> None:
    x, y, radius = thing.x * scale, thing.y * scale, thing.radius * scale
    paint = (rng.randint(0, 34),) * 3
    if thing.colour != "black":
        paint = _shift(PAINT[thing.colour], [rng.randint(-14, 14) for _ in range(3)])
    edge = max(1, round(radius * 0.06)) if rng.random() < 0.15 else 0
    edge_paint = (255, 255, 255) if thing.colour == "black" else (0, 0, 0)
    box = (x - radius, y - radius, x + radius, y + radius)
    if thing.shape == "ring":
        pen.ellipse(box, outline=paint, width=max(2, round(radius * rng.uniform(0.26, 0.38))))
    elif thing.shape == "circle":
        pen.ellipse(box, fill=paint, outline=edge_paint if edge else None, width=edge)
    else:
        turned = _turned(OUTLINES[thing.shape], math.radians(rng.uniform(-12, 12)))
        points = [(x + radius * across, y + radius * down) for across, down in turned]
        pen.polygon(points, fill=paint)
        if edge:
            pen.line([*points, points[0]], fill=edge_paint, width=edge)


def _shift(paint: Colour, by: list[int], times: float = 1.0) -> Colour:
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
