"""A preparer process: rows in, requests ready for the engine out. Decoders run here and nowhere else.

What becomes of one row is row_preparer.py's; a crash, a hang or a flood of memory is the pool's to answer (pool.py).
"""

import time
from collections import deque

import pyarrow as pa

from batch import killpoint
from batch.child import Parent
from batch.config.job import JobConfig
from batch.errors import BatchError
from batch.frames.preparer import ArenaFree, PreparerJob, PrepareRow, PreparerProgress, PreparerReady
from batch.prepare.arena import INLINE_BYTES, put
from batch.prepare.memory import limit_growth
from batch.prepare.row_preparer import RowPreparer
from batch.prepared import Prepared
from batch.processor import open_processor
from batch.records import WorkerFailed

PROGRESS_S = 0.25
ADDRESS_SPACE_MARGIN = 1024**3  # thread stacks and mapped files, beyond what max_memory means


class _Progress:
    """Tells the parent of progress, every PROGRESS_S at most."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._told = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._told > PROGRESS_S:
            self._told = now
            self._parent.send(PreparerProgress())


class _Inbox:
    """Rows in order, and the word that the arena is free; the two arrive in one stream."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._rows: deque[PrepareRow] = deque()
        self.arena_free = True

    def row(self) -> PrepareRow:
        while not self._rows:
            self._hear()
        return self._rows.popleft()

    def wait_for_arena(self) -> None:
        """Until the parent has copied out what lies there."""
        while not self.arena_free:
            self._hear()

    def _hear(self) -> None:
        match self._parent.receive(None):
            case PrepareRow() as task:
                self._rows.append(task)
            case ArenaFree():
                self.arena_free = True


def serve(parent: Parent, arguments: list[str]) -> None:
    """The process: takes a PreparerJob, says PreparerReady, then answers row after row, in order."""
    arena = int(arguments[0])
    job = parent.receive(None)
    if not isinstance(job, PreparerJob):
        raise TypeError(f"the first frame to a preparer is its PreparerJob, not {type(job).__name__}")
    try:
        config = JobConfig.model_validate_json(job.config)
        columns = pa.ipc.read_schema(pa.py_buffer(job.needed_schema))
        preparer = RowPreparer(config, columns, open_processor(job.model_path), _Progress(parent), parent.send)
        limit_growth(2 * config.prepare.max_memory + ADDRESS_SPACE_MARGIN)
        parent.send(PreparerReady())
        _answer(parent, arena, preparer)
    except BatchError as error:
        parent.send(WorkerFailed(type(error).__name__, str(error)))


def _answer(parent: Parent, arena: int, preparer: RowPreparer) -> None:
    inbox = _Inbox(parent)
    while True:
        task = inbox.row()
        killpoint.reached("preparer.taken")
        small: list[object] = []  # what goes in one write
        for outcome in preparer.prepare(task.row, task.skip):
            if not isinstance(outcome, Prepared):
                small.append(outcome)
                continue
            if outcome.nbytes > INLINE_BYTES:
                inbox.wait_for_arena()
            small.append(header := put(outcome, arena))
            if header.data is None:  # the parent can copy while we go on
                inbox.arena_free = False
                parent.send(*small)
                small.clear()
        if small:
            parent.send(*small)
        killpoint.reached("preparer.prepared")
