"""Exercises without a medium: echo, reverse, count, sums, words, attributes, facts, and what it cannot know."""

import string
from random import Random

from demo_model.ask import Ask, chosen, vary
from demo_model.copy_wordings import ECHO, REVERSE
from demo_model.facts import FACTS
from demo_model.fallback import unknown_prompt
from demo_model.picture_wordings import AS_JSON, CAPTION, DETAIL
from demo_model.speech_wordings import SPOKEN_COUNT, TRANSCRIBE
from demo_model.text_wordings import ATTRIBUTES, COUNT, HOW_MANY, PLACE, SUM
from demo_model.words import COLOURS, FALLBACK, NO_AUDIO, NO_IMAGE, NUMBERS, SHAPES, SIZES, WRITTEN

Shares = dict[str, float]
SHARES: Shares = {
    "echo": 0.17, "letters": 0.03, "reverse": 0.14, "arith": 0.15, "count": 0.06, "words": 0.13, "attr": 0.06,
    "fact": 0.1, "fallback": 0.14, "no_medium": 0.02,
}  # fmt: skip
HARD_SHARES: Shares = {  # trained on: more of what is learnt last
    "echo": 0.11, "letters": 0.17, "reverse": 0.13, "arith": 0.12, "count": 0.04, "words": 0.13, "attr": 0.06,
    "fact": 0.08, "fallback": 0.12, "no_medium": 0.04,
}  # fmt: skip
SIGNS = {"+": "plus", "-": "minus", "*": "times"}


def text_ask(rng: Random, held_out: bool = False, shares: Shares = SHARES) -> Ask:
    kind = rng.choices(list(shares), list(shares.values()))[0]
    prompt, answer = MAKERS[kind](rng, held_out)
    # What is echoed must come back as it was written, so only the fixed wordings are varied.
    if kind in ("fact", "no_medium", "fallback") and not held_out:
        prompt = vary(rng, prompt, ends=kind == "fallback")
    elif rng.random() < 0.1 and not held_out:
        prompt = prompt[0].lower() + prompt[1:]
    return Ask(kind, prompt, answer)


def _words(rng: Random, low: int, high: int) -> list[str]:
    return [rng.choice(WRITTEN) for _ in range(rng.randint(low, high))]


def _echo(rng: Random, held_out: bool) -> tuple[str, str]:
    said = " ".join(_words(rng, 1, 8))
    return ECHO.pick(rng, held_out).format(said), said


def _letters(rng: Random, held_out: bool) -> tuple[str, str]:
    """Echo of words that do not exist: what cannot be known has to be copied, piece by piece."""
    said = " ".join("".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 5))) for _ in range(rng.randint(1, 3)))
    return ECHO.pick(rng, held_out).format(said), said


def _reverse(rng: Random, held_out: bool) -> tuple[str, str]:
    words = _words(rng, 2, 7)
    return REVERSE.pick(rng, held_out).format(" ".join(words)), " ".join(reversed(words))


def _arith(rng: Random, held_out: bool) -> tuple[str, str]:
    sign = rng.choice("+++--*")
    high = 10 if sign == "*" else 20
    a, b = rng.randint(0, high), rng.randint(0, high)
    if sign == "-":
        a, b = max(a, b), min(a, b)
    answer = {"+": a + b, "-": a - b, "*": a * b}[sign]
    return SUM.pick(rng, held_out).format(a=a, b=b, sign=sign, word=SIGNS[sign]), str(answer)


def _count(rng: Random, held_out: bool) -> tuple[str, str]:
    first = rng.randint(0, 12)
    last = first + rng.randint(1, 12)
    return COUNT.pick(rng, held_out).format(first, last), " ".join(map(str, range(first, last + 1)))


def _word(rng: Random, held_out: bool) -> tuple[str, str]:
    words = _words(rng, 2, 7)
    said = " ".join(words)
    place = rng.choice(("first", "last", None))
    if place is None:
        return HOW_MANY.pick(rng, held_out).format(said), NUMBERS[len(words)]
    return PLACE.pick(rng, held_out).format(place, said), words[0 if place == "first" else -1]


def _attribute(rng: Random, held_out: bool) -> tuple[str, str]:
    colour, shape, size = rng.choice(COLOURS), rng.choice(SHAPES), rng.choice(SIZES)
    other = colour if rng.random() < 0.5 else rng.choice([name for name in COLOURS if name != colour])
    wordings, wanted = rng.choice(ATTRIBUTES)
    answers = {"color": colour, "shape": shape, "size": size, "other": "yes" if other == colour else "no"}
    return wordings.pick(rng, held_out).format(c=colour, s=shape, z=size, o=other), answers[wanted]


def _fact(rng: Random, held_out: bool) -> tuple[str, str]:
    question, answer = rng.choice(FACTS)
    return chosen(rng, f"({question})"), answer


def _fallback(rng: Random, held_out: bool) -> tuple[str, str]:
    return unknown_prompt(rng, held_out), FALLBACK


def _no_medium(rng: Random, held_out: bool) -> tuple[str, str]:
    wordings, answer = rng.choice(
        ((CAPTION, NO_IMAGE), (DETAIL, NO_IMAGE), (AS_JSON, NO_IMAGE), (TRANSCRIBE, NO_AUDIO), (SPOKEN_COUNT, NO_AUDIO))
    )
    return wordings.pick(rng, held_out), answer


MAKERS = {
    "echo": _echo,
    "letters": _letters,
    "reverse": _reverse,
    "arith": _arith,
    "count": _count,
    "words": _word,
    "attr": _attribute,
    "fact": _fact,
    "fallback": _fallback,
    "no_medium": _no_medium,
}
