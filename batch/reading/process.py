"""The worker's handle on its reader process. A reader that crashes, hangs or bloats is replaced and tries once more
from the row where it was, with few rows at once where it bloated; then the rest of that assignment fails by name, and
the next one is read by a fresh one.
"""

import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from batch import errors
from batch.child import TRIES_FOREIGN, Child
from batch.config.job import JobConfig
from batch.errors import ErrorKind, RowError, SourceError, WorkerError
from batch.frames.reader import ReaderJob, ReaderReady, Row, RowsEnded, RowsTaken
from batch.machine.memory import private_bytes
from batch.reading.reader import row_bytes
from batch.records import Assignment, RowFailed, WorkerFailed, WorkerJob
from batch.source.source import open_reader
from batch.source.table import ARROW_SUFFIXES, PARQUET_SUFFIXES

TABLES = (*PARQUET_SUFFIXES, *ARROW_SUFFIXES)
LOOK_S = 0.2
SILENCE_S = 600.0
"""A file may have to come from far first; a parser that says nothing for longer hangs."""
MEMORY_SHARE = 4
"""A reader may take this times `prepare.max_memory`: a page of a table holds many rows of media."""
CREDIT_ROWS = 16
CREDIT_BYTES = 1024**2
FEW_ROWS = 4
"""At once, once a reader took too much: a long text that many rows repeat is short in the file."""
TRIES = 2
"""Where it was killed by SIGKILL or SIGTERM, which may be anybody's."""
FAILED_STARTS = 3


class _ReaderEnded(Exception):
    """`tries`: how often that may happen at one row before it is the row's fault."""

    def __init__(self, kind: ErrorKind, how: str, tries: int = TRIES) -> None:
        super().__init__(how)
        self.kind: ErrorKind = kind
        self.tries = tries


class TableReader:
    """`read` in one thread, `close` from any."""

    def __init__(self, job: WorkerJob, config: JobConfig, *, silence_s: float = SILENCE_S) -> None:
        self._most_rows: int | None = None  # of a table at once
        self._max_memory = MEMORY_SHARE * config.prepare.max_memory
        self._job = ReaderJob(job.config, job.needed_schema, job.kept_schema)
        self._here = open_reader(config.source, job.needed_schema, job.kept_schema)
        self._silence_s = silence_s
        self._child: Child | None = None
        self._ready = False
        self._failed_starts = 0
        self._closed = threading.Event()

    def read(self, assignment: Assignment) -> Iterator[Row | RowFailed]:
        """The wanted rows, in order. Raises RowError where no more of them can be read, SourceError where the source
        is out of reach, WorkerError where no reader comes up."""
        if not any(PurePosixPath(part.path).suffix.lower() in TABLES for part in assignment.shard.slices):
            yield from self._files(assignment)
            return
        left = list(assignment.rows)
        died_at, deaths = -1, 0
        while left:
            try:
                for row in self._rows(replace(assignment, rows=tuple(left))):
                    left.pop(0)
                    yield row
            except _ReaderEnded as end:
                deaths = deaths + 1 if died_at == left[0] else 1
                died_at = left[0]
                if deaths >= end.tries:
                    raise RowError(end.kind, f"reading the table from this row on: {end}, {deaths} times") from end
            else:
                return

    def _files(self, assignment: Assignment) -> Iterator[Row | RowFailed]:
        """Media that are rows: nothing is parsed but their paths, and each fails alone."""
        for row in assignment.rows:
            try:
                yield from self._here.read(replace(assignment, rows=(row,)))
            except RowError as error:
                yield RowFailed(assignment.shard.index, row, error.kind, error.message)

    def close(self) -> None:
        self._closed.set()
        self._end()

    def _rows(self, assignment: Assignment) -> Iterator[Row]:
        child = self._started()
        child.send(assignment)
        rows = nbytes = 0
        heard_s = time.monotonic()
        while True:
            ended = child.ended  # before reading: what it wrote until its end is then there
            for record in child.receive():
                if isinstance(record, Row):
                    yield record
                    rows, nbytes = rows + 1, nbytes + row_bytes(record)
                elif self._is_last(record):
                    return
                heard_s = time.monotonic()  # after the yield: waiting for the worker is no silence
            if rows >= CREDIT_ROWS or nbytes >= CREDIT_BYTES:
                child.send(RowsTaken(rows, nbytes))
                rows = nbytes = 0
            if ended:
                self._bury(child)
            self._judge(child, heard_s)
            if not child.waiting():
                child.arrived.wait(LOOK_S)
            child.arrived.clear()

    def _is_last(self, record: object) -> bool:
        match record:
            case ReaderReady():
                self._ready, self._failed_starts = True, 0
            case RowsEnded(kind, message) if kind is not None:
                raise RowError(kind, message)
            case RowsEnded():
                return True
            case WorkerFailed(error, message):
                raise getattr(errors, error, SourceError)(message)
        return False

    def _bury(self, child: Child) -> None:
        """Raises what its end means."""
        how, foreign, ready, tail = child.end, child.ended_by_anybody, self._ready, child.stderr_tail.strip()
        self._end()
        if not ready:
            self._failed_starts += 1
            if self._failed_starts >= FAILED_STARTS:
                raise WorkerError(f"a reader process ends before its first row ({how}). {tail}")
        tries = TRIES_FOREIGN if foreign or not ready else TRIES
        raise _ReaderEnded("decode_crash", f"its reader died ({how})", tries)

    def _judge(self, child: Child, heard_s: float) -> None:
        if time.monotonic() - heard_s > self._silence_s:
            self._end()
            raise _ReaderEnded("decode_timeout", f"its reader said nothing for {self._silence_s:g} s")
        if private_bytes(child.pid) > self._max_memory:
            self._end()
            self._most_rows = FEW_ROWS
            raise _ReaderEnded("decode_memory", f"its reader took over {self._max_memory:,} bytes (prepare.max_memory)")

    def _started(self) -> Child:
        if self._closed.is_set():
            raise WorkerError("the reader was closed")
        if self._child is None:
            self._ready = False
            self._child = Child("reader")
            self._child.send(replace(self._job, most_rows=self._most_rows))
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.signal(signal.SIGKILL)  # a parser holds nothing that needs a farewell
            child.close()
