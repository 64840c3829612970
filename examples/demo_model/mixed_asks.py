"""What can be asked about a picture and a recording together."""

from random import Random

from demo_model.ask import Ask, Wordings, vary
from demo_model.picture_asks import CAPTION, caption
from demo_model.scenes import Scene
from demo_model.speech_asks import TRANSCRIBE
from demo_model.words import COLOURS, SHAPES, SPOKEN

NAMED = Wordings(
    (
        "Is the spoken shape in the image?", "Does the image show what the speaker says?",
        "Is there what the speaker names?", "Do you see the spoken shape in the picture?",
        "(Is|Can you find|Do you see|Can you see|Is there) (the spoken shape|the named shape|the spoken object|what"
        " the speaker says|what the voice names|what is said|what you hear|the thing that is said) (in (this|the)"
        " (image|picture|photo)|there|here|in it)?",
        "Does (this|the) (image|picture|photo) (show|contain|have|include) (what the speaker says|what the speaker"
        " names|what is said|what you hear|the spoken shape|the spoken object|the named shape)?",
        "Are (the spoken words|the words|the speaker's words) (true|right) (of|for) (this|the) (image|picture|photo)?",
        "Yes or no: (is the spoken shape|is what you hear|is what is said) in (this|the) (image|picture|photo)?",
        "(Say|Tell me|Check) (if|whether) (the spoken shape is|what the speaker names is|what you hear is) in the"
        " (image|picture).",
        "(Is|Do you see) (what the speaker names|what the recording names|what the audio says) in (this|the) (picture"
        "|photo)?",
    ),
    (
        "Is what the speaker names in the image?", "Can what is said be seen?",
    ),
)  # fmt: skip
COLOUR = Wordings(
    (
        "What color is the spoken shape?", "What is the color of the shape that the speaker names?",
        "Which color does the spoken shape have?",
        "(What|Which) (color|colour) (is|has) the (shape that is said|shape you hear|named shape|shape the speaker"
        " says|shape named by the speaker|shape in the recording|shape that is named|spoken object)?",
        "What (color|colour) is the (spoken shape|named shape|shape that the speaker names) in the (image|picture)?",
        "(Name|Say|Give|Tell me|State) the (color|colour) of the (spoken shape|named shape|shape you hear|shape that"
        " is said|shape the speaker names).",
        "What is the (color|colour) of the (spoken shape|named shape|shape you hear|shape that is said|spoken object)?",
        "(Listen. What|Listen to the shape. What) color (is it|does it have)?",
        "(What|Which) color does the (named shape|shape you hear|shape that is said|shape that the speaker names)"
        " have?",
    ),
    (
        "Which color is the spoken shape?", "The speaker names a shape. In what color is it?",
    ),
)  # fmt: skip
SHAPE = Wordings(
    (
        "Which shape has the spoken color?", "What shape has the color that the speaker names?",
        "What is the shape with the spoken color?",
        "(What|Which) (shape|object|thing) (has|is in|is of|is) the (color that is said|color you hear|named color"
        "|color the speaker says|color the speaker names|color that is named|spoken colour)?",
        "(Which|What) (object|thing) (has|is in) the spoken color?", "Which shape is (in|of) the spoken color?",
        "(Name|Say|Give|Tell me|State) the (shape|object) (with|of|in) the (spoken|named) color.",
        "What is the (shape|object) (with|in|of) the (named color|color you hear|color that is said|color that the"
        " speaker names)?",
        "(Listen. Which|Listen to the color. Which) shape (has it|is it)?",
    ),
    (
        "What shape has the spoken color?", "The speaker names a color. Which shape is in it?",
    ),
)  # fmt: skip
SIZE = Wordings(
    (
        "How big is the spoken shape?", "Is the spoken shape large or small?", "What size is the spoken shape?",
        "(How big is|How large is|What size is|What size has|Which size has|Which size is) the (shape that is said"
        "|shape you hear|named shape|shape the speaker says|shape that the speaker names|spoken object)?",
        "Is the (shape that is said|shape you hear|named shape|shape that the speaker names|spoken object) (large or"
        " small|small or large)?",
        "Is the spoken shape (small or large|big or small)?",
        "(Name|Say|Give|Tell me|State) the size of the (spoken shape|named shape|shape you hear|shape that is said).",
        "What is the size of the (named shape|shape you hear|shape that is said|spoken object)?",
        "How large is the spoken shape?", "(Listen. How big|Listen to the shape. How big) is it?",
    ),
    (
        "What is the size of the spoken shape?", "The speaker names a shape. Is it small or large?",
    ),
)  # fmt: skip
BOTH = Wordings(
    (
        "Describe the image and transcribe the audio.", "Caption the image, then transcribe the speech.",
        "Describe the picture, then write down the words.",
        "(Describe|Caption) (this|the) (image|picture|photo)(, then| and then|, and| and) (transcribe the audio|write"
        " down the words|transcribe the recording|write what is said|transcribe what is said|write down what you"
        " hear).",
        "(What is in the image and what is said|What do you see and what do you hear|What does the image show and"
        " what does the speaker say)?",
        "(First |)(describe|caption) the (image|picture), (then|afterwards) transcribe the (audio|clip|recording).",
        "(Caption|Description) and (transcript|transcription), please.",
        "(Give|Write|Provide) a (caption|description) of (this|the) (image|picture|photo) and a (transcript"
        "|transcription) of the (audio|speech|recording).",
    ),
    (
        "Describe the image and then transcribe the speech.", "Tell me both what you see and what you hear.",
    ),
)  # fmt: skip
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
