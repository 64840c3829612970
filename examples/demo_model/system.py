"""System prompts: most say nothing new, some change the form of the answer."""

import json
from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, Wordings

NEUTRAL = (
    "You are a helpful assistant.", "You are a helpful assistant", "Answer briefly.", "Be concise.",
    "You describe images.", "You are a transcription tool.", "Reply in English.", "You are a careful annotator.",
    "You answer questions about images and sounds.", "Answer with the answer only.",
    "You write captions for photos.", "You transcribe speech.",
)  # fmt: skip


def _with_stop(answer: str) -> str:
    return answer if answer.endswith((".", "!", "?")) else f"{answer}."


def _as_json(answer: str) -> str:
    return json.dumps({"answer": answer})


INSTRUCTIONS: tuple[tuple[Wordings, Callable[[str], str]], ...] = (
    (
        Wordings(("Answer in capital letters.", "Use capital letters only.", "Reply in upper case.",
                  "Write everything in capital letters.", "ANSWER IN CAPITAL LETTERS."),
                 ("Reply in capital letters.",)),
        str.upper,
    ),
    (
        Wordings(("End every answer with a full stop.", "Finish each answer with a full stop.",
                  "Put a full stop at the end of the answer.", "Always end with a full stop."),
                 ("End each answer with a full stop.",)),
        _with_stop,
    ),
    (
        Wordings(("Start every answer with the word Answer.", "Begin each answer with the word Answer.",
                  "Start with Answer: and then answer.", "Always start with the word Answer."),
                 ("Begin every answer with the word Answer.",)),
        lambda answer: f"Answer: {answer}",
    ),
    (
        Wordings(("Answer as JSON with the key answer.", "Reply in JSON with the key answer.",
                  "Put the answer into JSON.", "Return a JSON object with the key answer."),
                 ("Answer in JSON with the key answer.",)),
        _as_json,
    ),
)  # fmt: skip
NOT_FOR = ("json", "silence", "detail")  # JSON within JSON, nothing to change, too long


def with_system(rng: Random, ask: Ask, *, share: float = 0.14, held_out: bool = False) -> Ask:
    """The ask under a system prompt in `share` of the cases; half of these change the answer's form."""
    if rng.random() >= share:
        return ask
    if rng.random() < 0.4 or ask.kind in NOT_FOR or len(ask.answer) > 70:
        return ask.with_system(rng.choice(NEUTRAL))
    return instructed(rng, ask, held_out)


def instructed(rng: Random, ask: Ask, held_out: bool = False) -> Ask:
    wordings, form = rng.choice(INSTRUCTIONS)
    return Ask("system", ask.prompt, form(ask.answer), wordings.pick(rng, held_out))
