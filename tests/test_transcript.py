"""Segments' texts become one: what was heard twice is written once, and nothing else is lost."""

import random

import pytest

from batch.transcript import Piece, halves, join, merge, words


@pytest.mark.parametrize(
    ("left", "right", "merged"),
    [
        ("We went to the sea.", "to the sea. It was cold.", "We went to the sea. It was cold."),
        ("the quick brown fo", "ick brown fox jumped", "the quick brown fox jumped"),
        ("and he said, No", "said no one could", "and he said, No one could"),
        ("It is DONE today", "done today! Good.", "It is DONE today! Good."),
        ("he walked", "walked home", "he walked home"),
        ("the end of the day", "of the day the end of the week", "the end of the day the end of the week"),
        ("今日は天気がい", "天気がいいですね", "今日は天気がいいですね"),
        ("ไปตลาดวัน", "ตลาดวันนี้", "ไปตลาดวันนี้"),
        ("l'homme qu'il", "qu\u2019il voyait", "l'homme qu'il voyait"),
        ("nothing alike", "entirely other", "nothing alike entirely other"),
        ("the one two three four", "five six the seven", "the one two three four five six the seven"),
    ],
)
def test_two_texts_are_joined_at_the_longest_run_of_words_they_share(left: str, right: str, merged: str) -> None:
    got = merge(left, right, 2.0)
    assert got.replace("\u2019", "'") == merged


def test_words_far_from_the_seam_are_no_match() -> None:
    left = "come with me now " + "one two three four five six seven eight nine ten " * 3
    right = "eleven twelve thirteen come with me now"
    assert merge(left.strip(), right, 1.0) == f"{left}{right}"


def test_only_neighbours_that_overlap_are_merged() -> None:
    apart = [Piece(0, 10, "one two"), Piece(10, 20, "one two three")]
    assert join(apart) == "one two one two three"
    assert join([Piece(0, 10, "one two"), Piece(8, 20, "one two three")]) == "one two three"
    assert join([Piece(0, 10, " one\n"), Piece(8, 9, " "), Piece(12, 20, "one")]) == "one one"
    assert join([]) == ""


@pytest.mark.parametrize("seed", range(50))
def test_speech_cut_anywhere_with_overlap_comes_back_whole(seed: int) -> None:
    """200 words of 24, cut every 60 with 5 in common and a broken word on either side of the overlap."""
    dice = random.Random(seed)
    spoken = [dice.choice("abcdefghijklmnopqrstuvwx") * 3 for _ in range(200)]
    pieces, start = [], 0
    while start < len(spoken):
        stop = min(start + 60, len(spoken))
        heard = spoken[start:stop]
        if start:
            heard = [heard[0][1:], *heard[1:]]
        if stop < len(spoken):
            heard = [*heard[:-1], heard[-1][:1]]
        pieces.append(Piece(start * 0.4, stop * 0.4, " ".join(heard)))
        if stop == len(spoken):
            break
        start = stop - 7
    assert join(pieces).split() == spoken


def test_words_carry_their_places() -> None:
    assert [text[word.start : word.stop] for text in ["Well, don't!"] for word in words(text)] == ["Well", "don't"]
    assert [word.key for word in words("Es IST 1.7 好的")] == ["es", "ist", "1", "7", "好", "的"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Guten Tag.\nFrench: Bonjour.", ("Guten Tag.", "Bonjour.")),
        ("Guten Tag.\n\nFrench:Bonjour.\nFrench: Oui.", ("Guten Tag.", "Bonjour.\nFrench: Oui.")),
        ("French: Bonjour.", ("", "Bonjour.")),
        ("He said French: no.", ("He said French: no.", None)),
        ("", ("", None)),
    ],
)
def test_a_translation_is_told_from_the_transcription(text: str, expected: tuple[str, str | None]) -> None:
    assert halves(text, "French") == expected
