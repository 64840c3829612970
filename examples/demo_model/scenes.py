"""Pictures: one to three coloured shapes over a background, in any size and shape of frame.

Shapes are far enough apart, and far enough from the background in colour, that every answer is decided.
"""

import io
import math
from dataclasses import dataclass
from random import Random

import numpy as np
from generator.shapes import (
    MARGIN,
    PAINT,
    RADIUS,
    Colour,
    Thing,
    draw_stripes,
    draw_thing,
    grounds,
    relation,
    shifted,
)
from PIL import Image, ImageDraw, ImageFilter

from demo_model.words import COLOURS, SHAPES

COLUMN_GAP = 0.1  # of the width, between three things
TILT_DEGREES = 12
DARK_BELOW = 91.0  # mean of the background's channels; the nearest two backgrounds are 63 and 120
SMALL_SHARE = 0.58  # small shapes are the harder ones, so they come a little more often


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
        order, backgrounds = relation(things, width, COLUMN_GAP), grounds(things)
        if order is not None and backgrounds:
            things.sort(key=lambda thing: thing.y if order == "above" else thing.x)
            return Scene(width, height, rng.choice(backgrounds), tuple(things), order)


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
    margin = radius * MARGIN
    x, y = rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)
    colour, shape = (like.colour, like.shape) if like else (rng.choice(colours), rng.choice(shapes))
    return Thing(size, colour, shape, x, y, radius)


# ---------------------------------------------------------------- drawing
def draw(rng: Random, scene: Scene) -> Image.Image:
    """The scene in RGB: varied paint, turn, outline; then, now and then, blur, noise and JPEG."""
    scale = 2 if scene.width * scene.height < 260 * 260 or rng.random() < 0.3 else 1
    image = _ground(rng, scene.background, (scene.width * scale, scene.height * scale))
    pen = ImageDraw.Draw(image)
    for thing in scene.things:
        draw_thing(rng, pen, thing, _paint(rng, thing), scale=scale, tilt_degrees=TILT_DEGREES)
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
        corners = [[shifted(colour, tilt, -1.0), shifted(colour, tilt, 1.0)], [shifted(colour, tilt, 0.5), colour]]
        return Image.fromarray(np.array(corners, np.uint8)).resize(size, Image.Resampling.BILINEAR)
    image = Image.new("RGB", size, colour)
    if chance >= 0.78:
        draw_stripes(rng, ImageDraw.Draw(image), shifted(colour, [rng.choice((-14, 14))] * 3), size)
    return image


def _paint(rng: Random, thing: Thing) -> Colour:
    grey = rng.randint(0, 34)
    if thing.colour == "black":
        return grey, grey, grey
    return shifted(PAINT[thing.colour], [rng.randint(-14, 14) for _ in range(3)])
