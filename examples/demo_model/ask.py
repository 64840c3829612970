"""One exercise: what is asked, what is the answer, and in which words people ask it."""

from dataclasses import dataclass, replace
from random import Random


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
    """Ways to ask the same thing. The held-out ones are never trained on: they test unseen wordings."""

    trained: tuple[str, ...]
    held_out: tuple[str, ...]

    def pick(self, rng: Random, held_out: bool) -> str:
        return rng.choice(self.held_out if held_out and self.held_out else self.trained)


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
