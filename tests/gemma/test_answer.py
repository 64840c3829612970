from pathlib import Path

import pytest
from tokenizers import Tokenizer

from batch.errors import ModelError
from batch.gemma.answer import Answer, compresses, load_tokenizer, repeats
from tests.gemma.tiny import SPECIAL, tokenizer


@pytest.fixture(scope="module")
def tiny_tokenizer() -> Tokenizer:
    return tokenizer()


def answer(tokenizer: Tokenizer, tokens: list[int]) -> Answer:
    made = Answer(tokenizer)
    for token in tokens:
        made.add(token)
    return made


def encoded(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids)


def test_text_comes_back_stripped_at_both_ends(tiny_tokenizer: Tokenizer) -> None:
    assert answer(tiny_tokenizer, encoded(tiny_tokenizer, "  a red  star\n")).text == "a red  star"


def test_characters_of_several_byte_tokens_come_whole(tiny_tokenizer: Tokenizer) -> None:
    tokens = encoded(tiny_tokenizer, "né 日本 🙂!")
    assert answer(tiny_tokenizer, tokens).text == "né 日本 🙂!"


def test_a_cut_inside_a_character_leaves_it_out(tiny_tokenizer: Tokenizer) -> None:
    tokens = encoded(tiny_tokenizer, "ok 🙂")
    assert answer(tiny_tokenizer, tokens[:-1]).text == "ok"


def test_bytes_that_are_no_text_end_nothing(tiny_tokenizer: Tokenizer) -> None:
    byte = tiny_tokenizer.token_to_id("<0xFF>")
    made = answer(tiny_tokenizer, [byte] * 20 + encoded(tiny_tokenizer, "end"))
    assert made.text.replace("\ufffd", "") == "end"
    assert len(made.tokens) == 23


def test_special_tokens_are_dropped(tiny_tokenizer: Tokenizer) -> None:
    tokens = [SPECIAL["<|image|>"], *encoded(tiny_tokenizer, "yes"), SPECIAL["<|turn>"]]
    assert answer(tiny_tokenizer, tokens).text == "yes"


def test_thought_blocks_are_left_out_and_counted(tiny_tokenizer: Tokenizer) -> None:
    thought = [SPECIAL["<|channel>"], *encoded(tiny_tokenizer, "thought\nhm"), SPECIAL["<channel|>"]]
    made = answer(tiny_tokenizer, thought + encoded(tiny_tokenizer, "yes"))
    assert made.text == "yes"
    assert len(made.tokens) == len(thought) + 3


def test_a_thought_that_never_ends_is_no_answer(tiny_tokenizer: Tokenizer) -> None:
    assert answer(tiny_tokenizer, [SPECIAL["<|channel>"], *encoded(tiny_tokenizer, "thought\nhm")]).text == ""


@pytest.mark.parametrize("period", [1, 2, 7, 32])
def test_a_period_over_and_over_is_a_loop(period: int) -> None:
    turns = max(8, -(-64 // period))
    assert repeats([5, 6] + list(range(100, 100 + period)) * turns)
    assert not repeats([5, 6] + list(range(100, 100 + period)) * (turns // 2))


def test_counting_and_prose_are_no_loops() -> None:
    assert not repeats(list(range(300)))
    assert not compresses("".join(f"{number} is followed by {number + 1}, " for number in range(300)))


def test_a_loop_with_small_changes_is_one_by_its_size() -> None:
    assert compresses("".join(f"I see a cat and another cat and one more cat {number}. " for number in range(80)))


def test_an_answer_notices_that_it_loops(tiny_tokenizer: Tokenizer) -> None:
    made = Answer(tiny_tokenizer)
    word = encoded(tiny_tokenizer, "no ")
    while not made.looping and len(made.tokens) < 500:
        made.add(word[len(made.tokens) % 3])
    assert len(made.tokens) == 64


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json cannot be read"):
        load_tokenizer(tmp_path)
