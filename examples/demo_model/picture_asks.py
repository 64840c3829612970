"""What can be asked about one picture: captions short and detailed, JSON, and short questions."""

import json
from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, Wordings, vary
from demo_model.fallback import ABOUT_IMAGES
from demo_model.scenes import Scene, Thing
from demo_model.words import COLOURS, FALLBACK, NUMBERS, SHAPES

CAPTION = Wordings(
    (
        "Describe this image.", "Describe the image.", "Caption this image.", "Write a caption for this image.",
        "What is in this image?", "What do you see?", "What is shown in the picture?", "Caption",
        "Describe this picture in one sentence.", "Describe the image briefly.", "Generate a short caption.",
        "Describe this image in one sentence.", "Describe what you see.", "Describe the picture.",
        "Give a one-sentence description of this image.", "What does this image show?", "Describe this photo.",
        "Write a short caption for this photo.", "What can you see in this image?", "What is this?",
        "Write one sentence about this picture.", "Caption this photo.", "A short description of the image, please.",
        "Describe this image in one or two sentences.", "Give this picture a caption.", "Say what is in the picture.",
        "Write a caption.", "Describe the scene.", "What is there to see?", "Name what the image shows.",
        "Write one plain sentence that describes this image.", "Describe this image in a single sentence.",
    ),
    ("What is depicted here?", "Tell me what this picture shows.", "Give a brief description of the photo.",
     "What can be seen in the image?"),
)  # fmt: skip
DETAIL = Wordings(
    (
        "Describe this image in detail.", "Describe the image in detail.", "Give a detailed description.",
        "Write a detailed caption.", "Describe this picture in full detail.", "Caption this image in detail.",
        "Give a detailed description of this image.", "Describe everything you see in detail.",
        "Write a long caption for this image.", "Describe the picture in as much detail as you can.",
    ),
    ("Give me a detailed account of this picture.", "Describe this photo in detail."),
)  # fmt: skip
AS_JSON = Wordings(
    (
        "List the objects as JSON.", "Return the shapes as JSON.", "Describe this image as JSON.",
        "Give the shapes as JSON.", "Answer with a JSON list of the objects.", "JSON",
        "Return a JSON list of the shapes with size, color and shape.", "Write the objects in the image as JSON.",
    ),
    ("Give me the objects as a JSON list.", "List all shapes as JSON."),
)  # fmt: skip
COLOUR = Wordings(
    ("What color is the {shape}?", "Which color is the {shape}?", "What is the color of the {shape}?",
     "What colour is the {shape}?", "Which color does the {shape} have?", "Name the color of the {shape}.",
     "The {shape} is which color?"),
    ("Tell me the color of the {shape}.", "What color does the {shape} have?"),
)  # fmt: skip
SHAPE = Wordings(
    ("What shape is {colour}?", "Which shape is {colour}?", "What is the {colour} shape?",
     "What is the shape of the {colour} object?", "Name the {colour} shape.", "Which object is {colour}?"),
    ("Tell me which shape is {colour}.", "What is the {colour} object?"),
)  # fmt: skip
COUNT = Wordings(
    ("How many shapes are there?", "How many objects are in the image?", "Count the shapes.",
     "How many shapes do you see?", "How many things are in the picture?", "Count the objects in the image.",
     "What is the number of shapes?"),
    ("How many objects can you see?", "Give the number of shapes."),
)  # fmt: skip
EXISTS = Wordings(
    ("Is there a {colour} {shape}?", "Do you see a {colour} {shape}?", "Is there a {colour} {shape} in the image?",
     "Does the image show a {colour} {shape}?", "Is a {colour} {shape} in the picture?",
     "Can you find a {colour} {shape}?"),
    ("Can you see a {colour} {shape}?", "Does the picture have a {colour} {shape}?"),
)  # fmt: skip
SIZE = Wordings(
    ("Is the {shape} large or small?", "How big is the {shape}?", "What size is the {shape}?",
     "Is the {shape} small or large?", "What is the size of the {shape}?", "How large is the {shape}?"),
    ("Tell me the size of the {shape}.", "Which size does the {shape} have?"),
)  # fmt: skip
ENDS = {
    "left": Wordings(
        ("What is the leftmost shape?", "Which shape is on the left?", "What is on the left?",
         "What shape is on the left side?", "Name the shape on the left."),
        ("Which shape is the leftmost one?",),
    ),
    "right": Wordings(
        ("What is the rightmost shape?", "Which shape is on the right?", "What is on the right?",
         "What shape is on the right side?", "Name the shape on the right."),
        ("Which shape is the rightmost one?",),
    ),
    "top": Wordings(
        ("Which shape is at the top?", "What is the top shape?", "What is at the top?", "Name the shape at the top."),
        ("Which shape is the upper one?",),
    ),
    "bottom": Wordings(
        ("Which shape is at the bottom?", "What is the bottom shape?", "What is at the bottom?",
         "Name the shape at the bottom."),
        ("Which shape is the lower one?",),
    ),
}  # fmt: skip


