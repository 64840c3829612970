"""One text of the texts of a recording's segments. Where two segments heard the same seconds, their words are merged.

Only speech without a pause for 30 s is heard twice (media/speech.py). The first of two such segments may end inside a
word and the second may begin inside one, so neither text is whole at its end: they are joined at the longest run of
words that both have there, and what the first has after it and the second before it is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

WORDS_PER_S = 10  # more than anybody says, single characters of unspaced scripts included
SPARE_WORDS = 4  # a model hears a little more or less than the seconds say
DROPPED = 0.5  # what a word that is left out weighs against one that both have

# Scripts without spaces between words are taken character by character.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w)+(?:['\u2019](?:(?![{UNSPACED}])\w)+)*")


@dataclass(frozen=True, slots=True)
class Piece:
    """What was said between two moments of a recording, in seconds."""

    start_s: float
    end_s: float
    text: str


class Word(NamedTuple):
    key: str
    start: int
    stop: int


def join(pieces: Sequence[Piece]) -> str:
    """The text of `pieces`, which are in order; those without text count for nothing."""
    joined, end_s = "", 0.0
    for piece in pieces:
        text = piece.text.strip()
        if not text:
            continue
        overlap_s = end_s - piece.start_s if joined else 0.0
        joined = merge(joined, text, overlap_s) if overlap_s > 0 else f"{joined} {text}".strip()
        end_s = piece.end_s
    return joined


def merge(left: str, right: str, overlap_s: float) -> str:
    """Two texts of which the end and the beginning tell of the same `overlap_s` seconds. Without a common word there,
    both are kept whole: words twice are better than words lost."""
    seam = _cut(left, right, overlap_s)
    return f"{left} {right}" if seam is None else left[: seam[0]] + right[seam[1] :]


def apart(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces that have text, in order, without the words and the seconds that two of them share."""
    found: list[Piece] = []
    for piece in pieces:
        text = piece.text.strip()
        if not text:
            continue
        begin_s = piece.start_s
        if found and found[-1].end_s > begin_s:
            last = found[-1]
            seam = _cut(last.text, text, last.end_s - begin_s)
            if seam is not None:
                text, last = text[seam[1] :].lstrip(" ,.;:"), replace(last, text=last.text[: seam[0]])
            begin_s = max(last.start_s, (last.end_s + begin_s) / 2)
            found[-1] = replace(last, end_s=begin_s)
        if text:
            found.append(Piece(begin_s, piece.end_s, text))
    return found


def _cut(left: str, right: str, overlap_s: float) -> tuple[int, int] | None:
    """Where the first text ends and the second goes on, in characters; None where they have no word in common."""
    reach = round(WORDS_PER_S * overlap_s) + SPARE_WORDS
    tail, head = words(left)[-reach:], words(right)[:reach]
    seam = _seam([word.key for word in tail], [word.key for word in head])
    return None if seam is None else (tail[seam[0] - 1].stop, head[seam[1] - 1].stop)


def _seam(tail: list[str], head: list[str]) -> tuple[int, int] | None:
    """Where the best run of words that both have ends in each of them; None without any worth joining at. A run is
    as good as it is long, less DROPPED for each word that would be left out around it."""
    best, seam = 0.0, None
    lengths = [0] * (len(head) + 1)  # of the run that ends before (i, j)
    for i in range(1, len(tail) + 1):
        for j in range(len(head), 0, -1):
            lengths[j] = lengths[j - 1] + 1 if tail[i - 1] == head[j - 1] else 0
            score = lengths[j] - DROPPED * (len(tail) - i + j - lengths[j])
            if lengths[j] and (score > best or (seam is None and score == 0)):
                best, seam = score, (i, j)
    return seam


def words(text: str) -> list[Word]:
    """Words as they are compared (no case, no punctuation), and where they stand."""
    return [
        Word(match.group().casefold().replace("\u2019", "'"), match.start(), match.end())
        for match in WORD.finditer(text)
    ]


def halves(text: str, target: str) -> tuple[str, str | None]:
    """A speech translation in the form that was asked for: transcription, a new line, `target: ` and the translation.
    None where the model left the translation out."""
    before, found, after = f"\n{text}".partition(f"\n{target}:")
    return before.strip(), after.strip() if found else None
