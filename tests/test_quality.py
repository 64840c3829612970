"""What flags answers: loops, speed, scripts; and what must not be flagged."""

import json

import pytest

from batch.quality import BY_LANGUAGE, not_asked_script, repeats, too_fast

PROSE = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a "
    "wife. However little known the feelings or views of such a man may be on his first entering a neighbourhood, this "
    "truth is so well fixed in the minds of the surrounding families, that he is considered as the rightful property "
    "of some one or other of their daughters."
)


@pytest.mark.parametrize(
    "text",
    [
        "no " * 12,
        "a red circle, " * 6,
        f"{PROSE} {'and so on ' * 10}",
        "是的" * 20,
        "".join(f"The picture shows a man {number % 2} " for number in range(30)),
        "ha" * 400,
    ],
)
def test_going_round_in_circles_is_repetition(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        PROSE,
        "no, no, no, no, no!",
        "row, row, row your boat gently down the stream, merrily, merrily, merrily, merrily, life is but a dream",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
        json.dumps([{"colour": colour, "shape": "circle", "size": size} for colour in ("red", "blue", "green", "pink")
                    for size in ("large", "small")]),
    ],
)  # fmt: skip
def test_prose_lists_and_refrains_are_not(text: str) -> None:
    assert not repeats(text)


def test_speed_counts_characters_by_seconds_of_speech() -> None:
    assert too_fast("x" * 401, 10.0, None)
    assert not too_fast("x" * 400, 10.0, None)
    assert too_fast("x" * 121, 10.0, 2.5)
    assert not too_fast("x" * 120, 10.0, 2.5)
    assert not too_fast("x" * 400, 10.0, 30.0)  # speech is no longer than its segment
    assert not too_fast("x", 0.0, None)


@pytest.mark.parametrize(
    ("text", "language", "flagged"),
    [
        ("Это по-русски", "Russian", False),
        ("This is English", "Russian", True),
        ("This is English", "ru-RU", True),
        ("Das heißt Приве", "German", False),
        ("こんにちは、世界", "Japanese", False),
        ("スーパーで買う", "ja", False),
        ("你好世界", "Korean", False),
        ("안녕하세요", "Chinese", True),
        ("नमस्ते दुनिया", " Hindi ", False),
        ("\uff26\uff35\uff2c\uff2c", "English", False),
        ("Dobar dan. Добар дан.", "Serbian", False),
        ("12 345", "Russian", False),
        ("OK", "Russian", False),
        ("anything at all", "Klingon", False),
        ("anything at all", None, False),
    ],
)
def test_a_script_is_judged_by_the_language_that_was_asked_for(text: str, language: str | None, flagged: bool) -> None:
    assert not_asked_script(text, language) is flagged


def test_no_language_is_named_twice() -> None:
    from batch.quality import SCRIPTS

    named = [name for names in SCRIPTS.values() for name in names.split()]
    assert sorted(named) == sorted(BY_LANGUAGE)
