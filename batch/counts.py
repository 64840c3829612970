"""How many: rows by status, errors by kind, flags, tokens. Of a shard, or of a whole job: they add up."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from batch.result import STATUSES, Status


@dataclass(slots=True)
class Counts:
    """`requests` have been computed in all, those of rows that were later tried again included.

    `correct` of `compared` rows gave the reference's answer, where the source has a reference column.
    """

    rows: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    audio_seconds: float = 0.0
    compared: int = 0
    correct: int = 0

    @property
    def done(self) -> int:
        """Rows with a result, failed ones included."""
        return self.rows.total()

    def add(self, other: Self) -> None:
        self.rows.update(other.rows)
        self.errors.update(other.errors)
        self.flags.update(other.flags)
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.audio_seconds += other.audio_seconds
        self.compared += other.compared
        self.correct += other.correct

    def take_away(self, other: Self) -> None:
        """Undo an `add` of the same."""
        self.rows -= other.rows
        self.errors -= other.errors
        self.flags -= other.flags
        self.requests -= other.requests
        self.prompt_tokens -= other.prompt_tokens
        self.completion_tokens -= other.completion_tokens
        self.audio_seconds -= other.audio_seconds
        self.compared -= other.compared
        self.correct -= other.correct

    def add_row(self, status: Status, error_kind: str | None, flags: Iterable[str]) -> None:
        self.rows[status] += 1
        if error_kind is not None:
            self.errors[error_kind] += 1
        self.flags.update(set(flags))

    def as_dict(self) -> dict[str, Any]:
        """JSON: every status is named, kinds and flags where they occur, most frequent first."""
        return {
            "rows": {status: self.rows[status] for status in STATUSES},
            "errors": dict(self.errors.most_common()),
            "flags": dict(self.flags.most_common()),
            "requests": self.requests,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "audio_seconds": round(self.audio_seconds, 3),
            "compared": self.compared,
            "correct": self.correct,
        }

    def to_json(self) -> str:
        return json.dumps(self.as_dict())

    @classmethod
    def from_json(cls, text: str | None) -> Self:
        """The inverse of `to_json`; None gives zeros."""
        if text is None:
            return cls()
        value: dict[str, Any] = json.loads(text)
        for name in ("rows", "errors", "flags"):
            value[name] = +Counter(value[name])  # without the statuses that did not occur
        return cls(**value)


def status_of(planned: int, completions: int, errors: int, *, broken_off: bool = False) -> Status:
    """A row's status from its requests: how many were planned, and how many ended with an error. `broken_off`: there
    would have been more of them."""
    if not planned:
        return "no_speech"
    if not errors:
        return "partial" if broken_off else "ok"
    return "failed" if errors >= completions else "partial"
