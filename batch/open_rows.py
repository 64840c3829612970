"""The rows of the assignments in work: what each of them still waits for, and when its assignment is done."""

from dataclasses import dataclass, replace

from batch.frames.reader import Row
from batch.records import Assignment, RequestKey, RowFailed, RowKey, RowPlanned


@dataclass
class OpenRow:
    """A row that is not done: its requests once known, those ended, and those in the engine now or waiting for the
    answer of an equal one there. `returned`: the runner will ask for it again."""

    requests: int | None = None
    finished: int = 0
    running: int = 0
    failed: bool = False
    returned: bool = False

    @property
    def done(self) -> bool:
        ended = self.failed or (self.requests is not None and (self.returned or self.finished >= self.requests))
        return ended and not self.running


class _OpenAssignment:
    """An assignment in work: its rows not done yet, and the requests that need no computing."""

    def __init__(self, assignment: Assignment) -> None:
        self.slots = assignment.slots
        self.skip: dict[int, tuple[int, ...]] = {}
        for key in assignment.finished:
            self.skip[key.row] = (*self.skip.get(key.row, ()), key.request)
        self.variations = dict(assignment.variations)
        self.anew = frozenset(assignment.anew)
        self.rows = {row: OpenRow(finished=len(self.skip.get(row, ()))) for row in assignment.rows}


class OpenRows:
    """Assignments are added, and leave with the last of their rows. False where there is none."""

    def __init__(self) -> None:
        self.done = 0
        """Rows that have been closed."""
        self._assignments: dict[int, _OpenAssignment] = {}  # by shard
        self._anew: set[RowKey] = set()  # returned rows, which are to be prepared whole when they come again

    def __bool__(self) -> bool:
        return bool(self._assignments)

    def add(self, assignment: Assignment) -> None:
        self._assignments[assignment.shard.index] = _OpenAssignment(assignment)

    def slots(self, most: int) -> int:
        """How many requests may run at once where the engine has `most` slots: an assignment may want fewer."""
        return min([most, *(entry.slots for entry in self._assignments.values() if entry.slots)])

    def asked(self, row: Row) -> tuple[Row, tuple[int, ...]]:
        """The row as its assignment wants it prepared, and its requests that need no computing."""
        entry, key = self._assignments[row.shard], RowKey(row.shard, row.row)
        if row.row in entry.anew:
            self._anew.add(key)
        variation = entry.variations.get(row.row, 0)
        return replace(row, variation=variation, anew=self.is_anew(key)), entry.skip.get(row.row, ())

    def is_anew(self, item: RowKey | RequestKey) -> bool:
        """Whether the row is computed though equal requests were answered."""
        return RowKey(item.shard, item.row) in self._anew

    def find(self, key: RequestKey) -> OpenRow | None:
        entry = self._assignments.get(key.shard)
        return entry.rows.get(key.row) if entry is not None else None

    def wanted(self, key: RequestKey) -> bool:
        """Whether anybody still waits for this request: not where its row failed, was returned or is closed."""
        row = self.find(key)
        return row is not None and not row.failed and not row.returned

    def row(self, item: RequestKey | RowPlanned | RowFailed) -> OpenRow:
        """Raises KeyError for a row that is not open."""
        return self._assignments[item.shard].rows[item.row]

    def give_back(self, key: RequestKey) -> None:
        """The runner will ask for this row again; then it is prepared whole."""
        self.row(key).returned = True
        self._anew.add(RowKey(key.shard, key.row))

    def close_if_done(self, item: RequestKey | RowPlanned | RowFailed) -> bool:
        """True where this was the last row of its assignment, which is done then."""
        entry = self._assignments[item.shard]
        if not entry.rows[item.row].done:
            return False
        del entry.rows[item.row]
        self.done += 1
        if entry.rows:
            return False
        del self._assignments[item.shard]
        return True
