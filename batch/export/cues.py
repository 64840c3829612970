"""A recording's segments as lines to read along: no word twice, never more than two lines at once.

The model gives times of segments, not of words: inside a segment the time goes by the number of characters.
"""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from batch.transcript import UNSPACED, Piece, apart, halves

LINE_CHARACTERS = 42  # what subtitle style guides (BBC, Netflix) allow in a line, and two lines
SENTENCE_ENDS = ".!?\u2026\u3002\uff01\uff1f"
WIDE = re.compile(f"[{UNSPACED}]")
CHANNEL = re.compile(r"\[(left|right)\] ")


def pieces(segments: Sequence[Mapping[str, Any]], translate_to: str | None = None) -> list[Piece]:
    """What was said (of a translation: in the language of the recording), in order of time."""
    return _pieces(segments, lambda text: halves(text, translate_to)[0] if translate_to else text)


def translated(segments: Sequence[Mapping[str, Any]], translate_to: str) -> list[Piece]:
    """The same in the language it was translated into."""
    return _pieces(segments, lambda text: halves(text, translate_to)[1] or "")


def _pieces(segments: Sequence[Mapping[str, Any]], part: Callable[[str], str]) -> list[Piece]:
    channels: dict[str, list[Piece]] = {}
    for segment in segments:
        if segment["status"] != "ok" or not segment["text"]:
            continue
        found = CHANNEL.match(segment["text"])
        channel = found.group() if found else ""
        text = part(segment["text"][len(channel) :]).strip()
        if text:
            channels.setdefault(channel, []).append(Piece(segment["start_s"], segment["end_s"], text))
    heard = [
        Piece(piece.start_s, piece.end_s, channel + piece.text)
        for channel, found_pieces in channels.items()
        for piece in apart(found_pieces)
    ]
    return sorted(heard, key=lambda piece: (piece.start_s, piece.end_s))


def cues(spoken: Iterable[Piece]) -> Iterator[Piece]:
    """At most two lines each; a cue's text has a line break where it has two."""
    for piece in spoken:
        width = _width(piece.text)
        texts = list(_short_texts(piece.text, width))
        characters = sum(map(len, texts))
        at, seconds = piece.start_s, piece.end_s - piece.start_s
        for text in texts:
            until = at + seconds * len(text) / characters
            yield Piece(at, until, "\n".join(textwrap.wrap(text, width)))
            at = until


def _width(text: str) -> int:
    """Characters in a line; scripts without spaces have wide ones."""
    return LINE_CHARACTERS // 2 if WIDE.search(text) else LINE_CHARACTERS


def _short_texts(text: str, width: int) -> Iterator[str]:
    """Cut at ends of sentences where that leaves no scraps, else between words."""
    cue = ""
    for space, word in _words(text, width):
        grown = f"{cue}{space if cue else ''}{word}"
        if len(textwrap.wrap(grown, width)) > 2:
            yield cue
            cue = word
        else:
            cue = grown
        if len(cue) >= 2 * width // 3 and cue[-1] in SENTENCE_ENDS:
            yield cue
            cue = ""
    if cue:
        yield cue


def _words(text: str, width: int) -> Iterator[tuple[str, str]]:
    """(the space before it, word); one that is longer than half a line and may be cut comes in pieces."""
    for word in text.split():
        most = width // 4 if WIDE.search(word) else width
        for start in range(0, len(word), most):
            yield "" if start else " ", word[start : start + most]
