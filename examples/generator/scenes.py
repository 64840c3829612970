"""Pictures of one to three coloured shapes, their captions, and questions about them.

Shapes are far enough apart, and far enough from their background in colour, that every answer is
decided; the wording of captions and questions is the one the demonstration model was taught.
"""

import itertools
import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from generator.words import COLOURS, NUMBERS, SHAPES, SIZES

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
PROPORTIONS = (1.0, 4 / 3, 3 / 2)
COLUMN_GAP = 0.2  # of the width: three things stand beside one another, not on top
MIN_CONTRAST = 95.0  # distance in RGB between a shape and the background
SUPERSAMPLING = 2
CAPTION_PROMPTS = (
    "Describe this image.",
    "Caption this image.",
    "What is in this image?",
    "Write a caption for this image.",
)


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
    def caption(self) -> str:
        names = [str(thing) for thing in self.things]
        if len(names) == 2:
            return f"{names[0]} {self.relation} {names[1]}"
        return names[0] if len(names) == 1 else f"{names[0]}, {names[1]} and {names[2]}"

    @property
    def as_json(self) -> str:
        items = (f'{{"size": "{t.size}", "color": "{t.colour}", "shape": "{t.shape}"}}' for t in self.things)
        return f"[{', '.join(items)}]"


def make_scene(rng: Random, *, sides: tuple[int, int], things: int) -> Scene:
    """A scene whose longer side lies within `sides` pixels, in the proportions of a photo."""
    longer = rng.randint(*sides)
    shorter = round(longer / rng.choice(PROPORTIONS))
    width, height = (longer, shorter) if rng.random() < 0.6 else (shorter, longer)
    while True:
        placed = [_place(rng, width, height) for _ in range(things)]
        relation = _relation(placed, width)
        backgrounds = [ground for ground in BACKGROUNDS if all(_contrast(thing, ground) for thing in placed)]
        if relation is not None and backgrounds:
            placed.sort(key=lambda thing: thing.y if relation == "above" else thing.x)
            return Scene(width, height, rng.choice(backgrounds), tuple(placed), relation)


def _place(rng: Random, width: int, height: int) -> Thing:
    size = rng.choice(SIZES)
    radius = min(width, height) * rng.uniform(*RADIUS[size])
    margin = radius * 1.12
    x, y = rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)
    return Thing(size, rng.choice(COLOURS), rng.choice(SHAPES), x, y, radius)


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
    clear = all(right - left >= COLUMN_GAP * width for left, right in itertools.pairwise(columns))
    return "left of" if clear else None


def _contrast(thing: Thing, background: Colour) -> bool:
    return math.dist(PAINT[thing.colour], background) > MIN_CONTRAST


# ---------------------------------------------------------------- drawing
def draw(rng: Random, scene: Scene) -> Image.Image:
    """The scene as an RGB picture, with a little variation in paint, turn, outline and sharpness."""
    scale = SUPERSAMPLING
    image = Image.new("RGB", (scene.width * scale, scene.height * scale), scene.background)
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.4:
        _stripes(rng, pen, scene.background, image.size)
    for thing in scene.things:
        paint = _shift(PAINT[thing.colour], [rng.randint(-12, 12) for _ in range(3)])
        _draw_thing(rng, pen, thing, paint, scale)
    image = image.resize((scene.width, scene.height), Image.Resampling.LANCZOS)
    return image.filter(ImageFilter.GaussianBlur(0.6)) if rng.random() < 0.15 else image


def _stripes(rng: Random, pen: ImageDraw.ImageDraw, background: Colour, size: tuple[int, int]) -> None:
    paint = _shift(background, [rng.choice((-12, 12))] * 3)
    step = max(6, int(min(size) * rng.uniform(0.05, 0.16)))
    upright = rng.random() < 0.5
    for start in range(0, size[0] if upright else size[1], 2 * step):
        stop = start + step - 1
        pen.rectangle([start, 0, stop, size[1]] if upright else [0, start, size[0], stop], fill=paint)


def _draw_thing(rng: Random, pen: ImageDraw.ImageDraw, thing: Thing, paint: Colour, scale: int) -> None:
    x, y, radius = thing.x * scale, thing.y * scale, thing.radius * scale
    edge = max(1, round(radius * 0.06)) if rng.random() < 0.15 else 0
    edge_paint = (255, 255, 255) if thing.colour == "black" else (0, 0, 0)
    box = (x - radius, y - radius, x + radius, y + radius)
    if thing.shape == "ring":
        pen.ellipse(box, outline=paint, width=max(2, round(radius * rng.uniform(0.26, 0.38))))
    elif thing.shape == "circle":
        pen.ellipse(box, fill=paint, outline=edge_paint if edge else None, width=edge)
    else:
        corners = _turned(OUTLINES[thing.shape], math.radians(rng.uniform(-10, 10)))
        points = [(x + radius * across, y + radius * down) for across, down in corners]
        pen.polygon(points, fill=paint)
        if edge:
            pen.line([*points, points[0]], fill=edge_paint, width=edge)


def _shift(paint: Colour, by: list[int]) -> Colour:
    red, green, blue = (min(255, max(0, value + step)) for value, step in zip(paint, by, strict=True))
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


# ---------------------------------------------------------------- questions
def ask(rng: Random, scene: Scene) -> tuple[str, str]:
    """A question about the scene that has one answer, and the answer."""
    things = scene.things
    thing = rng.choice(things)
    shapes = [other.shape for other in things]
    colours = [other.colour for other in things]
    asked = [("How many shapes are there?", NUMBERS[len(things)]), ("List the objects as JSON.", scene.as_json)]
    other = rng.choice([colour for colour in COLOURS if colour not in colours])
    asked.append((f"Is there a {thing.colour} {thing.shape}?", "yes"))
    asked.append((f"Is there a {other} {thing.shape}?", "no"))
    if shapes.count(thing.shape) == 1:
        asked.append((f"What color is the {thing.shape}?", thing.colour))
        asked.append((f"Is the {thing.shape} large or small?", thing.size))
    if colours.count(thing.colour) == 1:
        asked.append((f"What shape is {thing.colour}?", thing.shape))
    if len(things) > 1 and scene.relation == "left of":
        asked.append(("Which shape is on the left?", things[0].shape))
        asked.append(("Which shape is on the right?", things[-1].shape))
    return rng.choice(asked)
