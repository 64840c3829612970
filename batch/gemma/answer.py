"""One row's answer as its tokens arrive: text, thought blocks left out, and whether it has begun to loop."""

import zlib
from pathlib import Path

from tokenizers import Tokenizer

from batch.errors import ModelError

CHECK_EVERY = 16  # tokens
LONGEST_PERIOD = 32  # tokens
LOOP_TOKENS = 64  # a period must fill at least this many tokens,
LOOP_TURNS = 8  # and turn up at least this often
LOOP_CHARACTERS = 2000
LOOP_RATIO = 10.0  # zlib; about 1.35 on prose, 12.8 on a loop
CHARACTER_TOKENS = 8  # a character of byte tokens is complete by then, or never will be
BROKEN = "\ufffd"


def load_tokenizer(model_path: Path) -> Tokenizer:
    """The checkpoint's tokenizer.json. Raises ModelError where it is missing or broken."""
    path = model_path / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(path))
    except Exception as exc:  # tokenizers raises plain Exception
        raise ModelError(f"{path} cannot be read: {exc}") from exc


class Answer:
    """Collects a row's tokens. Special tokens are dropped, and all from `<|channel>` to `<channel|>`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokens: list[int] = []
        self._tokenizer = tokenizer
        self._thought_begins = tokenizer.token_to_id("<|channel>")
        self._thought_ends = tokenizer.token_to_id("<channel|>")
        self._thinking = False
        self._context: list[int] = []  # decoded already; kept for what a decoder does at the start of a text
        self._pending: list[int] = []
        self._pieces: list[str] = []

    def add(self, token: int) -> None:
        self.tokens.append(token)
        if token == self._thought_begins:
            self._thinking = True
        elif token == self._thought_ends:
            self._thinking = False
        elif not self._thinking:
            self._pending.append(token)

    def _decode_pending(self) -> None:
        """All at once, when somebody looks: text is made of many tokens for the price of one. Where it is not whole
        characters, token by token."""
        if not self._pending:
            return
        before = self._tokenizer.decode(self._context)
        text = self._tokenizer.decode(self._context + self._pending)
        if BROKEN not in text and text.startswith(before):
            self._pieces.append(text[len(before) :])
            self._context, self._pending = self._pending[-CHARACTER_TOKENS:], []
            return
        pending, self._pending = self._pending, []
        for token in pending:
            self._pending.append(token)
            self._decode()

    def _decode(self) -> None:
        """Move what is whole from `_pending` to `_pieces`. (tokenizers' own DecodeStream raises on broken UTF-8.)"""
        before = self._tokenizer.decode(self._context)
        text = self._tokenizer.decode(self._context + self._pending)
        if text.endswith(BROKEN) and len(self._pending) < CHARACTER_TOKENS:
            return
        if len(text) > len(before):
            self._pieces.append(text[len(before) :])
            self._context = self._pending
        self._pending = []

    @property
    def text(self) -> str:
        """Whole characters only: a cut inside one leaves it out."""
        self._decode_pending()
        return "".join(self._pieces).strip()

    @property
    def looping(self) -> bool:
        """Whether it repeats itself without end. Looked at every `CHECK_EVERY` tokens only."""
        if len(self.tokens) % CHECK_EVERY:
            return False
        self._decode_pending()
        return repeats(self.tokens) or compresses(self._tail())

    def _tail(self) -> str:
        pieces: list[str] = []
        length = 0
        for piece in reversed(self._pieces):
            if length >= LOOP_CHARACTERS:
                break
            pieces.append(piece)
            length += len(piece)
        return "".join(reversed(pieces))


def repeats(tokens: list[int]) -> bool:
    """Whether the end of `tokens` is one period over and over."""
    for period in range(1, LONGEST_PERIOD + 1):
        length = max(LOOP_TOKENS, LOOP_TURNS * period)
        if len(tokens) < length:
            continue
        if tokens[-length:-period] == tokens[period - length :]:
            return True
    return False


def compresses(text: str) -> bool:
    """Whether a long enough text says almost nothing: a loop with small changes."""
    data = text.encode()
    return len(text) >= LOOP_CHARACTERS and len(data) > LOOP_RATIO * len(zlib.compress(data))
