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
        "(Describe|Caption|Summarize) (this|the) (image|picture|photo|scene|drawing).",
        "(Describe|Caption) (this|the) (image|picture|photo) (briefly|shortly|concisely|in short|in one sentence|in a"
        " single sentence|in a few words|in one line|simply|plainly).",
        "(Briefly|Shortly|Concisely|Simply|Please briefly) describe (this|the) (image|picture|photo).",
        "(Write|Give|Generate|Create|Make|Produce|Provide|Compose|Add|Suggest) a (short |brief |simple |one-sentence "
        "|one-line |concise |plain |good |)(caption|description) (for|of) (this|the) (image|picture|photo).",
        "(Write|Give me|Generate|Create|Make|Produce|Provide|I need|I want) a (short |brief |simple |one-sentence "
        "|concise |plain |)(caption|description).",
        "What (is|do you see|can you see|is shown|is visible|appears|is pictured|is there|is drawn|is present|do we"
        " see|can we see) in (this|the) (image|picture|photo)?",
        "What (do you see|can you see|is shown|is visible|is there|is pictured|is drawn) here?",
        "What does (this|the) (image|picture|photo) (show|contain|display|present|depict|hold)?",
        "What is (this a picture of|in this|shown here|pictured here|it|that|in front of you|here|in the frame)?",
        "(Say|State|Write down|Explain|Report) what (is|you see|you can see|is shown) in (this|the) (image|picture"
        "|photo).",
        "(Tell me|Please tell me|Can you tell me) what (is|you see|you can see|is shown) in (this|the) (image|picture"
        "|photo).",
        "(Say|Name|State|Write down|Report|Put into words) what (this|the) (image|picture|photo) shows.",
        "(Look at|Take a look at|See|Study) (this|the) (image|picture|photo) (and describe it|and caption it|and say"
        " what it shows|and write a caption).",
        "In (one sentence|a few words|a sentence|short|brief), (describe (this|the) (image|picture|photo)|what is in"
        " (this|the) (image|picture|photo)|what does (this|the) (image|picture|photo) show|what do you see)?",
        "(How would you|Could you|Can you|Would you) (describe|caption) (this|the) (image|picture|photo)?",
        "(A|One|One short|One plain|Just a) (caption|sentence|description) (for|about) (this|the) (image|picture"
        "|photo), please.",
        "(Which|What) (shapes|objects|things) (are|do you see|are shown|are visible) in (this|the) (image|picture"
        "|photo)?",
        "(Caption|Description|Image caption|Picture|Photo caption):", "(describe|caption|summary|description)",
        "(this|the) (image|picture|photo) (shows what|contains what)?",
    ),
    (
        "What is depicted here?", "Tell me what this picture shows.", "Give a brief description of the photo.",
        "What can be seen in the image?", "In your own words, what is on this picture?",
        "Provide a one-line summary of what the photo contains.",
    ),
)  # fmt: skip
DETAIL = Wordings(
    (
        "Describe this image in detail.", "Describe the image in detail.", "Give a detailed description.",
        "Write a detailed caption.", "Describe this picture in full detail.", "Caption this image in detail.",
        "Give a detailed description of this image.", "Describe everything you see in detail.",
        "Write a long caption for this image.", "Describe the picture in as much detail as you can.",
        "(Describe|Caption) (this|the) (image|picture|photo|scene) (in detail|in full detail|in great detail|in much"
        " detail|in full|at length|thoroughly|completely|with all details|precisely|as fully as you can).",
        "(Give|Write|Provide|Generate|Produce|I need|Make) a (detailed|full|long|complete|thorough|precise|rich)"
        " (caption|description) (of|for) (this|the) (image|picture|photo).",
        "(Give me|Write|Provide|Generate|I want) a (detailed|full|long|complete|thorough) (caption|description).",
        "What (is|do you see) in (this|the) (image|picture|photo)? (Answer in detail.|Give all details.|Be detailed."
        "|Be thorough.)",
        "(Tell me|Describe|Say|Write down|Explain) (everything|all) (you see|you can see|that is shown|there is) in"
        " (this|the) (image|picture|photo) in detail.",
        "(Detailed|Full|Long) (caption|description):",
        "In (detail|full detail), (what is in (this|the) (image|picture|photo)|describe (this|the) (image|picture"
        "|photo)|what does (this|the) (image|picture|photo) show).",
    ),
    (
        "Give me a detailed account of this picture.", "Describe this photo in detail.",
        "Describe what you see, leaving nothing out.",
    ),
)  # fmt: skip
AS_JSON = Wordings(
    (
        "List the objects as JSON.", "Return the shapes as JSON.", "Describe this image as JSON.",
        "Give the shapes as JSON.", "Answer with a JSON list of the objects.", "JSON",
        "Return a JSON list of the shapes with size, color and shape.", "Write the objects in the image as JSON.",
        "(List|Return|Give|Write|Describe|Output|Show|Print|Report|Export|Name) (all |)(the |)(objects|shapes|things"
        "|items) (in the image |in this picture |in the photo |you see |)(as|in) (JSON|a JSON list|a JSON array|JSON"
        " format).",
        "(Give me|Give|Return|Write|Output|Make|Produce|Answer with|Reply with) a JSON (list|array) (of|with) (all "
        "|)(the |)(objects|shapes|things).",
        "(Describe|Annotate|Convert|Turn|Summarize|Caption) (this|the) (image|picture|photo) (as|in|into|to) JSON.",
        "What (is|objects are|shapes are|do you see) in (this|the) (image|picture|photo)? (Answer as JSON.|Answer in"
        " JSON.|Use JSON.|Reply with JSON.)",
        "(Objects|Shapes|Image) (as|in) JSON", "JSON(:|, please| only| list of the objects| list of shapes)",
        "(Return|Give|Write|List|Output) (size, color and shape|the size, color and shape) of (each|every) (object"
        "|shape|thing) as JSON.",
    ),
    (
        "Give me the objects as a JSON list.", "List all shapes as JSON.",
        "Turn what you see here into a list of JSON objects.",
    ),
)  # fmt: skip
COLOUR = Wordings(
    (
        "What color is the {shape}?", "Which color is the {shape}?", "What is the color of the {shape}?",
        "What colour is the {shape}?", "Which color does the {shape} have?", "Name the color of the {shape}.",
        "The {shape} is which color?",
        "(What|Which) (color|colour) (is|has) the {shape}(| in the image| in this picture| in the photo| here)?",
        "(What is|What's|Tell me|Name|State|Say|Give|Give me|Report|Write) the colour of the {shape}(| in the image|"
        " in the picture)(.|?|)",
        "(Say|Give|Give me|Report|State|Write|What's) the color of the {shape}(| in the image| in the picture)(.|?|)",
        "The {shape} (is which|is what|has which|has what) (color|colour)?", "(Color|Colour) of the {shape}(?|:|)",
        "(Look at|Find) the {shape}(. What| and tell me what| and say which) color (is it|it is)?",
        "In (which|what) (color|colour) is the {shape} (drawn|painted|shown)?", "The color of the {shape} is",
    ),
    (
        "Tell me the color of the {shape}.", "What color does the {shape} have?",
        "What color was the {shape} painted in?",
    ),
)  # fmt: skip
SHAPE = Wordings(
    (
        "What shape is {colour}?", "Which shape is {colour}?", "What is the {colour} shape?",
        "What is the shape of the {colour} object?", "Name the {colour} shape.", "Which object is {colour}?",
        "(What|Which) (shape|object|thing|figure) (is|has the color|has the colour|is colored|is painted|is shown in)"
        " {colour}(| in the image| in this picture| here)?",
        "(What|Which) (is|kind of shape is) the {colour} (shape|one|thing|figure)?",
        "The {colour} (object|shape|thing|one) is (a what|which shape|what shape)?",
        "(Say|State|Give|Give me|Write|Report|Name) the (shape of the {colour} object|shape of the {colour} thing"
        "|{colour} shape|name of the {colour} shape)(.|)",
        "(Find|Look at) the {colour} (object|shape|thing). (What|Which shape) is it?",
        "Shape of the {colour} (object|thing)(?|:|)", "What (shape|form) does the {colour} (object|thing) have?",
    ),
    (
        "Tell me which shape is {colour}.", "What is the {colour} object?", "Something here is {colour}. What is it?",
    ),
)  # fmt: skip
COUNT = Wordings(
    (
        "How many shapes are there?", "How many objects are in the image?", "Count the shapes.",
        "How many shapes do you see?", "How many things are in the picture?", "Count the objects in the image.",
        "What is the number of shapes?",
        "How many (shapes|objects|things|figures|items) (are there|do you see|are shown|are visible|are present|do"
        " you count|appear)(| in (this|the) (image|picture|photo)| here)?",
        "(Count|Count up) (the|all|all the) (shapes|objects|things|figures)(| in (this|the) (image|picture|photo)|"
        " you see)(.|)",
        "(What is|Tell me|State|Say|Write|Report|Name) the (number|count) of (shapes|objects|things)(| in (this|the)"
        " (image|picture|photo))(.|)",
        "How many (shapes|objects|things) does (this|the) (image|picture|photo) (show|have|contain)?",
        "Number of (shapes|objects|things)(?|:|)", "How many(?| are there?| in all?)",
    ),
    (
        "How many objects can you see?", "Give the number of shapes.", "What is the total of shapes shown?",
    ),
)  # fmt: skip
EXISTS = Wordings(
    (
        "Is there a {colour} {shape}?", "Do you see a {colour} {shape}?", "Is there a {colour} {shape} in the image?",
        "Does the image show a {colour} {shape}?", "Is a {colour} {shape} in the picture?",
        "Can you find a {colour} {shape}?",
        "(Is there|Do you see|Can you find|Do you find|Can you spot|Is there any) a {colour} {shape}(| in (this|the)"
        " (image|picture|photo)| here| anywhere)?",
        "Does (this|the) (image|picture|photo) (show|contain|include|depict) a {colour} {shape}?",
        "Is a {colour} {shape} (shown|present|visible|there|in (this|the) (image|picture|photo)|to be seen|in it)?",
        "Yes or no: (is there|do you see) a {colour} {shape}?",
        "A {colour} {shape}(, yes or no?| is there, yes or no?| - do you see it?)",
        "(Say|Tell me|Check) whether there is a {colour} {shape}.",
        "(Tell me|Say|Check) if (you see|there is) a {colour} {shape}.",
    ),
    (
        "Can you see a {colour} {shape}?", "Does the picture have a {colour} {shape}?",
        "Would I find a {colour} {shape} here?",
    ),
)  # fmt: skip
SIZE = Wordings(
    (
        "Is the {shape} large or small?", "How big is the {shape}?", "What size is the {shape}?",
        "Is the {shape} small or large?", "What is the size of the {shape}?", "How large is the {shape}?",
        "(Is the {shape}|Would you call the {shape}) (large or small|small or large|big or small|small or big)(| in"
        " the image| here)?",
        "(How|Just how) (big|large|small) is the {shape}(| in the image| in the picture| here)?",
        "(What|Which) size (is|has) the {shape}(| in the image| in the picture)?",
        "The {shape} is (small or large|large or small|of which size|of what size)?",
        "(Say|State|Give|Give me|Write|Report|Name|What's|What is) the size of the {shape}(| in the image)(.|?|)",
        "Size of the {shape}(?|:|)", "Small or large: the {shape}?", "What size does the {shape} have?",
        "(Say|Tell me) (if|whether) the {shape} is small or large.",
    ),
    (
        "Tell me the size of the {shape}.", "Which size does the {shape} have?", "Is it a small or a large {shape}?",
    ),
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
    """Questions two times in five, then captions, JSON, details, and a few that nobody could answer."""
    chance = rng.random()
    if chance < 0.30:
        ask = Ask("caption", CAPTION.pick(rng, held_out), caption(scene))
    elif chance < 0.40:
        ask = Ask("detail", DETAIL.pick(rng, held_out), detail(scene))
    elif chance < 0.58:
        ask = Ask("json", AS_JSON.pick(rng, held_out), as_json(scene))
    elif chance < 0.61:
        ask = Ask("fallback", ABOUT_IMAGES.pick(rng, held_out), FALLBACK)
    else:
        ask = question(rng, scene, held_out)
    return (
        ask
        if held_out
        else Ask(ask.kind, vary(rng, ask.prompt, ends=ask.kind not in ("caption", "detail")), ask.answer)
    )
