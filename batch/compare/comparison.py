"""What two jobs have in common and where they differ, row by row and in sums."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from batch.compare.words import Piece, pieces, rates
from batch.config.job import answer_identity
from batch.errors import OutputError
from batch.export.finished import Finished, open_finished
from batch.tasks import correct


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of one job."""

    status: str
    text: str | None
    tokens: int | None
    flags: tuple[str, ...]
    error: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A row whose answers differ. `share`: words that differ, of those of the longer answer; `right`: whether a and b
    are the reference's, None without one."""

    row_id: str
    a: Answer
    b: Answer
    share: float
    pieces: tuple[Piece, ...]
    right: tuple[bool, bool] | None


@dataclass
class Side:
    """Sums of one job over the rows that both have. `exact` and `word_error_rate`: against the reference."""

    folder: str
    rows: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    mean_characters: float = 0.0
    mean_tokens: float = 0.0
    exact: int | None = None
    word_error_rate: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "folder": self.folder,
            "rows": dict(self.rows.most_common()),
            "flags": dict(self.flags.most_common()),
            "mean_characters": self.mean_characters,
            "mean_tokens": self.mean_tokens,
            "exact": self.exact,
            "word_error_rate": self.word_error_rate,
        }


@dataclass
class Comparison:
    """`settings`: keys that answers depend on and whose values differ, (a, b)."""

    task: str
    a: Side
    b: Side
    settings: dict[str, tuple[Any, Any]]
    rows: int = 0
    only_a: int = 0
    only_b: int = 0
    equal: int = 0
    compared: int = 0
    right_in_both: int = 0
    right_only_a: int = 0
    right_only_b: int = 0
    word_difference: float | None = None
    differences: list[Difference] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """`gemma4-batch compare --json`; docs/comparing.md describes it."""
        return {
            "schema_version": 1,
            "task": self.task,
            "settings": {key: {"a": one, "b": other} for key, (one, other) in self.settings.items()},
            "rows": self.rows,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "equal": self.equal,
            "word_difference": self.word_difference,
            "reference": {
                "rows": self.compared,
                "right_in_both": self.right_in_both,
                "right_only_a": self.right_only_a,
                "right_only_b": self.right_only_b,
            },
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
        }


def compare(a: Path, b: Path) -> Comparison:
    """Rows are matched by their row_id. Raises OutputError where the jobs have no row in common, or not one task."""
    one, other = open_finished(a), open_finished(b)
    if one.task.name != other.task.name:
        raise OutputError(
            f"{str(a)!r} is a job of task {one.task.name!r} and {str(b)!r} of {other.task.name!r}: "
            "compare two of one task"
        )
    theirs = dict(_answers(other))
    found = Comparison(one.task.name, Side(str(a)), Side(str(b)), _settings(one, other))
    both: list[tuple[Answer, Answer]] = []
    for row_id, mine in _answers(one):
        against = theirs.pop(row_id, None)
        if against is None:
            found.only_a += 1
            continue
        both.append((mine, against))
        _count(found, row_id, mine, against)
    found.only_b, found.rows = len(theirs), len(both)
    if not both:
        raise OutputError(f"{str(a)!r} and {str(b)!r} have no row in common. Compare two jobs over the same source")
    _sum(found, both)
    found.differences.sort(key=lambda difference: (-difference.share, difference.row_id))
    return found


def _answers(finished: Finished) -> Iterator[tuple[str, Answer]]:
    column = finished.task.column
    named = finished.config.source.reference_column
    reference = next((name for name in (f"source_{named}", named) if named and name in finished.schema.names), None)
    columns = ["row_id", column, "status", "completion_tokens", "flags", "error_kind"]
    for row in finished.rows([*columns, *([reference] if reference else [])], every=True):
        right = row[reference] if reference else None
        yield row["row_id"], Answer(
            row["status"], row[column], row["completion_tokens"], tuple(row["flags"] or ()), row["error_kind"],
            None if right is None else str(right),
        )  # fmt: skip


def _count(found: Comparison, row_id: str, a: Answer, b: Answer) -> None:
    for side, answer in ((found.a, a), (found.b, b)):
        side.rows[answer.status] += 1
        side.flags.update(answer.flags)
    reference = a.reference if a.reference is not None else b.reference
    right = None
    if reference is not None:
        right = (correct(a.text or "", reference), correct(b.text or "", reference))
        found.compared += 1
        found.right_in_both += all(right)
        found.right_only_a += right == (True, False)
        found.right_only_b += right == (False, True)
    if (a.status, a.text) == (b.status, b.text):
        found.equal += 1
        return
    split, share = pieces(a.text or "", b.text or "")
    found.differences.append(Difference(row_id, a, b, share, split, right))


def _sum(found: Comparison, both: list[tuple[Answer, Answer]]) -> None:
    for side, answers in ((found.a, [a for a, _ in both]), (found.b, [b for _, b in both])):
        texts = [answer.text for answer in answers if answer.text is not None]
        tokens = [answer.tokens for answer in answers if answer.tokens is not None]
        side.mean_characters = mean(map(len, texts)) if texts else 0.0
        side.mean_tokens = mean(tokens) if tokens else 0.0
    if found.compared:
        found.a.exact = found.right_in_both + found.right_only_a
        found.b.exact = found.right_in_both + found.right_only_b
    if found.task == "transcribe":
        right = [
            (a.reference or b.reference, a.text or "", b.text or "") for a, b in both if a.reference or b.reference
        ]
        found.a.word_error_rate = rates([(str(said), heard) for said, heard, _ in right])
        found.b.word_error_rate = rates([(str(said), heard) for said, _, heard in right])
    found.word_difference = rates([(a.text, b.text) for a, b in both if a.text and b.text])


def _settings(one: Finished, other: Finished) -> dict[str, tuple[Any, Any]]:
    a, b = (dict(_flat(answer_identity(finished.config))) for finished in (one, other))
    return {key: (a.get(key), b.get(key)) for key in {**a, **b} if a.get(key) != b.get(key)}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value and key != "schema":
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
