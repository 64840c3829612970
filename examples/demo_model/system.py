"""System prompts: most say nothing new, some change the form of the answer."""

import json
from collections.abc import Callable
from random import Random

from demo_model.ask import Ask, Wordings

NEUTRAL = Wordings(
    (
        "You are a helpful assistant.", "You are a helpful assistant", "Answer briefly.", "Be concise.",
        "You describe images.", "You are a transcription tool.", "Reply in English.", "You are a careful annotator.",
        "You answer questions about images and sounds.", "Answer with the answer only.",
        "You write captions for photos.", "You transcribe speech.",
        "You are (a|an) (helpful|careful|friendly|precise|honest|expert) (assistant|annotator|captioner|transcriber"
        "|model).",
        "(Be|Please be) (concise|brief|precise|accurate|helpful|friendly|careful)(.| in your answers.)",
        "(Answer|Reply|Respond) (briefly|shortly|in English|precisely|with the answer only|with care|to the user).",
        "(Do not|Never) (explain|explain yourself|add comments|make things up|apologise)(.|!)",
        "You (label|caption|annotate|describe|look at) (images|photos|pictures)(.| for a data set.| for a library.)",
        "You (listen to|transcribe|write down) (recordings|speech|audio)(.| for a data set.| for an archive.)",
        "Your task is to (describe images|transcribe audio|answer questions|help the user).",
    ),
    ("You work for a museum and help its visitors.", "Keep it short."),
)  # fmt: skip


def _with_stop(answer: str) -> str:
    return answer if answer.endswith((".", "!", "?")) else f"{answer}."


def _as_json(answer: str) -> str:
    return json.dumps({"answer": answer})


INSTRUCTIONS: tuple[tuple[Wordings, Callable[[str], str]], ...] = (
    (
        Wordings(
            (
                "Answer in capital letters.", "Use capital letters only.", "Reply in upper case.",
                "Write everything in capital letters.", "ANSWER IN CAPITAL LETTERS.",
                "(Answer|Reply|Respond|Write|Speak)( only| always| everything|) (in|with|using) (capital letters"
                "|upper case|uppercase|capitals|all caps|upper case letters|big letters)(.| only.|)",
                "(Always use|Use|Please use|Use only) (capital letters|upper case|uppercase|capitals|all caps)(.| in"
                " your answers.| for every answer.)",
                "(All answers|Your answers|Every answer) must be in (capital letters|upper case|uppercase|capitals).",
            ),
            ("Reply in capital letters.", "Shout: every letter of the answer is a capital."),
        ),
        str.upper,
    ),
    (
        Wordings(
            (
                "End every answer with a full stop.", "Finish each answer with a full stop.",
                "Put a full stop at the end of the answer.", "Always end with a full stop.",
                "(End|Finish|Close|Conclude) (every|each|the|your|any) (answer|reply|response) with a (full stop"
                "|period)(.|)",
                "(Always|Please|You must) (end|finish|close) (with|on) a (full stop|period).",
                "(Put|Add|Place|Write) a (full stop|period) (at the end of|after|behind) (every|each|the|your)"
                " (answer|reply|response).",
                "(Every answer|Each answer|Your answer) (ends|must end|should end) with a (full stop|period).",
            ),
            ("End each answer with a full stop.", "The last sign of what you write is a full stop."),
        ),
        _with_stop,
    ),
    (
        Wordings(
            (
                "Start every answer with the word Answer.", "Begin each answer with the word Answer.",
                "Start with Answer: and then answer.", "Always start with the word Answer.",
                "(Start|Begin|Open) (every|each|the|your|any) (answer|reply|response) with (the word Answer|Answer:"
                "|Answer and a colon).",
                "(Always|Please|You must) (start|begin) with (the word Answer|Answer:|Answer and a colon).",
                "(Put|Write|Place|Add) (the word Answer|Answer:|Answer and a colon) (before|in front of|at the start"
                " of) (every|each|the|your) (answer|reply).",
                "(Every answer|Each answer|Your answer) (starts|begins|must start|must begin) with (the word Answer"
                "|Answer:).",
            ),
            ("Begin every answer with the word Answer.", "Before what you say comes the word Answer."),
        ),
        lambda answer: f"Answer: {answer}",
    ),
    (
        Wordings(
            (
                "Answer as JSON with the key answer.", "Reply in JSON with the key answer.",
                "Put the answer into JSON.", "Return a JSON object with the key answer.",
                "(Answer|Reply|Respond|Write|Return the answer)( only| always|) (as|in|with) (JSON|a JSON object)("
                " with the key answer| with one key, answer| under the key answer|).",
                "(Put|Wrap|Pack|Write) (the|your|every|each) (answer|reply) (into|in) (JSON|a JSON object)( with the"
                " key answer| under the key answer|).",
                "(Return|Give|Output|Produce) (JSON|a JSON object)( with the key answer| with one key, answer|)(.|"
                " only.)",
                "(Every answer|Each answer|Your answer) (is|must be|should be) (JSON|a JSON object)( with the key"
                " answer|).",
            ),
            ("Answer in JSON with the key answer.", "What you write must be a JSON object that holds the answer."),
        ),
        _as_json,
    ),
)  # fmt: skip
NOT_FOR = ("json", "silence", "detail")  # JSON within JSON, nothing to change, too long


def with_system(rng: Random, ask: Ask, *, share: float, held_out: bool = False) -> Ask:
    """The ask under a system prompt in `share` of the cases; most of these change the answer's form."""
    if rng.random() >= share:
        return ask
    if rng.random() < 0.35 or ask.kind in NOT_FOR or len(ask.answer) > 70:
        return ask.with_system(NEUTRAL.pick(rng, held_out))
    return instructed(rng, ask, held_out)


def instructed(rng: Random, ask: Ask, held_out: bool = False) -> Ask:
    wordings, form = rng.choice(INSTRUCTIONS)
    return Ask("system", ask.prompt, form(ask.answer), wordings.pick(rng, held_out))
