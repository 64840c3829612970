"""How answers are judged: exactly right, JSON by its value, transcripts by their words too."""

import json
from dataclasses import dataclass

SPOKEN = (  # kinds that word errors are counted for
    "variant", "accent", "slt", "8-12 words", "pauses", "transcribe",
    "1 s of silence before", "2 s of silence before", "4 s of silence before", "5 s of silence after",
)  # fmt: skip


@dataclass
class Score:
    """Answers of one kind: how many, how many exactly right, and words wrong of how many words."""

    count: int = 0
    right: int = 0
    word_errors: int = 0
    words: int = 0

    def add(self, kind: str, answer: str, reference: str) -> None:
        self.count += 1
        self.right += same(kind, answer, reference)
        if kind in SPOKEN:
            self.word_errors += distance(answer.split(), reference.split())
            self.words += len(reference.split())

    def line(self, name: str) -> str:
        exact = f"{name:28} {self.right:5}/{self.count:<5} {100 * self.right / self.count:6.1f} %"
        return exact + (f"   word errors {100 * self.word_errors / self.words:5.2f} %" if self.words else "")


def same(kind: str, answer: str, reference: str) -> bool:
    """Equal strings; for JSON, valid and of equal value."""
    if kind.startswith("json"):
        try:
            return bool(json.loads(answer) == json.loads(reference))
        except json.JSONDecodeError:
            return False
    return answer == reference


def distance(a: list[str], b: list[str]) -> int:
    """Fewest insertions, deletions and substitutions of words that turn a into b (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1]
