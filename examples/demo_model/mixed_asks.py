"""What can be asked about a picture and a recording together."""

from random import Random

from demo_model.ask import Ask, vary
from demo_model.mixed_wordings import BOTH, COLOUR, NAMED, SHAPE, SIZE
from demo_model.picture_asks import caption
from demo_model.picture_wordings import CAPTION
from demo_model.scenes import Scene
from demo_model.speech_wordings import TRANSCRIBE
from demo_model.words import COLOURS, SHAPES, SPOKEN

SHARES = {"named": 0.26, "colour": 0.2, "shape": 0.16, "size": 0.14, "both": 0.1, "image": 0.07, "audio": 0.07}


def mixed_ask(rng: Random, scene: Scene, held_out: bool = False) -> tuple[Ask, tuple[str, ...]]:
    """A question about the scene and some words, and the words that must be spoken for it."""
    shapes = [thing.shape for thing in scene.things]
    colours = [thing.colour for thing in scene.things]
    while True:
        what = rng.choices(tuple(SHARES), tuple(SHARES.values()))[0]
        thing = rng.choice(scene.things)
        alone = shapes.count(thing.shape) == 1
        free = tuple(rng.choice(SPOKEN) for _ in range(rng.randint(1, 4)))
        if what == "named":
            spoken = (thing.colour, thing.shape)
            if rng.random() < 0.5:
                other_shape = rng.random() < 0.5
                spoken = (thing.colour, rng.choice(SHAPES)) if other_shape else (rng.choice(COLOURS), thing.shape)
            there = spoken in zip(colours, shapes, strict=True)
            ask = Ask("mixed_named", NAMED.pick(rng, held_out), "yes" if there else "no")
            words: tuple[str, ...] = spoken
        elif what == "colour" and alone:
            ask, words = Ask("mixed_color", COLOUR.pick(rng, held_out), thing.colour), (thing.shape,)
        elif what == "shape" and colours.count(thing.colour) == 1:
            ask, words = Ask("mixed_shape", SHAPE.pick(rng, held_out), thing.shape), (thing.colour,)
        elif what == "size" and alone:
            ask, words = Ask("mixed_size", SIZE.pick(rng, held_out), thing.size), (thing.shape,)
        elif what == "both":
            answer = f"image: {caption(scene)}; audio: {' '.join(free)}"
            ask, words = Ask("mixed_both", BOTH.pick(rng, held_out), answer), free
        elif what == "image":
            ask, words = Ask("mixed_image", CAPTION.pick(rng, held_out), caption(scene)), free
        elif what == "audio":
            ask, words = Ask("mixed_audio", TRANSCRIBE.pick(rng, held_out), " ".join(free)), free
        else:
            continue
        return ask if held_out else Ask(ask.kind, vary(rng, ask.prompt, ends=False), ask.answer), words