def caption(scene: Scene) -> str:
    names = [str(thing) for thing in scene.things]
    if len(names) == 2:
        return f"{names[0]} {scene.relation} {names[1]}"
    return names[0] if len(names) == 1 else f"{names[0]}, {names[1]} and {names[2]}"


def detail(scene: Scene) -> str:
    names = [str(thing) for thing in scene.things]
    count = ("one shape", "two shapes", "three shapes")[len(names) - 1]
    start = f"The image shows {count} on a {'dark' if scene.dark else 'light'} background."
    if len(names) == 1:
        return f"{start} It is {names[0]}."
    if len(names) == 3:
        return f"{start} From left to right they are {names[0]}, {names[1]} and {names[2]}."
    first, second = ("On the left", "On the right") if scene.relation == "left of" else ("At the top", "At the bottom")
    return f"{start} {first} is {names[0]}. {second} is {names[1]}."


def as_json(scene: Scene) -> str:
    return json.dumps([{"size": t.size, "color": t.colour, "shape": t.shape} for t in scene.things])


def _colour(rng: Random, scene: Scene, thing: Thing, held_out: bool) -> Ask | None:
    if rng.random() < 0.06:  # a shape that is not there
        missing = rng.choice([shape for shape in SHAPES if all(shape != other.shape for other in scene.things)])
        return Ask("absent", COLOUR.pick(rng, held_out).format(shape=missing), f"There is no {missing}.")
    if sum(other.shape == thing.shape for other in scene.things) > 1:
        return None
    return Ask("color", COLOUR.pick(rng, held_out).format(shape=thing.shape), thing.colour)


def _shape(rng: Random, scene: Scene, thing: Thing, held_out: bool) -> Ask | None:
    if sum(other.colour == thing.colour for other in scene.things) > 1:
        return None
    return Ask("shape", SHAPE.pick(rng, held_out).format(colour=thing.colour), thing.shape)


def _count(rng: Random, scene: Scene, thing: Thing, held_out: bool) -> Ask | None:
    return Ask("howmany", COUNT.pick(rng, held_out), NUMBERS[len(scene.things)])


def _exists(rng: Random, scene: Scene, thing: Thing, held_out: bool) -> Ask | None:
    colour, shape = thing.colour, thing.shape
    if rng.random() < 0.5:  # near misses: the right colour or the right shape, rarely both
        chance = rng.random()
        colour = colour if chance < 0.4 else rng.choice(COLOURS)
        shape = shape if 0.4 <= chance < 0.8 else rng.choice(SHAPES)
    there = any((other.colour, other.shape) == (colour, shape) for other in scene.things)
    return Ask("exist", EXISTS.pick(rng, held_out).format(colour=colour, shape=shape), "yes" if there else "no")


def _size(rng: Random, scene: Scene, thing: Thing, held_out: bool) -> Ask | None:
    if sum(other.shape == thing.shape for other in scene.things) > 1:
        return None
    return Ask("size", SIZE.pick(rng, held_out).format(shape=thing.shape), thing.size)


def _end(rng: Random, scene: Scene, thing: Thing, held_out: bool) -> Ask | None:
    if len(scene.things) < 2:
        return None
    first, last = ("top", "bottom") if scene.relation == "above" else ("left", "right")
    end, index = rng.choice(((first, 0), (last, -1)))
    return Ask("side", ENDS[end].pick(rng, held_out), scene.things[index].shape)


QUESTIONS: tuple[Callable[[Random, Scene, Thing, bool], Ask | None], ...] = (
    _colour, _shape, _count, _exists, _size, _end,
)  # fmt: skip


def question(rng: Random, scene: Scene, held_out: bool = False) -> Ask:
    """A short question with one right answer."""
    while True:
        ask = rng.choice(QUESTIONS)(rng, scene, rng.choice(scene.things), held_out)
        if ask is not None:
            return ask


def picture_ask(rng: Random, scene: Scene, held_out: bool = False) -> Ask:
    """Captions two times in five, then questions, JSON, details, and a few that nobody could answer."""
    chance = rng.random()
    if chance < 0.36:
        ask = Ask("caption", CAPTION.pick(rng, held_out), caption(scene))
    elif chance < 0.46:
        ask = Ask("detail", DETAIL.pick(rng, held_out), detail(scene))
    elif chance < 0.56:
        ask = Ask("json", AS_JSON.pick(rng, held_out), as_json(scene))
    elif chance < 0.59:
        ask = Ask("fallback", ABOUT_IMAGES.pick(rng, held_out), FALLBACK)
    else:
        ask = question(rng, scene, held_out)
    return (
        ask
        if held_out
        else Ask(ask.kind, vary(rng, ask.prompt, ends=ask.kind not in ("caption", "detail")), ask.answer)
    )
