"""Two texts word by word: what both have, what one has; and word error rates over many."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from batch.transcript import words

LONGEST_WORDS = 2000  # of an answer that is compared word by word: the matcher's time grows with the square


class Piece(NamedTuple):
    """A run of words: in both, only in a, or only in b."""

    where: Literal["both", "a", "b"]
    text: str


def pieces(a: str, b: str) -> tuple[tuple[Piece, ...], float]:
    """The texts laid over each other, and the share of words that differ."""
    one, other = a.split(), b.split()
    most = max(len(one), len(other), 1)
    if most > LONGEST_WORDS:
        return (Piece("a", a), Piece("b", b)), 1.0
    found: list[Piece] = []
    common = 0
    for kind, start, stop, begin, end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            common += stop - start
            found.append(Piece("both", " ".join(one[start:stop])))
            continue
        if stop > start:
            found.append(Piece("a", " ".join(one[start:stop])))
        if end > begin:
            found.append(Piece("b", " ".join(other[begin:end])))
    return tuple(found), 1 - common / most


def rates(pairs: Sequence[tuple[str | None, str | None]]) -> float | None:
    """Word errors of the second texts against the first, over all of them; case and punctuation do not count. None
    without any words to compare with."""
    import jiwer

    plain = [(_plain(said), _plain(heard)) for said, heard in pairs]
    known = [(said, heard) for said, heard in plain if said]
    if not known:
        return None
    measured = jiwer.process_words([said for said, _ in known], [heard for _, heard in known])
    return float(measured.wer)


def _plain(text: str | None) -> str:
    return " ".join(word.key for word in words(text or ""))
