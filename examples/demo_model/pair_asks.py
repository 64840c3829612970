"""What can be asked about two pictures in one prompt."""

from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, Wordings, vary
from demo_model.picture_asks import caption
from demo_model.scenes import Scene, make_scene

LARGER = Wordings(
    (
        "Which image has the larger shape?", "Which is larger?", "In which image is the shape larger?",
        "Which picture shows the larger shape?", "Which of the two shapes is larger?", "Where is the shape larger?",
        "(Which|What) (image|picture|photo) (has|shows|contains) the (larger|bigger) (shape|object|thing|one)?",
        "In which (image|picture|photo) is the (shape|object|thing) (larger|bigger)?",
        "(Which|Which one|Which image|Which picture|Which of the two|Which shape) is (larger|bigger)?",
        "Where is the (shape|object|thing|figure) (larger|bigger)?",
        "(Which|Which one) of the two (shapes|objects|images|pictures) is (larger|bigger)?",
        "(Where do you see|Where is|Find|Name the image with) the (larger|bigger) (shape|object|one)?",
        "Is the (larger|bigger) shape in the first or the second (image|picture)?",
        "(Larger|Bigger): first or second?",
        "(Tell me|Say) which (image|picture) (has|shows) the (larger|bigger) shape.",
    ),
    (
        "Which image shows the larger object?", "Which one is larger?", "Compare the two shapes: which is bigger?",
    ),
)  # fmt: skip
SMALLER = Wordings(
    (
        "Which image has the smaller shape?", "Which is smaller?", "In which image is the shape smaller?",
        "Which picture shows the smaller shape?", "Where is the shape smaller?",
        "(Which|What) (image|picture|photo) (has|shows|contains) the smaller (shape|object|thing|one)?",
        "In which (image|picture|photo) is the (shape|object|thing) smaller?",
        "(Which|Which one|Which image|Which picture|Which of the two|Which shape) is smaller?",
        "Where is the (shape|object|thing|figure) smaller?",
        "(Which|Which one) of the two (shapes|objects|images|pictures) is smaller?",
        "(Where do you see|Where is|Find|Name the image with) the smaller (shape|object|one)?",
        "Is the smaller shape in the first or the second (image|picture)?", "Smaller: first or second?",
        "(Tell me|Say) which (image|picture) (has|shows) the smaller shape.",
    ),
    (
        "Which image shows the smaller object?", "Compare the two shapes: which is tinier?",
    ),
)  # fmt: skip
MORE = Wordings(
    (
        "Which image shows more shapes?", "Which image has more objects?", "Where are more shapes?",
        "Which picture has more shapes?",
        "(Which|What) (image|picture|photo) (has|shows|contains|holds) (more|the most) (shapes|objects|things"
        "|figures)?",
        "(In which|On which) (image|picture|photo) are (there |)more (shapes|objects|things)?",
        "Where (are|do you see|are there) more (shapes|objects|things)?",
        "Which (one |of the two |of the two images |)(has|shows|contains) more (shapes|objects|things)?",
        "(Tell me|Say) which (image|picture) (has|shows) more (shapes|objects).",
        "More (shapes|objects): first or second?", "Which (image|picture) is (fuller|the fuller one)?",
    ),
    (
        "Which image contains more shapes?", "Compare how many shapes there are: which image wins?",
    ),
)  # fmt: skip
ONLY = Wordings(
    (
        "What is only in the {which} image?", "Which object is only in the {which} image?",
        "What does only the {which} image show?", "What is in the {which} image but not in the other?",
        "Name what is only in the {which} picture.",
        "(What|Which shape|Which object|Which thing|What shape|What object|Which figure) is only in the {which}"
        " (image|picture|photo|one)?",
        "(What|Which shape|Which object|Which thing) (does only the {which} image show|is shown only in the {which}"
        " image|is found only in the {which} image|appears only in the {which} image|is just in the {which} image|do"
        " you see only in the {which} image|is in the {which} image alone)?",
        "(What|Which shape|Which object|Which thing) is in the {which} (image|picture|photo) (but not in the other"
        "|and not in the other|but missing in the other|but not in the other one)?",
        "(Name|Describe|Tell me|Say|Give|Caption) (what|the shape that|the object that|the thing that) is only in the"
        " {which} (image|picture|photo).",
        "What does the {which} (image|picture|photo) (show that the other does not|have that the other has not|show"
        " and the other not)?",
        "What is (new|different|extra|more) in the {which} image?", "Only in the {which} (image|picture)(?|:)",
        "(What|Which shape|Which object) is missing in the other image but in the {which}?",
    ),
    (
        "Which shape is only in the {which} image?", "What can be seen only in the {which} image?",
        "What sets the {which} picture apart from the other?",
    ),
)  # fmt: skip
SAME = Wordings(
    (
        "Do both images show the same?", "Are the two images the same?", "Is the same object in both images?",
        "Do the two pictures show the same shape?",
        "Are (the two|both|these two|the) (images|pictures|photos|shapes|objects) (the same|equal|alike|identical)?",
        "Do (the two|both|these|these two) (images|pictures|photos) (show|contain|have) the same (shape|object|one"
        "|figure)?",
        "Is (the same|the very same|one and the same) (object|shape|thing) (in|on) (both|the two) (images|pictures"
        "|photos)?",
        "(Same or not|Yes or no: same shape|Yes or no: are they the same|Is it the same|Is it the same shape|Are they"
        " the same|Are they equal|The same)?",
        "(Tell me|Say|Check) (if|whether) (both|the two) (images|pictures) show the same.",
        "Do both show the same (shape|object|thing)?",
    ),
    (
        "Do the images show the same thing?", "Is there no difference between the two?",
    ),
)  # fmt: skip
ONE = Wordings(
    (
        "What is in the {which} image?", "Describe the {which} image.", "Caption the {which} image.",
        "What does the {which} image show?", "Describe only the {which} picture.",
        "(What is|What do you see|What can be seen|What is shown|What is there) in the {which} (image|picture|photo)?",
        "(Describe|Caption|Summarize)( only| just|) the {which} (image|picture|photo|one).",
        "What does the {which} (image|picture|photo|one) (show|contain|depict|have)?",
        "(Write|Give|Make|Provide) a (caption|description) (for|of) the {which} (image|picture|photo).",
        "(Say|Tell me|Name|Write) what (is in|is shown in|you see in) the {which} (image|picture|photo).",
        "The {which} (image|picture)(: what is in it|, please|: describe it|)?",
        "(Look at|Take) the {which} (image|picture) and (describe|caption) it.",
        "(Which shapes|Which objects|What shapes) are in the {which} (image|picture)?",
    ),
    (
        "What can you see in the {which} image?", "Ignore one of the images and describe the {which}.",
    ),
)  # fmt: skip
BOTH = Wordings(
    (
        "Describe both images.", "Caption both images.", "Describe the two images.", "What is in the two images?",
        "(Describe|Caption|Summarize) (both|the two|these two|these|both of the|each of the) (images|pictures|photos).",
        "What (is|do you see|is shown|is there) in (both|the two|these two|these|each of the) (images|pictures"
        "|photos)?",
        "What do (both|the|these|these two) (images|pictures|photos) (show|contain|depict)?",
        "(Write|Give|Make|Provide) (a caption|a description|one caption) (for|of) (each|each image|each picture|both"
        " images|both pictures).",
        "(Say|Tell me|Write|Name) what (both|the two) (images|pictures) show.",
        "(Describe|Caption) (each|each image|each picture|the first and the second image|one image after the other"
        "|one after the other).",
        "(Captions|Descriptions) (for|of) both(, please| images|:)",
    ),
    (
        "What do the two images show?", "Go through the images and describe every one.",
    ),
)  # fmt: skip
WHICH = ("first", "second")


