"""Mechanical checks of an answer: something was said, no loop, the asked script, the canary's words. Pure functions.

They tell a broken checkpoint from a working one, never a good answer from a better one.
"""

import re
import unicodedata
from collections import Counter
from typing import Literal

import jiwer

from batch.gemma.answer import compresses
from batch.gemma.validation.protocol import Question, Script

Verdict = Literal["pass", "look", "fail", "skip"]
LOOP = re.compile(r"(.{1,40}?)\1{7,}", re.DOTALL)  # eight times the same
LETTERS_IN_SCRIPT = 0.6  # names and numbers of another script are no fault
KINDS = {"LATIN": "Latin", "CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana"}
# So that "3" is "three" on both sides; the model is told nothing about numbers here.
NUMBERS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "huit": "8", "mr": "mister",
}  # fmt: skip


def check(question: Question, text: str, finish: str | None, *, demo: bool) -> tuple[Verdict, str]:
    """A verdict and why. `demo`: the demonstration model, whose answers are known where it knows the canary, and are
    checked for being there and not looping elsewhere."""
    if not text:
        return "fail", "an empty answer"
    if finish == "repetition" or loops(text):
        return "fail", "the answer loops"
    if demo:
        if question.known is None:
            return "pass", "mechanical only"
        note = "exact" if text == question.known.answer else f"expected {question.known.answer!r}"
        stand_in = f" (with {question.known.medium} instead)" if question.known.medium else ""
        return "pass" if note == "exact" else "fail", note + stand_in
    faults = [*_script(question, text), *_keywords(question, text), *_wrong(question, text)]
    if faults:
        return "fail" if question.strict else "look", "; ".join(faults)
    return "pass", _said(question, text)


def loops(text: str) -> bool:
    """Whether one piece comes eight times in a row, or the whole says almost nothing."""
    return compresses(text) or any(match[0].strip(" .-_=*\n") for match in LOOP.finditer(text))


def in_script(text: str, script: Script) -> bool:
    """Whether most letters belong to it. Chinese has no kana, Japanese has some."""
    kinds = Counter(KINDS.get(_first_word(character), "other") for character in text if character.isalpha())
    letters = kinds.total()
    if not letters:
        return False
    if script == "Latin":
        return kinds["Latin"] >= LETTERS_IN_SCRIPT * letters
    if script == "Chinese":
        return kinds["Han"] >= LETTERS_IN_SCRIPT * letters and not kinds["Kana"]
    return kinds["Kana"] > 0 and kinds["Han"] + kinds["Kana"] >= LETTERS_IN_SCRIPT * letters


def word_error_rate(reference: str, text: str) -> float:
    """Wrong, missing and added words over the reference's, after case, punctuation and small numbers are made equal."""
    return float(jiwer.wer(normalised(reference), normalised(text)))


def normalised(text: str) -> str:
    kept = "".join(
        character if character.isalnum() or character.isspace() else " "
        for character in unicodedata.normalize("NFKC", text).casefold()
    )
    return " ".join(NUMBERS.get(word, word) for word in kept.split())


def _script(question: Question, text: str) -> list[str]:
    if question.script is None or in_script(text, question.script):
        return []
    return [f"not in {question.script} script"]


def _keywords(question: Question, text: str) -> list[str]:
    said = unicodedata.normalize("NFKC", text).casefold()
    return [
        f"none of {', '.join(group)}" for group in question.keywords if not any(_begins(word, said) for word in group)
    ]


def _begins(word: str, text: str) -> bool:
    """Whether a word of `text` begins so ("male", not "female"); Chinese and Japanese write no spaces."""
    return re.search((r"\b" if word.isascii() else "") + re.escape(word), text) is not None


def _wrong(question: Question, text: str) -> list[str]:
    if question.reference is None:
        return []
    rate = word_error_rate(question.reference, text)
    over = rate > question.most_wrong
    return [f"word error rate {rate:.0%}, more than {question.most_wrong:.0%}"] if over else []


def _said(question: Question, text: str) -> str:
    if question.reference is not None:
        return f"word error rate {word_error_rate(question.reference, text):.0%}"
    return "keywords present" if question.keywords else "mechanical only"


def _first_word(character: str) -> str:
    """ "CJK" of "CJK UNIFIED IDEOGRAPH-4E00"; fullwidth and halfwidth forms by what they are."""
    words = unicodedata.name(unicodedata.normalize("NFKC", character)[0], "?").split()
    return words[0]
