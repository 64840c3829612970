"""The pool's handle on one preparer process, and the rows it was given. What its end means is the pool's to say."""

import os
import signal
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from batch.child import Child
from batch.errors import ErrorKind
from batch.frames.preparer import PreparerJob, PrepareRow
from batch.frames.reader import Row
from batch.prepare.arena import make_arena
from batch.records import Span

ROW_OVERHEAD_BYTES = 512  # what a frame adds to a row's own bytes
PIPE_BYTES = 16 * 1024  # what a pipe holds unread on every system: writing no more can never block


@dataclass(eq=False, slots=True)
class RowTask:
    """A submitted row. `skip` grows with every request that has come out; `alone`: it has cost a preparer, `foreign` of
    them perhaps by somebody else's doing; `spans`: a recording's segments as far as they are known, by request."""

    row: Row
    skip: set[int]
    alone: bool = False
    foreign: int = 0
    spans: list[Span] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.row.needed) + len(self.row.row_id) + 8 * len(self.skip) + ROW_OVERHEAD_BYTES

    @property
    def answerable(self) -> list[Span]:
        """The segments from the beginning on whose requests came out, or had been finished before."""
        known = (request for request in range(len(self.spans)) if request not in self.skip)
        return self.spans[: next(known, len(self.spans))]


class PreparerProcess:
    """The handle on one process: the rows it was given, in order. The first is the one in work."""

    def __init__(self, job: PreparerJob, arrived: threading.Event) -> None:
        self.arena = make_arena()
        self.child = Child("preparer", arrived=arrived, pass_fds=(self.arena,), arguments=(str(self.arena),))
        self.child.send(job)
        self.ready = False
        self.rows: deque[RowTask] = deque()
        self.inbox: deque[Any] = deque()  # heard, not yet taken in
        self.progressed = time.monotonic()
        self.condemned: ErrorKind | None = None  # why we killed it
        self._sizes: deque[int] = deque()  # of the frames of `rows`

    def fits(self, task: RowTask) -> bool:
        """Whether it may have this row now. Several rows wait in the pipe only while they cannot fill it: a hung
        process reads nothing, and the worker must not hang with it."""
        if not self.ready or self.condemned is not None:
            return False
        if not self.rows:
            return True
        # The first row has been read: it is in work, or nothing is.
        unread_bytes = sum(self._sizes) - self._sizes[0]
        return not (task.alone or self.rows[0].alone) and unread_bytes + task.size <= PIPE_BYTES

    def give(self, task: RowTask) -> bool:
        """False where it is dead: it never had the row, whose fault its death is not."""
        if not self.child.send(PrepareRow(replace(task.row, kept=b""), tuple(sorted(task.skip)))):
            return False
        if not self.rows:
            self.progressed = time.monotonic()
        self.rows.append(task)
        self._sizes.append(task.size)
        return True

    def answered(self) -> RowTask:
        """The first row is done."""
        self._sizes.popleft()
        return self.rows.popleft()

    def silent_s(self) -> float:
        """Seconds without progress that are its own fault: none while we hold back what it has sent."""
        return 0.0 if self.inbox or self.child.waiting() else time.monotonic() - self.progressed

    def condemn(self, kind: ErrorKind) -> None:
        """End it, whatever it does: a decoder holds nothing that needs a farewell."""
        self.condemned = self.condemned or kind
        self.child.signal(signal.SIGKILL)

    def close(self) -> None:
        """Reap it and free what we hold of it; it has ended, or is about to."""
        self.child.close()
        os.close(self.arena)

    def last_words(self) -> str:
        tail = self.child.stderr_tail.strip()
        return f"{self.child.end}; {tail}" if tail else self.child.end
