"""What can be asked about one picture: captions short and detailed, JSON, and short questions."""

import json
from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, vary
from demo_model.fallback import ABOUT_IMAGES
from demo_model.picture_wordings import AS_JSON, CAPTION, DETAIL
from demo_model.question_wordings import COLOUR, COUNT, ENDS, EXISTS, SHAPE, SIZE
from demo_model.scenes import Scene, Thing
from demo_model.words import COLOURS, FALLBACK, NUMBERS, SHAPES


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
    """Questions two times in five, then captions, JSON, details, and a few that nobody could answer."""
    chance = rng.random()
    if chance < 0.28:
        ask = Ask("caption", CAPTION.pick(rng, held_out), caption(scene))
    elif chance < 0.40:
        ask = Ask("detail", DETAIL.pick(rng, held_out), detail(scene))
    elif chance < 0.54:
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
