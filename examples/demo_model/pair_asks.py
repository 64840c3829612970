"""What can be asked about two pictures in one prompt."""

from random import Random

from demo_model.ask import Ask, Wordings, vary
from demo_model.picture_asks import caption
from demo_model.scenes import Scene, make_scene

LARGER = Wordings(
    ("Which image has the larger shape?", "Which is larger?", "In which image is the shape larger?",
     "Which picture shows the larger shape?", "Which of the two shapes is larger?", "Where is the shape larger?"),
    ("Which image shows the larger object?", "Which one is larger?"),
)  # fmt: skip
SMALLER = Wordings(
    ("Which image has the smaller shape?", "Which is smaller?", "In which image is the shape smaller?",
     "Which picture shows the smaller shape?", "Where is the shape smaller?"),
    ("Which image shows the smaller object?",),
)  # fmt: skip
MORE = Wordings(
    ("Which image shows more shapes?", "Which image has more objects?", "Where are more shapes?",
     "Which picture has more shapes?"),
    ("Which image contains more shapes?",),
)  # fmt: skip
ONLY = Wordings(
    ("What is only in the {which} image?", "Which object is only in the {which} image?",
     "What does only the {which} image show?", "What is in the {which} image but not in the other?",
     "Name what is only in the {which} picture."),
    ("Which shape is only in the {which} image?", "What can be seen only in the {which} image?"),
)  # fmt: skip
SAME = Wordings(
    ("Do both images show the same?", "Are the two images the same?", "Is the same object in both images?",
     "Do the two pictures show the same shape?"),
    ("Do the images show the same thing?",),
)  # fmt: skip
ONE = Wordings(
    ("What is in the {which} image?", "Describe the {which} image.", "Caption the {which} image.",
     "What does the {which} image show?", "Describe only the {which} picture."),
    ("What can you see in the {which} image?",),
)  # fmt: skip
BOTH = Wordings(
    ("Describe both images.", "Caption both images.", "Describe the two images.", "What is in the two images?"),
    ("What do the two images show?",),
)  # fmt: skip
WHICH = ("first", "second")


def pair_ask(rng: Random, held_out: bool = False) -> tuple[Ask, Scene, Scene]:
    """One question with the two scenes it is about."""
    make = rng.choices((_size, _more, _only, _same, _one, _both), (0.22, 0.1, 0.28, 0.14, 0.14, 0.12))[0]
    kind, wording, answer, first, second = make(rng, held_out)
    return Ask(kind, wording if held_out else vary(rng, wording, ends=False), answer), first, second


def _size(rng: Random, held_out: bool) -> tuple[str, str, str, Scene, Scene]:
    scenes = [make_scene(rng, count=1) for _ in WHICH]
    while scenes[0].things[0].size == scenes[1].things[0].size:
        scenes[rng.randrange(2)] = make_scene(rng, count=1)
    larger = 0 if scenes[0].things[0].size == "large" else 1
    if rng.random() < 0.65:
        return "pair_size", LARGER.pick(rng, held_out), WHICH[larger], *scenes
    return "pair_size", SMALLER.pick(rng, held_out), WHICH[1 - larger], *scenes


def _more(rng: Random, held_out: bool) -> tuple[str, str, str, Scene, Scene]:
    counts = rng.sample((1, 2, 3), 2)
    first, second = (make_scene(rng, count=count) for count in counts)
    return "pair_more", MORE.pick(rng, held_out), WHICH[counts.index(max(counts))], first, second


def _only(rng: Random, held_out: bool) -> tuple[str, str, str, Scene, Scene]:
    """One scene shows what the other shows, and one thing more."""
    fewer = make_scene(rng, count=rng.choice((1, 1, 2)))
    more = make_scene(rng, count=len(fewer.things) + 1, like=fewer.things)
    shared = {(thing.colour, thing.shape) for thing in fewer.things}
    extra = next(thing for thing in more.things if (thing.colour, thing.shape) not in shared)
    where = rng.choice((1, 1, 0))
    wording = ONLY.pick(rng, held_out).format(which=WHICH[where])
    return "pair_only", wording, str(extra), *((fewer, more) if where else (more, fewer))


def _same(rng: Random, held_out: bool) -> tuple[str, str, str, Scene, Scene]:
    first = make_scene(rng, count=1)
    same = rng.random() < 0.5
    second = make_scene(rng, count=1, like=first.things if same else ())
    alike = str(first.things[0]) == str(second.things[0])
    return "pair_same", SAME.pick(rng, held_out), "yes" if alike else "no", first, second


def _one(rng: Random, held_out: bool) -> tuple[str, str, str, Scene, Scene]:
    scenes = make_scene(rng), make_scene(rng)
    where = rng.randrange(2)
    return "pair_one", ONE.pick(rng, held_out).format(which=WHICH[where]), caption(scenes[where]), *scenes


def _both(rng: Random, held_out: bool) -> tuple[str, str, str, Scene, Scene]:
    first, second = make_scene(rng), make_scene(rng)
    return "pair_both", BOTH.pick(rng, held_out), f"first: {caption(first)}; second: {caption(second)}", first, second
