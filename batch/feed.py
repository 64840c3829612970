"""Rows ahead of the preparers: a thread that reads assignments in order, a bounded number of bytes ahead."""

import threading
from collections import deque
from collections.abc import Callable, Iterator

from batch.errors import BatchError, RowError
from batch.frames.reader import Row
from batch.records import Assignment, RowFailed

AHEAD_BYTES = 64 * 1024**2
AHEAD_ROWS = 64


class RowFeed:
    """Rows of the assignments given to `add`, in order, taken one by one without waiting.

    A slice that cannot be read becomes a RowFailed for each of its remaining rows. An input that went
    away altogether (a BatchError) is raised by `take`: it is the job's trouble, not a row's.
    """

    def __init__(self, read: Callable[[Assignment], Iterator[Row | RowFailed]], arrived: threading.Event) -> None:
        self._read = read
        self._arrived = arrived
        self._changed = threading.Condition()
        self._assignments: deque[Assignment] = deque()
        self._rows: deque[Row | RowFailed] = deque()
        self._bytes = 0
        self._error: BaseException | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="row-feed", daemon=True)
        self._thread.start()

    def add(self, assignment: Assignment) -> None:
        with self._changed:
            self._assignments.append(assignment)
            self._changed.notify_all()

    def take(self) -> Row | RowFailed | None:
        """The next row that has been read, or None for now. Raises what ended the reading."""
        with self._changed:
            if not self._rows:
                if self._error is not None:
                    raise self._error
                return None
            item = self._rows.popleft()
            self._bytes -= _size(item)
            if len(self._rows) <= AHEAD_ROWS // 2:  # wake the reader once per half, not once per row
                self._changed.notify_all()
            return item

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while (assignment := self._next()) is not None:
                for item in rows_of(assignment, self._read):
                    if not self._put(item):
                        return
        except BaseException as error:  # handed to the worker's thread, which knows what to do with it
            self._error = error
            self._arrived.set()

    def _next(self) -> Assignment | None:
        with self._changed:
            self._changed.wait_for(lambda: self._assignments or self._closed)
            return None if self._closed else self._assignments.popleft()

    def _put(self, item: Row | RowFailed) -> bool:
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._rows.append(item)
            self._bytes += _size(item)
            self._arrived.set()
            return not self._closed

    def _has_room(self) -> bool:
        return self._closed or (len(self._rows) < AHEAD_ROWS and self._bytes < AHEAD_BYTES)


def rows_of(
    assignment: Assignment, read: Callable[[Assignment], Iterator[Row | RowFailed]]
) -> Iterator[Row | RowFailed]:
    """Every wanted row of the assignment exactly once: as read, or as failed from where reading failed."""
    left = dict.fromkeys(assignment.rows)
    try:
        for row in read(assignment):
            del left[row.row]
            yield row
    except BatchError:
        raise
    except RowError as error:
        for position in left:
            yield RowFailed(assignment.shard.index, position, error.kind, error.message)


def _size(item: Row | RowFailed) -> int:
    return len(item.needed) + len(item.kept) if isinstance(item, Row) else 0
