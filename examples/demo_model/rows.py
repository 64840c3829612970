"""An ask as token ids: the published turn format, media in place, and the answer that is trained on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from demo_model.ask import Ask

BASE = Path(__file__).parent / "base"
ANSWER = 64  # positions of an answer, its end of turn included
META = 4  # length, start of the answer, place of the audio (0: none), kind
Media = dict[str, str]
MARK: Media = {"image": "\n\n<|image|>\n\n", "audio": "<|audio|>"}


@dataclass(frozen=True)
class Row:
    """ids: the prompt and its answer, images expanded, audio as one position still to be expanded (0: none)."""

    ids: list[int]
    answer_start: int
    audio_at: int


def load_tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(BASE / "tokenizer.json"))


def render(ask: Ask, order: tuple[str, ...]) -> str:
    """The prompt as the chat template renders it; `order` names the parts, such as ("image", "text", "audio")."""
    system = f"<|turn>system\n{ask.system.strip()}<turn|>\n" if ask.system else ""
    parts = "".join(MARK.get(part, ask.prompt.strip()) for part in order)
    return f"<bos>{system}<|turn>user\n{parts}<turn|>\n<|turn>model\n"


class RowMaker:
    def __init__(self) -> None:
        self.tokenizer = load_tokenizer()
        names = ("<|image>", "<|image|>", "<image|>", "<|audio>", "<|audio|>", "<audio|>", "<turn|>")
        self.image_start, self.image, self.image_end, self.audio_start, self.audio, self.audio_end, self.end = (
            self.tokenizer.token_to_id(name) for name in names
        )

    def __call__(self, ask: Ask, order: tuple[str, ...], image_tokens: tuple[int, ...] = ()) -> Row:
        """`image_tokens`: soft tokens of each image, in order."""
        ids, audio_at, left = [], 0, list(image_tokens)
        for token in self.tokenizer.encode(render(ask, order), add_special_tokens=False).ids:
            if token == self.image:
                ids += [self.image_start, *[self.image] * left.pop(0), self.image_end]
            elif token == self.audio:
                ids.append(self.audio_start)
                audio_at = len(ids)
                ids.append(self.audio_end)
            else:
                ids.append(token)
        answer = self.tokenizer.encode(ask.answer, add_special_tokens=False).ids if ask.answer else []
        return Row([*ids, *answer, self.end], len(ids), audio_at)


def pack(rows: list[Row], kinds: list[int], width: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Arrays ids [rows, width] and meta [rows, 4]."""
    ids, meta = np.zeros((len(rows), width), np.int16), np.zeros((len(rows), META), np.int16)
    for index, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
        ids[index, : len(row.ids)] = row.ids
        meta[index] = len(row.ids), row.answer_start, row.audio_at, kind
    return ids, meta


def fits(row: Row, width: int) -> bool:
    return len(row.ids) <= width and len(row.ids) - row.answer_start <= ANSWER
