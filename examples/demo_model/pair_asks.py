"""What can be asked about two pictures in one prompt."""

from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, vary
from demo_model.compare_wordings import LARGER, MORE, SAME, SMALLER
from demo_model.pair_wordings import BOTH, ONE, ONLY
from demo_model.picture_asks import caption
from demo_model.scenes import Scene, make_scene

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
