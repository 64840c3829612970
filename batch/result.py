"""What becomes of a finished row: all that was recorded of it, then one row of the output."""

from dataclasses import dataclass
from typing import Any, Literal

from batch.errors import ErrorKind
from batch.records import Completion, FinishReason, Flag, RowFailed, RowPlanned

Status = Literal["ok", "partial", "failed", "no_speech"]
STATUSES: tuple[Status, ...] = ("ok", "partial", "failed", "no_speech")


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """All the ledger knows of one finished row; `tasks.result` makes a Result of it."""

    row: int
    row_id: str
    kept: bytes | None
    planned: RowPlanned | None
    failed: RowFailed | None
    completions: tuple[Completion, ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class Result:
    """One output row without the kept columns. `columns` holds the task's own columns by name."""

    status: Status
    columns: dict[str, Any]
    finish_reason: FinishReason | None = None
    flags: tuple[Flag, ...] = ()
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    attempts: int = 1
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float | None = None
    deduplicated_from: str | None = None
