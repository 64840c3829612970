"""One exercise: what is asked, what is the answer, and in which words people ask it."""

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from demo_model.phrases import ENDS, FILLERS, IDLE, LETTERS, PARTS, SHORT_ENDS, STARTS

CHOICE = re.compile(r"\(([^()]*)\)")
PART = re.compile(r"\[(\w+)\]")
GREETED, DISTURBED = 0.16, 0.14  # shares of the trained wordings


@dataclass(frozen=True)
class Ask:
    """A prompt with its one right answer; `kind` is the row of the score table it belongs to."""

    kind: str
    prompt: str
    answer: str
    system: str | None = None

    def with_system(self, system: str | None, answer: str | None = None) -> "Ask":
        return replace(self, system=system, answer=self.answer if answer is None else answer)


@dataclass(frozen=True)
class Wordings:
    """Ways to ask the same thing. The held-out ones are never trained on: they test unseen wordings.

    In a trained wording `(this|the|)` stands for one of its alternatives, which may hold such choices
    themselves, and `[image]` for a choice that many wordings share (phrases.PARTS). A wording with many choices
    comes more often. It is then put as people put it, with a word too many or too few, a greeting before or thanks
    after it. What comes out equal to a held-out wording, apart from its case and final mark, is drawn again.
    """

    trained: tuple[str, ...]
    held_out: tuple[str, ...]

    def pick(self, rng: Random, held_out: bool) -> str:
        if held_out and self.held_out:
            return rng.choice(self.held_out)
        while True:
            said = chosen(rng, rng.choices(self.trained, self.weights)[0])
            if rng.random() < DISTURBED:
                said = disturbed(rng, said)
            if rng.random() < GREETED:
                said = greeted(rng, said)
            if self.trainable(said):
                return said

    def trainable(self, said: str) -> bool:
        return bare(said) not in self._held_out

    @cached_property
    def _held_out(self) -> frozenset[str]:
        return frozenset(map(bare, self.held_out))

    @cached_property
    def weights(self) -> tuple[float, ...]:
        return tuple(1 + math.log2(ways(wording)) / 3 for wording in self.trained)


def whole(wording: str) -> str:
    """The wording with its parts written out as choices."""
    while PART.search(wording):
        wording = PART.sub(lambda part: f"({PARTS[part[1]]})", wording)
    return wording


def chosen(rng: Random, wording: str) -> str:
    """The wording with one alternative of each choice; no space is left double."""
    said = whole(wording)
    while CHOICE.search(said):
        said = CHOICE.sub(lambda choice: rng.choice(choice[1].split("|")), said)
    said = re.sub(r"  +", " ", said).strip(" ")
    said = re.sub(r"(?<!=) ([?!,]|\.(?!\.))(?=$|\s)", r"\1", said)
    return said if said[:1] == "{" else said[:1].upper() + said[1:]


def ways(wording: str) -> int:
    """How many wordings it stands for."""
    said, counts = whole(wording), []
    while choice := CHOICE.search(said):  # the innermost first; `#n#` then stands for n ways
        count = sum(_product(alternative, counts) for alternative in choice[1].split("|"))
        counts.append(count)
        said = f"{said[: choice.start()]}#{len(counts) - 1}#{said[choice.end() :]}"
    return _product(said, counts)


def _product(said: str, counts: list[int]) -> int:
    return math.prod(counts[int(index)] for index in re.findall(r"#(\d+)#", said))


def disturbed(rng: Random, said: str) -> str:
    """The same with a word too many, a word left out, or two letters in each other's place.

    Only words before what must be taken as it stands ("Repeat: {}") are touched.
    """
    words = said.split(" ")
    exact = next((index for index, word in enumerate(words) if "{}" in word or "{a}" in word), len(words))
    chance = rng.random()
    if chance < 0.5:
        places = [index for index in range(exact) if index == 0 or not words[index - 1].endswith(":")]
        if places:
            extra = babble(rng) if rng.random() < 0.2 else rng.choice(FILLERS)
            words.insert(rng.choice(places), extra)
    elif chance < 0.8:
        idle = [index for index in range(exact) if words[index].lower() in IDLE]
        if idle and len(words) > 2:
            del words[rng.choice(idle)]
    else:
        long = [index for index in range(exact) if len(words[index]) > 4 and words[index].isalpha()]
        if long:
            index = rng.choice(long)
            word, at = words[index], rng.randrange(1, len(words[index]) - 2)
            words[index] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def greeted(rng: Random, said: str) -> str:
    if rng.random() < 0.75:
        start = rng.choice(STARTS)
        keep = start.rstrip()[-1] in ":!.-" or said[:2] in ("I ", "I'") or said[1:2].isupper()
        said = start + (said if keep else said[0].lower() + said[1:])
    if rng.random() < 0.35 and "{}" not in said and "{b}" not in said:
        said += rng.choice(ENDS)
    return said


def babble(rng: Random) -> str:
    """A word that does not exist."""
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 9)))


def bare(said: str) -> str:
    return said.lower().strip(" .?!")


def vary(rng: Random, prompt: str, *, ends: bool = True) -> str:
    """The same prompt as another person types it: case, final mark, a wish for brevity after it."""
    chance = rng.random()
    if chance < 0.14:
        prompt = prompt.lower()
    elif chance < 0.17 and len(prompt) < 50:
        prompt = prompt.upper()
    if rng.random() < 0.2 and prompt[-1] in ".?!":
        prompt = prompt[:-1]
    if ends and rng.random() < 0.04:
        prompt += rng.choice(SHORT_ENDS)
    return prompt
