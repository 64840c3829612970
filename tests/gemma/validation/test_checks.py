import pytest

from batch.gemma.validation.checks import check, in_script, loops, normalised, word_error_rate
from batch.gemma.validation.protocol import JFK, WHOLE, Script


def verdict(name: str, text: str, *, finish: str | None = "stop", demo: bool = False) -> tuple[str, str]:
    return check(WHOLE.named(name), text, finish, demo=demo)


def test_nothing_said_fails() -> None:
    assert verdict("cat", "") == ("fail", "an empty answer")


@pytest.mark.parametrize("text", ["ionoxff" * 20, "a cat. " * 12, "six" * 40 + " blue", "the end \n" * 300])
def test_a_loop_fails_by_its_text_alone(text: str) -> None:
    assert loops(text)
    assert verdict("cat", text) == ("fail", "the answer loops")


def test_a_loop_the_engine_stopped_fails() -> None:
    assert verdict("cat", "a cat and", finish="repetition") == ("fail", "the answer loops")


@pytest.mark.parametrize(
    "text", [JFK, "no no no, not again", "1 1 1 2 2 2", "a ------------- b", "ha ha ha ha ha", ". . . . . . . . . ."]
)
def test_ordinary_repetition_is_no_loop(text: str) -> None:
    assert not loops(text)


def test_the_canarys_words_must_be_there() -> None:
    assert verdict("cat", "A tabby looks up.") == ("pass", "keywords present")
    assert verdict("cat", "A dog looks up.") == ("fail", "none of cat, kitten, tabby")
    assert verdict("red star", "A red circle.") == ("fail", "none of star")


def test_a_keyword_is_the_beginning_of_a_word() -> None:
    assert verdict("man or woman", "A male voice.") == ("pass", "keywords present")
    assert verdict("man or woman", "A female voice, a woman.") == ("look", "none of man, male")


def test_what_cannot_be_demanded_of_a_good_model_is_left_to_a_person() -> None:
    assert verdict("birdsong", "Silence.")[0] == "look"
    assert verdict("birdsong", "Birds are singing.") == ("pass", "keywords present")


@pytest.mark.parametrize(
    ("text", "script", "right"),
    [
        ("Paris is the capital of France.", "Latin", True),
        ("法国的首都是巴黎。", "Latin", False),
        ("法国的首都是巴黎(Paris)。", "Chinese", True),
        ("フランスの首都はパリです。", "Chinese", False),
        ("フランスの首都はパリです。", "Japanese", True),
        ("法国的首都是巴黎。", "Japanese", False),
        ("The capital is パリ.", "Japanese", False),
        ("ﾊﾟﾘです", "Japanese", True),
        ("12, 13!", "Latin", False),
    ],
)
def test_the_asked_script_is_known_by_its_letters(text: str, script: Script, right: bool) -> None:
    assert in_script(text, script) is right


def test_an_answer_in_another_language_fails_a_chat() -> None:
    assert verdict("Chinese", "法国的首都是巴黎。") == ("pass", "keywords present")
    assert verdict("Chinese", "The capital is Paris.") == ("fail", "not in Chinese script; none of 巴黎")
    assert verdict("Japanese", "フランスの首都はパリです。") == ("pass", "keywords present")


def test_word_errors_are_counted_after_case_punctuation_and_small_numbers() -> None:
    assert normalised("At 8 o'clock, Mr. Dashwood!") == "at 8 o clock mister dashwood"
    assert word_error_rate("a b c d", "a x c") == 0.5
    said = (
        "And so, my fellow Americans: ask not what your country can do for you; ask what you can do for your country."
    )
    assert word_error_rate(JFK, said) == 0.0
    assert verdict("French", "Bonjour, le train pour Paris part à 8 heures du matin. La pluie va tomber demain.") == (
        "pass", "word error rate 0%"
    )  # fmt: skip


def test_another_text_than_was_spoken_fails_a_transcription() -> None:
    name, note = verdict("short speech", "I am sorry, there is no audio here that I could listen to.")
    assert (name, note.endswith("more than 30%")) == ("fail", True)


def test_the_demonstration_models_answers_are_known_exactly_or_checked_mechanically() -> None:
    assert verdict("red star", "a large red star", demo=True) == ("pass", "exact")
    assert verdict("red star", "a small red star", demo=True) == ("fail", "expected 'a large red star'")
    assert verdict("cat", "a small pink heart", demo=True) == ("pass", "exact (with pink-heart.gif instead)")
    assert verdict("Chinese", "I3", demo=True) == ("pass", "mechanical only")
    assert verdict("Chinese", "", demo=True)[0] == "fail"


def test_the_protocol_is_the_cards() -> None:
    categories = [question.category for question in WHOLE.questions]
    assert {name: categories.count(name) for name in dict.fromkeys(categories)} == {
        "chat": 3, "image": 10, "transcription": 6, "scene": 2, "emotion": 2, "speaker": 2,
    }  # fmt: skip
    assert len({question.name for question in WHOLE.questions}) == 25
