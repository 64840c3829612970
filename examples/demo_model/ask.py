"""One exercise: what is asked, what is the answer, and in which words people ask it."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

CHOICE = re.compile(r"\(([^()]*)\)")


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
    themselves; a wording with many choices comes more often. What comes out equal to a held-out wording, apart
    from its case and final mark, is drawn again.
    """

    trained: tuple[str, ...]
    held_out: tuple[str, ...]

    def pick(self, rng: Random, held_out: bool) -> str:
        if held_out and self.held_out:
            return rng.choice(self.held_out)
        while True:
            said = rng.choices(self.trained, self.weights)[0]
            while CHOICE.search(said):
                said = CHOICE.sub(lambda choice: rng.choice(choice[1].split("|")), said)
            if self.trainable(said):
                return said

    def trainable(self, said: str) -> bool:
        return bare(said) not in {bare(wording) for wording in self.held_out}

    @cached_property
    def weights(self) -> tuple[float, ...]:
        return tuple(1 + math.log2(sum(1 for _ in _expanded(wording))) / 3 for wording in self.trained)

    def every(self) -> Iterator[str]:
        """All trained wordings, with every choice of every alternative."""
        for wording in self.trained:
            yield from filter(self.trainable, _expanded(wording))


def _expanded(wording: str) -> Iterator[str]:
    choice = CHOICE.search(wording)
    if choice is None:
        yield wording
        return
    for said in choice[1].split("|"):
        yield from _expanded(wording[: choice.start()] + said + wording[choice.end() :])


def bare(said: str) -> str:
    return said.lower().strip(" .?!")


POLITE_STARTS = (
    "Please ", "Could you ", "Can you ", "Now ", "OK, ", "Hi! ", "Hello, ", "Tell me: ", "Question: ",
    "I want to know: ",
)  # fmt: skip
POLITE_ENDS = (" Thank you.", " Thanks!", " please", " Be brief.", " Answer briefly.", " Answer in one word.")


def vary(rng: Random, prompt: str, *, ends: bool = True) -> str:
    """The same prompt as another person types it: case, final mark, a polite word before or after."""
    chance = rng.random()
    if chance < 0.12:
        prompt = prompt.lower()
    elif chance < 0.15 and len(prompt) < 30:
        prompt = prompt.upper()
    if rng.random() < 0.2 and prompt[-1] in ".?!":
        prompt = prompt[:-1]
    if rng.random() < 0.14:
        start = rng.choice(POLITE_STARTS)
        keep = start.rstrip()[-1] in ":!." or prompt[:2] in ("I ", "I'")
        prompt = start + (prompt if keep else prompt[0].lower() + prompt[1:])
    if ends and rng.random() < 0.06:
        prompt += rng.choice(POLITE_ENDS)
    return prompt