Made = tuple[str, str, str, Scene, Scene]
Maker = Callable[[Random], Scene]


def pair_ask(rng: Random, held_out: bool = False, scene: Maker = make_scene) -> tuple[Ask, Scene, Scene]:
    """One question with the two scenes it is about; `scene` makes those that may be of any kind."""
    make = rng.choices((_size, _more, _only, _same, _one, _both), (0.16, 0.08, 0.32, 0.1, 0.18, 0.16))[0]
    kind, wording, answer, first, second = make(rng, held_out, scene)
    return Ask(kind, wording if held_out else vary(rng, wording, ends=False), answer), first, second


def _size(rng: Random, held_out: bool, scene: Maker) -> Made:
    scenes = [make_scene(rng, count=1) for _ in WHICH]
    while scenes[0].things[0].size == scenes[1].things[0].size:
        scenes[rng.randrange(2)] = make_scene(rng, count=1)
    larger = 0 if scenes[0].things[0].size == "large" else 1
    if rng.random() < 0.65:
        return "pair_size", LARGER.pick(rng, held_out), WHICH[larger], *scenes
    return "pair_size", SMALLER.pick(rng, held_out), WHICH[1 - larger], *scenes


def _more(rng: Random, held_out: bool, scene: Maker) -> Made:
    counts = rng.sample((1, 2, 3), 2)
    first, second = (make_scene(rng, count=count) for count in counts)
    return "pair_more", MORE.pick(rng, held_out), WHICH[counts.index(max(counts))], first, second


def _only(rng: Random, held_out: bool, scene: Maker) -> Made:
    """One scene shows what the other shows, and one thing more."""
    fewer = make_scene(rng, count=rng.choice((1, 2)))
    more = make_scene(rng, count=len(fewer.things) + 1, like=fewer.things)
    shared = {(thing.colour, thing.shape) for thing in fewer.things}
    extra = next(thing for thing in more.things if (thing.colour, thing.shape) not in shared)
    where = rng.choice((1, 1, 0))
    wording = ONLY.pick(rng, held_out).format(which=WHICH[where])
    return "pair_only", wording, str(extra), *((fewer, more) if where else (more, fewer))


def _same(rng: Random, held_out: bool, scene: Maker) -> Made:
    first = make_scene(rng, count=1)
    same = rng.random() < 0.5
    second = make_scene(rng, count=1, like=first.things if same else ())
    alike = str(first.things[0]) == str(second.things[0])
    return "pair_same", SAME.pick(rng, held_out), "yes" if alike else "no", first, second


def _one(rng: Random, held_out: bool, scene: Maker) -> Made:
    scenes = scene(rng), scene(rng)
    where = rng.randrange(2)
    return "pair_one", ONE.pick(rng, held_out).format(which=WHICH[where]), caption(scenes[where]), *scenes


def _both(rng: Random, held_out: bool, scene: Maker) -> Made:
    first, second = scene(rng), scene(rng)
    return "pair_both", BOTH.pick(rng, held_out), f"first: {caption(first)}; second: {caption(second)}", first, second
