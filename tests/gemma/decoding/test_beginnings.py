from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest

from batch.gemma.adapter import Gemma
from batch.gemma.decoding.beginnings import SharedPrefill, prefill_of
from batch.gemma.decoding.prefill import Prefill
from batch.prepared import Prepared
from tests.gemma.rows import answer, image, mel, prepared
from tests.gemma.tiny import ARCHITECTURES, Architecture, Noise

Tiny = Callable[[Architecture], Path]


def asked(architecture: Architecture, pictures: int, questions: int) -> list[Prepared]:
    """Questions of several lengths to each picture (and a clip, where the model hears)."""
    noise = Noise(11)
    requests = []
    for number in range(pictures):
        media: list[Any] = [image(noise, 240, 144)]  # 15 soft tokens
        if architecture == "e":
            media.append(mel(noise, 120))  # 30: longer than the window together
        for question in range(questions):
            row = number * questions + question
            text = noise.integers(300, 1016, 5 + question).tolist()
            request = prepared(row, [[310, 311], *media, text], max_tokens=6 + question)
            keys = tuple(f"{number} {place}".encode() for place in range(len(media)))
            requests.append(replace(request, media_keys=keys))
    return requests


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_questions_that_share_a_picture_are_answered_as_each_alone(architecture: Architecture, tiny: Tiny) -> None:
    requests = asked(architecture, 3, 5)
    alone, _ = answer(tiny(architecture), requests, slots=1, dtype="float32", reuse=False)
    together, _ = answer(tiny(architecture), requests, slots=8, dtype="float32")
    assert together == alone


@pytest.mark.parametrize("architecture", ["e", "dense"])
def test_prompts_that_share_a_long_beginning_are_answered_as_each_alone(architecture: Architecture, tiny: Tiny) -> None:
    system = Noise(12).integers(300, 1016, 70).tolist()  # longer than the window
    requests = [prepared(row, [system, [400 + row] * (3 + row)], max_tokens=8) for row in range(8)]
    alone, _ = answer(tiny(architecture), requests, slots=1, dtype="float32", reuse=False)
    together, _ = answer(tiny(architecture), requests, slots=8, dtype="float32")
    assert together == alone


def test_the_beginning_is_prefilled_once_for_each_picture(tiny: Tiny) -> None:
    gemma = Gemma.load(tiny("e"), "float32")
    prompts = [gemma.prompt(request) for request in asked("e", 2, 3)]
    group = prefill_of(gemma.text, prompts, share=True)
    assert isinstance(group, SharedPrefill)
    assert len(group._prefixes.lengths) == 2
    logits = group.advance()
    plain = Prefill(gemma.text, prompts).advance()
    assert logits is not None
    assert plain is not None
    assert mx.allclose(logits, plain, atol=1e-3).item()


def test_prompts_with_little_in_common_and_media_of_unknown_content_share_nothing(tiny: Tiny) -> None:
    gemma = Gemma.load(tiny("e"), "float32")
    different = [gemma.prompt(prepared(row, [[300 + row] * 20])) for row in range(4)]
    unknown = [gemma.prompt(replace(request, media_keys=())) for request in asked("e", 1, 3)]
    for prompts in (different, unknown, [*unknown, *different]):
        assert isinstance(prefill_of(gemma.text, prompts, share=True), Prefill)
    known = [gemma.prompt(request) for request in asked("e", 1, 3)]
    assert isinstance(prefill_of(gemma.text, known, share=False), Prefill)
