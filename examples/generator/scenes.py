"""Pictures of one to three coloured shapes, their captions, and questions about them.

Shapes are far enough apart, and far enough from their background in colour, that every answer is
decided; the wording of captions and questions is the one the demonstration model was taught.
"""

from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw, ImageFilter

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
from generator.words import COLOURS, NUMBERS, SHAPES, SIZES

PROPORTIONS = (1.0, 4 / 3, 3 / 2)
COLUMN_GAP = 0.2  # of the width: three things stand beside one another, not on top
SUPERSAMPLING = 2
TILT_DEGREES = 10
CAPTION_PROMPTS = (
    "Describe this image.",
    "Caption this image.",
    "What is in this image?",
    "Write a caption for this image.",
)


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
        order, backgrounds = relation(placed, width, COLUMN_GAP), grounds(placed)
        if order is not None and backgrounds:
            placed.sort(key=lambda thing: thing.y if order == "above" else thing.x)
            return Scene(width, height, rng.choice(backgrounds), tuple(placed), order)


def _place(rng: Random, width: int, height: int) -> Thing:
    size = rng.choice(SIZES)
    radius = min(width, height) * rng.uniform(*RADIUS[size])
    margin = radius * MARGIN
    x, y = rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)
    return Thing(size, rng.choice(COLOURS), rng.choice(SHAPES), x, y, radius)


# ---------------------------------------------------------------- drawing
def draw(rng: Random, scene: Scene) -> Image.Image:
    """The scene as an RGB picture, with a little variation in paint, turn, outline and sharpness."""
    scale = SUPERSAMPLING
    image = Image.new("RGB", (scene.width * scale, scene.height * scale), scene.background)
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.4:
        draw_stripes(rng, pen, shifted(scene.background, [rng.choice((-12, 12))] * 3), image.size)
    for thing in scene.things:
        paint = shifted(PAINT[thing.colour], [rng.randint(-12, 12) for _ in range(3)])
        draw_thing(rng, pen, thing, paint, scale=scale, tilt_degrees=TILT_DEGREES)
    image = image.resize((scene.width, scene.height), Image.Resampling.LANCZOS)
    return image.filter(ImageFilter.GaussianBlur(0.6)) if rng.random() < 0.15 else image


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
