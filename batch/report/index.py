"""What the page knows of every row from the beginning: as much as filters and sorting need."""

from typing import Any

from batch.records import FLAGS
from batch.report.job import ReportRow
from batch.result import STATUSES

EQUAL = "equal_answer"  # a flag of the report's own: it hangs on other rows
FLAG_NAMES = (*FLAGS, EQUAL)


class Index:
    """Per row, what filters and sorting need."""

    def __init__(self) -> None:
        self._status: list[str] = []
        self._right: list[str] = []
        self._flags: list[int] = []
        self._errors: list[int] = []
        self._kinds: dict[str, int] = {}
        self._lengths: list[int] = []

    @property
    def rows(self) -> int:
        return len(self._flags)

    def add(self, row: ReportRow, twin: bool, right: bool | None, length: int) -> None:
        values = row.values
        self._status.append(str(STATUSES.index(values["status"])))
        self._right.append("-" if right is None else str(int(right)))
        bits = sum(1 << FLAGS.index(flag) for flag in set(values["flags"] or ()) if flag in FLAGS)
        self._flags.append(bits | (1 << len(FLAGS) if twin else 0))
        kind = values["error_kind"]
        self._errors.append(-1 if kind is None else self._kinds.setdefault(kind, len(self._kinds)))
        self._lengths.append(length)

    def as_object(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "status": "".join(self._status),
            "right": "".join(self._right) if any(right != "-" for right in self._right) else None,
            "flags": self._flags,
            "errors": self._errors,
            "kinds": list(self._kinds),
            "lengths": self._lengths,
        }
